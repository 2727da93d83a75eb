/* lib/name/name.h: a runtime's names, made when they are first wanted. */
#ifndef WEFT_NAME_NAME_H
#define WEFT_NAME_NAME_H

#include "lib/name/news.h"

/* Why this pid can have no name and join no group: an error; or 0. */
int pid_refuses(const weft_runtime *rt, weft_pid pid);

/* Ends a watch of names of the running actor; false: there is none. */
bool names_unwatch(weft_self *self, uint64_t watch);

#endif
