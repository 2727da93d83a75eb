#!/usr/bin/env python3
"""cover.py BUILD: which lines of the library the tests reached, from what a build with
--coverage left in BUILD; the least covered file first, with the lines that are missing.

A line of a header counts as reached if it was reached wherever the header is included.
"""

import json
import os
import subprocess
import sys
from collections import defaultdict


def data_files(build):
    for folder in ("sched", "lib"):
        for path, _, names in os.walk(os.path.join(build, folder)):
            yield from (os.path.join(path, name) for name in names if name.endswith(".gcda"))


def spans(lines):
    """1, 2, 3, 7 as 1-3 7."""
    found = []
    for line in sorted(lines):
        if found and line == found[-1][1] + 1:
            found[-1][1] = line
        else:
            found.append([line, line])
    return " ".join(f"{a}-{b}" if a != b else f"{a}" for a, b in found)


def main():
    counts = defaultdict(lambda: defaultdict(int))  # file, line: how often
    for data in data_files(sys.argv[1]):
        command = ["gcov", "--json-format", "--stdout", data]
        report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        for file in json.loads(report)["files"]:
            if file["file"].startswith(("sched/", "lib/")):
                for line in file["lines"]:
                    counts[file["file"]][line["line_number"]] += line["count"]

    rows, all_lines, all_reached = [], 0, 0
    for file, lines in counts.items():
        missing = [line for line, count in lines.items() if count == 0]
        reached = len(lines) - len(missing)
        rows.append((100 * reached / len(lines), len(lines), file, spans(missing)))
        all_lines += len(lines)
        all_reached += reached
    for share, lines, file, missing in sorted(rows):
        print(f"{share:5.1f} % of {lines:5}  {file:24}  {missing}".rstrip())
    if all_lines:
        print(f"{100 * all_reached / all_lines:5.1f} % of {all_lines:5}  in all")


if __name__ == "__main__":
    main()
