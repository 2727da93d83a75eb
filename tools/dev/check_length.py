#!/usr/bin/env python3
"""Measures functions and files: 70 lines and 1000 lines are the limits.

The longest functions are shown, with the median (it should be 15 at most) and the 90th
percentile (45). Tables are no functions and are not measured.
"""

import json
import subprocess

import source

FUNCTION_MAX = 70
FILE_MAX = 1000
FOLDERS = ("include", "sched", "lib", "bench", "tools", "examples", "test")


def functions(paths):
    """(lines, path, line, name) of every function, as ctags sees them."""
    command = ["ctags", "--output-format=json", "--fields=+ne", "--langmap=C++:.cc,C:.c.h"]
    command += ["--kinds-C=f", "--kinds-C++=f", "-D", "Test(suite,name,...)=void name(void)", "-f", "-", "-L", "-"]
    output = subprocess.run(command, input="\n".join(paths), capture_output=True, text=True, check=True).stdout
    for line in output.splitlines():
        tag = json.loads(line)
        if "end" in tag:
            yield tag["end"] - tag["line"] + 1, tag["path"], tag["line"], tag["name"]


def main():
    problems, paths = [], list(source.walk(*FOLDERS))
    for path in paths:
        lines = source.read(path).count("\n")
        if lines > FILE_MAX:
            problems.append(f"{path}: {lines} lines, {FILE_MAX} are the limit")

    found = sorted(functions(paths))
    for lines, path, line, name in found:
        if lines > FUNCTION_MAX:
            problems.append(f"{path}:{line}: {name} has {lines} lines, {FUNCTION_MAX} are the limit")
    if not found:
        source.finish("check_length", ["no function found: is ctags universal-ctags?"], "")

    def percentile(p):
        return found[min(len(found) - 1, len(found) * p // 100)][0]

    for lines, path, line, name in found[:-6:-1]:
        print(f"  {lines:3} lines: {name} ({path}:{line})")
    source.finish(
        "check_length",
        problems,
        f"{len(found)} functions, median {percentile(50)} lines, 90 % up to {percentile(90)}",
    )


if __name__ == "__main__":
    main()
