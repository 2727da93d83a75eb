/* test/explore/runtime/threads.h: the threads that a scheduler has made. */
#ifndef WEFT_EXPLORE_RUNTIME_THREADS_H
#define WEFT_EXPLORE_RUNTIME_THREADS_H

/* From setup, before the scheduler is made. */
void threads_reset(void);
/* Is the thread that was made as number 0, 1, ... */
void threads_run(unsigned number);

#endif
