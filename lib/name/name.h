/* lib/name/name.h: a runtime's names, made when they are first wanted. */
#ifndef WEFT_NAME_NAME_H
#define WEFT_NAME_NAME_H

#include "lib/name/news.h"

/* Ends a watch of names of the running actor; false: there is none. */
bool names_unwatch(weft_self *self, uint64_t watch);

#endif
