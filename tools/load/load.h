/* tools/load/load.h: `weft load`: puts a load on actors and measures how long messages take. */
#ifndef WEFT_TOOLS_LOAD_LOAD_H
#define WEFT_TOOLS_LOAD_LOAD_H

/* `weft load`: arguments after the word load. Returns the exit code. */
int load_main(int argc, char **argv);

#endif
