"""What the checks of tools/dev share: which files there are, and C without its comments."""

import os
import re
import sys

SUFFIXES = (".c", ".h", ".cc")


def walk(*folders):
    """The C and C++ files below the folders, in order, as paths from the working directory."""
    for folder in folders:
        for path, inner, names in os.walk(folder):
            inner.sort()
            for name in sorted(names):
                if name.endswith(SUFFIXES):
                    yield os.path.join(path, name)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


_TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)|(?P<literal>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""",
    re.DOTALL,
)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def split(text):
    """The text twice, of the same shape: code alone (no comments, literals emptied), and
    comments alone. What is left out is blank, so positions and lines stay."""
    code = _TOKEN.sub(lambda m: _blank(m[0]), text)
    kept, end = [], 0
    for match in _TOKEN.finditer(text):
        if match["comment"]:
            kept += [_blank(text[end : match.start()]), match[0]]
            end = match.end()
    return code, "".join(kept) + _blank(text[end:])


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def finish(name, problems, summary):
    """Prints the problems, or that there are none, and exits accordingly."""
    for problem in problems:
        print(problem)
    print(f"{name}: {len(problems)} problems" if problems else f"{name}: {summary}")
    sys.exit(1 if problems else 0)
