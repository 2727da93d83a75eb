/* view.h: what a person sees of a series. */
#ifndef WEFT_BENCH_VIEW_H
#define WEFT_BENCH_VIEW_H

#include "bench/series.h"

/* Says what is going to be run, and on what. */
void view_begin(const struct bench_options *options, const struct machine *machine);

/* Shows how far it is: drawn between two runs, never during one. Only on a terminal. */
void view_progress(const struct series *series);

/* The results, and the targets if they were asked for. */
void view_end(const struct series *series);

/* Says on stderr why a workload has no result, if some have none. */
void view_trouble(const struct series *series);

#endif
