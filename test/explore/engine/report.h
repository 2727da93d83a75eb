/* test/explore/engine/report.h: names and lines, and a run for people to read. */
#ifndef WEFT_EXPLORE_REPORT_H
#define WEFT_EXPLORE_REPORT_H

#include "test/explore/engine/engine.h"

#include <stdarg.h>

/* Before the first run. */
void report_begin(const char *program);

/* File and line of a call that returns to pc. */
void report_source(char *file, size_t size, unsigned *line, void *pc);
void report_line(char *text, size_t size, void *pc);
/* The object at an address: a name given by the scenario, or a symbol, and an offset. */
void report_address(char *text, size_t size, uintptr_t address);
/* A thread's function. */
const char *report_thread(unsigned thread);

void report_name(uintptr_t address, size_t size, const char *format, va_list list);
void report_forget_names(void);

/* The run that was just made, operation by operation. */
void report_trace(void);

#endif
