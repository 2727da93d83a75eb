/* revision.h: which source is measured. */
#ifndef WEFT_BENCH_REVISION_H
#define WEFT_BENCH_REVISION_H

/* As git describes it, with "-dirty" if it was changed since; "unknown" if git does not
 * know it. */
const char *revision(void);

#endif
