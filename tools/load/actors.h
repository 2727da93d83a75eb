/* tools/load/actors.h: the actors that a load is put on, in the topologies that there are. */
#ifndef WEFT_TOOLS_LOAD_ACTORS_H
#define WEFT_TOOLS_LOAD_ACTORS_H

#include "tools/load/options.h"

struct actors;

/* Returns new: actors_destroy; NULL if there is no memory. @options borrows. */
struct actors *actors_create(const struct load_options *options);
void actors_destroy(struct actors *actors);

/* Of how many parts an operation consists: each leaf of a tree has one in an open loop. */
unsigned actors_parts(const struct load_options *options);

/* The scenario: its context begins with a struct actors *. */
extern const weft_scenario actors_scenario;

#endif
