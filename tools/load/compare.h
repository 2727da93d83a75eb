/* tools/load/compare.h: two loads against each other. */
#ifndef WEFT_TOOLS_LOAD_COMPARE_H
#define WEFT_TOOLS_LOAD_COMPARE_H

/* `weft load compare A B`: argv[0] is the word compare. Returns the exit code. */
int compare_main(int argc, char **argv);

#endif
