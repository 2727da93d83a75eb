#!/usr/bin/env python3
"""Checks from the #include lines that knowledge flows one way.

    base <- sched <- actor <- sup, timer, name, pool, io, store <- cluster, watch <- api.c
         <- tools, bench, examples (public headers only)

A file may include its own folder and lower floors; folders of one floor do not know each
other. lib/test, the test kit, and lib/sim, the simulator, stand outside: they know the public
headers only, and nobody but tests, benchmarks and examples knows them or their headers. So does
lib/bench, which also uses lib/base's atomic operations; nobody in the library knows it or its
headers. Of the public headers, base and sched see <weft/error.h> only, and no internal header
includes the umbrella <weft.h>. <ck_*.h> is included in lib/base alone, jemalloc only where the
archive has a member of its own for it.
"""

import os
import re

import source

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)

FLOORS = [
    ["lib/base"],
    ["sched"],
    ["lib/actor"],
    ["lib/sup", "lib/timer", "lib/name", "lib/pool", "lib/io", "lib/store"],
    ["lib/cluster", "lib/watch"],
    ["lib"],  # lib/api.c, which sees them all
]
FLOOR = {folder: level for level, floor in enumerate(FLOORS) for folder in floor}

# Folders outside the library: whose headers they may include beside the public ones.
OUTSIDE = {
    "include": [],
    "bench": ["bench"],
    "tools": ["tools", "bench"],
    "examples": [],
    "test/api": ["test"],
    "test/sim": ["test"],
    "lib/test": ["lib/test"],
    "lib/sim": ["lib/sim"],
    "lib/bench": ["lib/bench", "lib/base"],
}
KITS = {"weft/test.h", "weft/sim.h"}
KNOW_THE_KITS = ("lib/test/", "lib/sim/", "examples/", "test/", "bench/")
MEASURING = {"weft/bench.h", "weft/arrivals.h", "weft/histogram.h"}
KNOW_MEASURING = ("include/weft/bench.h", "lib/bench/", "bench/", "tools/", "examples/", "test/")
JEMALLOC = "lib/actor/jemalloc.c"
PUBLIC_HEADERS_INCLUDE = {"stdbool.h", "stddef.h", "stdint.h", "string.h"}


def is_public(name):
    return name == "weft.h" or name.startswith("weft/")


def in_library(path, form, name):
    """What is wrong with an include in sched/ or lib/, or None."""
    folder = os.path.dirname(path)
    level = FLOOR.get(folder)
    if level is None:
        return f"{folder} has no place in the order of floors"
    if form == "<":
        if name == "weft.h" and path.endswith(".h"):
            return "an internal header includes the umbrella"
        if is_public(name) and name != "weft/error.h" and level < FLOOR["lib/actor"]:
            return "of the public headers only <weft/error.h> is known here"
        if name.startswith("ck_") and folder != "lib/base":
            return "only lib/base may include it"
        if name.startswith("jemalloc/") and path != JEMALLOC:
            return f"only {JEMALLOC} may include it"
        return None
    if is_public(name):
        return "public headers are included with <>"
    other = os.path.dirname(name)
    if other not in FLOOR:
        return "includes are written from the root: sched/deque.h"
    if other != folder and FLOOR[other] >= level:
        return "a lower floor may not know it"
    return None


def outside(path, folder, form, name):
    """The same in what is built on the library."""
    if folder == "include":
        if form == "<" and (is_public(name) or name in PUBLIC_HEADERS_INCLUDE):
            return None
        return "a public header includes only its like and " + ", ".join(sorted(PUBLIC_HEADERS_INCLUDE))
    if form == '"' and not name.startswith(tuple(f + "/" for f in OUTSIDE[folder])):
        return "only public headers are known here"
    return None


def main():
    problems, count = [], 0
    for path in source.walk("include", "sched", "lib", "bench", "tools", "examples", "test/api", "test/sim"):
        text = source.read(path)
        # Names in quotes are what is looked for, so only comments are taken out.
        code = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.DOTALL)
        for include in INCLUDE.finditer(code):
            form, name = include.groups()
            if name in KITS and not path.startswith(KNOW_THE_KITS):
                problems.append(f"{path}:{source.line_of(code, include.start())}: {name} is for tests")
            if name in MEASURING and not path.startswith(KNOW_MEASURING):
                problems.append(f"{path}:{source.line_of(code, include.start())}: {name} is for benchmarks")
            folder = next((f for f in OUTSIDE if path.startswith(f + "/")), None)
            wrong = outside(path, folder, form, name) if folder else in_library(path, form, name)
            if wrong:
                line = source.line_of(code, include.start())
                problems.append(f"{path}:{line}: {name}: {wrong}")
            count += 1
    source.finish("check_deps", problems, f"{count} includes")


if __name__ == "__main__":
    main()
