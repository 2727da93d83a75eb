#!/usr/bin/env python3
"""Looks for what no file of the project may say.

  - paths of somebody's machine
  - work left open
  - // comments, tabs in C, blanks at the end of a line, a last line without an end
Every C and C++ file begins with a comment that says what it is for.
"""

import os
import re
import subprocess

import source

FORBIDDEN = [
    (re.compile(r"(?<![\w.$}])/(?:work|tmp|home|root|Users)/"), "a path of somebody's machine"),
    (re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X)\b"), "work left open"),
    (re.compile(r"[ \t]+$", re.MULTILINE), "blanks at the end of the line"),
]


def files():
    """What git tracks; all there is where there is no git."""
    command = ["git", "ls-files", "-z"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        yield from sorted(path for path in listed.split("\0") if os.path.isfile(path))
    except (OSError, subprocess.CalledProcessError):
        for path, folders, names in os.walk("."):
            folders[:] = sorted(f for f in folders if f not in (".git", "build"))
            yield from (os.path.normpath(os.path.join(path, name)) for name in sorted(names))


def check_c(path, text):
    without_literals = source.split(text)[0]
    both = re.sub(r'"(?:\\.|[^"\\\n])*"', lambda m: " " * len(m[0]), text)
    both = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m[0]), both, flags=re.DOTALL)
    for found in re.finditer(r"//", both):
        yield found.start(), "comments are /* */"
    for found in re.finditer(r"\t", without_literals):
        yield found.start(), "a tab"
    if not text.startswith("/* "):
        yield 0, "the file should begin with a comment that says what it is for"


def main():
    problems, count = [], 0
    for path in files():
        try:
            text = source.read(path)
        except UnicodeDecodeError:
            problems.append(f"{path}: not UTF-8")
            continue
        count += 1
        found = [(m.start(), what) for pattern, what in FORBIDDEN for m in pattern.finditer(text)]
        if path.endswith(source.SUFFIXES):
            found += check_c(path, text)
        if text and not text.endswith("\n"):
            found.append((len(text), "no end of the last line"))
        problems += [f"{path}:{source.line_of(text, at)}: {what}" for at, what in sorted(found)]
    source.finish("check_text", problems, f"{count} files")


if __name__ == "__main__":
    main()
