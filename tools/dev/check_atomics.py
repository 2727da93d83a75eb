#!/usr/bin/env python3
"""Holds the atomic operations of sched/ and lib/ against the tables that argue for them.

A module (X.h and X.c) that orders memory opens, in one of its two files, with a table:

     * Ordering (label: operation -> partner: what it gives)
     *   DQ2 push: store bottom release -> DQ4: the thief sees the cell and the task
     *   DQ7 look: load top acquire -> DQ5: whether to try (sched/steal.c)
     *   DQ8 again: a second look behind DQ7
     * Relaxed: bottom read by the holder (it alone writes it).

Checked are:
  - every at_load, at_store, at_exchange, at_cas, at_add, at_sub and recheck has a label, and
    every label is listed, with this operation and this order, in its module's table, or in
    one that names the file; what is only a recheck says instead behind which label it is
  - everything that a table lists is used, in its module or the file named, and is listed in
    no other table
  - partners exist, in this or another table, and name each other
  - every at_peek, at_set, at_count and at_claim has a comment that says "relaxed" in its
    statement or at most three lines above it, or its object is named in the table's Relaxed
    part
  - nothing outside lib/base/atomic.h uses <stdatomic.h>'s operations or the compiler's
(That no atomic object is read or written without an operation, clang checks; see lint.)
"""

import os
import re
from collections import defaultdict, namedtuple

import source

ATOMIC_H = "lib/base/atomic.h"
LABEL = r"[A-Z]{2,}[0-9]+"
FILE = r"\b(?:sched|lib)/[\w/]+\.[ch]\b"

ORDERED = re.compile(r"\b(at_load|at_store|at_exchange|at_cas_weak|at_cas|at_add|at_sub|recheck)\s*\(")
RELAXED = re.compile(r"\b(?:at_peek|at_set|at_count|at_claim)\s*\(")
RAW = re.compile(
    r"\batomic_(?:load|store|exchange|compare_exchange|fetch|thread_fence|signal_fence|flag|init)"
    r"\w*|\bmemory_order\w*|\b__atomic_\w+|\b__sync_\w+|<stdatomic\.h>"
)

TABLE = re.compile(r"\bOrdering \(label[^\n]*\n(?P<entries>.*?)(?:\bRelaxed:(?P<relaxed>.*?))?\*/", re.DOTALL)
ENTRY = re.compile(rf"({LABEL})\s+([^>]*?)\s*->\s*({LABEL}(?:,\s*{LABEL})*):\s*\S")

RECHECK = re.compile(rf"({LABEL})\s+\S.*\bbehind ({LABEL})\b")

OPERATIONS = {"load", "store", "exchange", "cas", "add", "sub"}
ORDERS = {"relaxed", "acquire", "release", "acq_rel", "seq_cst"}


def arguments(code, start):
    """The arguments of a call whose opening bracket is just before start."""
    depth, found, begin = 1, [], start
    for at in range(start, len(code)):
        c = code[at]
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        if depth == 0 or (c == "," and depth == 1):
            found.append(" ".join(code[begin:at].split()))
            begin = at + 1
        if depth == 0:
            break
    return found


class Table:
    def __init__(self, path, comments):
        self.path = path
        self.entries = {}  # label: (words of its operation, partners, files that it names)
        self.relaxed = set()
        self.behind = []  # (label of a recheck, the label that it is behind)
        self.bad = []
        self.read(comments)

    def read(self, comments):
        for table in TABLE.finditer(comments):
            text = re.sub(r"\n\s*\* ?", "\n", "\n" + table["entries"])
            self.relaxed |= set(re.findall(r"\w+", table["relaxed"] or ""))
            # An entry begins where a line begins with a label.
            starts = [m.start() for m in re.finditer(rf"(?m)^\s*{LABEL}\b", text)]
            for begin, end in zip(starts, starts[1:] + [len(text)]):
                self.read_entry(" ".join(text[begin:end].split()))

    def read_entry(self, text):
        entry, recheck = ENTRY.match(text), RECHECK.match(text)
        if not entry and not recheck:
            self.bad.append(f"{self.path}: not of the form 'label operation -> partner: reason': {text}")
            return
        label = (entry or recheck)[1]
        if label in self.entries:
            self.bad.append(f"{self.path}: {label} is listed twice")
        words = set(re.findall(r"\w+", entry[2].lower())) if entry else set()
        words |= {word.rstrip("s") for word in words}  # loads
        partners = re.findall(LABEL, entry[3]) if entry else []
        self.entries[label] = (words, partners, re.findall(FILE, text))
        if not entry:
            self.behind.append((label, recheck[2]))


Site = namedtuple("Site", "path line operation order label")


class Module:
    """The files of one name, and what they do."""

    def __init__(self):
        self.tables = []
        self.sites = []
        self.quiet = []  # (place, last name of the object, is there a comment)

    def add(self, path):
        text = source.read(path)
        code, comments = source.split(text)
        self.tables.append(Table(path, comments))
        for call in ORDERED.finditer(code):
            given = arguments(code, call.end())
            operation = call[1].replace("at_", "").replace("_weak", "")
            order = given[-2] if operation != "recheck" and len(given) > 1 else None
            line = source.line_of(code, call.start())
            self.sites.append(Site(path, line, operation, order, given[-1]))

        lines = code.split("\n")
        argued = set()  # lines that a comment with "relaxed" touches
        for comment in re.finditer(r"/\*.*?\*/", comments, re.DOTALL):
            if re.search(r"\brelaxed\b", comment[0], re.IGNORECASE):
                argued.update(range(source.line_of(text, comment.start()), source.line_of(text, comment.end()) + 1))
        for call in RELAXED.finditer(code):
            line = source.line_of(code, call.start())
            end = next((n for n in range(line, len(lines)) if lines[n - 1].rstrip().endswith((";", "{"))), line)
            names = re.findall(r"[A-Za-z_]\w*", re.sub(r"\[.*?\]", "", arguments(code, call.end())[0]))
            is_argued = not argued.isdisjoint(range(line - 3, end + 1))
            self.quiet.append((f"{path}:{line}", names[-1] if names else "", is_argued))


def raw_uses(path):
    code = source.split(source.read(path))[0]
    for use in RAW.finditer(code):
        yield f"{path}:{source.line_of(code, use.start())}: {use[0]}: only {ATOMIC_H} may use it"


def check_sites(module, owner):
    for site in module.sites:
        place = f"{site.path}:{site.line}"
        if not re.fullmatch(LABEL, site.label):
            yield f"{place}: {site.operation} has no label, but '{site.label}'"
            continue
        table = owner.get(site.label)
        if not table:
            yield f"{place}: {site.label} is in no table"
            continue
        if table not in module.tables and site.path not in table.entries[site.label][2]:
            yield f"{place}: {site.label} is in {table.path}, whose line does not name this file"
        words = table.entries[site.label][0]
        if site.operation == "recheck":
            continue
        if site.operation not in words:
            yield f"{place}: {site.label} is a {site.operation} here, which {table.path} does not say"
        if site.order and site.order not in words:
            yield f"{place}: {site.label} is {site.order} here, which {table.path} does not say"
    for place, name, is_argued in module.quiet:
        if not is_argued and not any(name in table.relaxed for table in module.tables):
            yield f"{place}: why is relaxed enough for '{name}'?"


def check_table(table, owner, used):
    yield from table.bad
    for label, other in table.behind:
        if other not in owner:
            yield f"{table.path}: {label} is behind {other}, which no table lists"
    for label, (words, partners, _) in table.entries.items():
        if label not in used:
            yield f"{table.path}: {label} is listed, but used nowhere"
            continue
        for word in sorted(words & (OPERATIONS | ORDERS) - used[label]):
            yield f"{table.path}: {label} says {word}, but no site of it is"
        for partner in partners:
            other = owner.get(partner)
            if not other:
                yield f"{table.path}: {label} has a partner {partner} that no table lists"
            elif label not in other.entries[partner][1]:
                yield f"{table.path}: {label} names {partner}, which does not name it ({other.path})"


def main():
    modules = defaultdict(Module)
    problems = []
    for path in source.walk("sched", "lib"):
        if path == ATOMIC_H:
            continue
        modules[os.path.splitext(path)[0]].add(path)
        problems += raw_uses(path)

    owner = {}
    for module in modules.values():
        for table in module.tables:
            for label in table.entries:
                if label in owner:
                    problems.append(f"{table.path}: {label} is also listed in {owner[label].path}")
                owner.setdefault(label, table)
    used = defaultdict(set)  # by label: operations and orders of its sites
    for module in modules.values():
        for site in module.sites:
            used[site.label] |= {site.operation, site.order}
    for module in modules.values():
        problems += check_sites(module, owner)
        for table in module.tables:
            problems += check_table(table, owner, used)

    sites = sum(len(module.sites) for module in modules.values())
    quiet = sum(len(module.quiet) for module in modules.values())
    source.finish("check_atomics", problems, f"{len(owner)} labels, {sites} ordered sites, {quiet} relaxed")


if __name__ == "__main__":
    main()
