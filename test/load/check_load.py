#!/usr/bin/env python3
"""Checks `weft load` from outside: test/load/check_load.py build/release/weft

Aim: every topology, size and loop delivers all that it sends; plans have the counts that they say;
CSV, JSON and HTML can be read and agree; the live line is for terminals only; comparisons find what
was put into made-up files, and nothing where there is only noise; mistakes are answered by a
sentence and exit code 2. Nothing depends on how fast the machine is.

The last line is "N passed, M failed".
"""

import csv
import fcntl
import io
import json
import os
import pty
import random
import struct
import subprocess
import sys
import tempfile
import termios
import xml.etree.ElementTree as xml

weft = os.path.abspath(sys.argv[1])
tally = {True: 0, False: 0}
SHORT = ["--duration", "20ms", "--warmup", "2ms", "--rate", "5k", "--quiet"]


def run(*words, stdin=""):
    return subprocess.run([weft, "load", *words], capture_output=True, text=True, input=stdin, timeout=120)


def expect(right, what):
    tally[bool(right)] += 1
    if not right:
        print(f"FAILED: {what}")


def loaded(*words):
    """The JSON of a run that has to go well, or None."""
    done = run(*words, "--json", "-")
    if done.returncode != 0:
        expect(False, f"{' '.join(words)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return None
    return json.loads(done.stdout)


# --- what is sent arrives ---


def topologies():
    leaves = {"tree": 5}
    for topology in ["1:1", "1:N", "N:1", "N:N", "pipeline", "tree"]:
        actors = [] if topology == "1:1" else ["--actors", "5"]
        for size in ["8", "41", "64K"]:
            words = [*SHORT, "--topology", topology, *actors, "--size", size]
            result = loaded(*words)
            if result:
                only = result["runs"][0]
                wanted = 100 * leaves.get(topology, 1)
                expect(only["done"] == only["begun"] == wanted, f"{topology} {size}: {only['done']} of {wanted}")
        closed = ["--duration", "30ms", "--warmup", "5ms", "--clients", "7", "--quiet", "--size", "64"]
        result = loaded(*closed, "--topology", topology, *actors)
        if result:
            only = result["runs"][0]
            expect(only["done"] == only["begun"] > 0, f"{topology} closed: {only['done']} of {only['begun']}")


def plans():
    common = ["--duration", "100ms", "--warmup", "0", "--quiet"]
    for words, wanted in [
        (["--rate", "3k"], 300),
        (["--arrivals", "burst", "--rate", "2k", "--period", "20ms"], 200),
        (["--arrivals", "ramp", "--rate", "1k", "--to", "5k"], 300),
        (["--arrivals", "wave", "--rate", "2k", "--to", "4k", "--period", "50ms"], 200),
        (["--arrivals", "step", "--rate", "1k", "--to", "3k", "--steps", "2"], 200),
        (["--rate", "3k", "--spin"], 300),
    ]:
        result = loaded(*common, *words)
        expect(result and result["runs"][0]["begun"] == wanted, f"{words}: not {wanted}")
    one, two = (loaded(*common, "--rate", "5k", "--poisson", "--seed", "4") for _ in range(2))
    expect(one and two and one["runs"][0]["begun"] == two["runs"][0]["begun"], "one seed, one load")


def replays(folder):
    path = os.path.join(folder, "times")
    with open(path, "w") as out:
        out.write("# a comment\n0\n0.001\n\n0.001 # at once\n0.03\n")
    result = loaded("--replay", path, "--quiet")
    expect(result and result["runs"][0]["done"] == 4, "a replay of 4")
    for text, trouble in [("1\n0.5\n", "line 2"), ("0\nsoon\n", "line 2"), ("", "no time")]:
        done = run("--replay", "-", stdin=text)
        expect(done.returncode == 2 and trouble in done.stderr, f"replay of {text!r}: {done.stderr}")


# --- files ---


def files(folder):
    names = {kind: os.path.join(folder, f"a.{kind}") for kind in ["csv", "json", "html"]}
    written = [word for kind, name in names.items() for word in (f"--{kind}", name)]
    done = run("--duration", "100ms", "--warmup", "0", "--interval", "10ms", "--repeat", "2", *written)
    expect(done.returncode == 0 and done.stderr == "", f"files: {done.stderr}")

    result = json.load(open(names["json"]))
    rows = list(csv.DictReader(open(names["csv"])))
    expect(len(result["runs"]) == 2, "two runs")
    intervals = [i for r in result["runs"] for i in r["intervals"]]
    expect(len(rows) == len(intervals) > 0, f"{len(rows)} rows of {len(intervals)} intervals")
    for row, interval in zip(rows, intervals):
        same = int(row["done"]) == interval["done"] and abs(float(row["p99_us"]) * 1e3 - interval["p99_ns"]) < 1
        expect(same and row["load"] == result["load"], f"{row} is not {interval}")
    for r in result["runs"]:
        expect(r["begun"] == r["done"] + r["failed"] + r["unfinished"] == 1000, f"{r['begun']} add up")
        times = r["latency_ns"]
        order = [times[k] for k in ["least", "p50", "p90", "p95", "p99", "p999", "p9999", "worst"]]
        expect(order == sorted(order) and times["count"] == r["done"], f"percentiles: {times}")
    page(open(names["html"]).read())


def page(text):
    expect(text.startswith("<!DOCTYPE html>\n"), "the page says what it is")
    root = xml.fromstring(text.split("\n", 1)[1])  # raises what is not well-formed
    name = {e.tag.split("}")[1] for e in root.iter()}
    expect({"html", "svg", "polyline", "table"} <= name, f"the page has {name}")
    expect(sum(e.tag.endswith("}svg") for e in root.iter()) == 8, "four plots for each of two runs")
    expect(not {"script", "link", "img", "iframe", "object"} & name, f"nothing from elsewhere: {name}")
    links = [v for e in root.iter() for k, v in e.attrib.items() if k in ("src", "href") or "url(" in v]
    expect(not links and "@import" not in text and "url(" not in text, f"nothing from elsewhere: {links}")
    for line in (e for e in root.iter() if e.tag.endswith("}polyline")):
        for point in line.attrib["points"].split():
            x, y = map(float, point.split(","))
            expect(0 <= x <= 760 and 0 <= y <= 260, f"{point} is outside of its plot")


# --- the live line ---


def live():
    words = [weft, "load", "--duration", "50ms", "--warmup", "0", "--rate", "1k"]
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
    env = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    subprocess.run(words, stdout=subprocess.DEVNULL, stderr=theirs, env=env, timeout=60)
    subprocess.run([*words, "--quiet"], stdout=subprocess.DEVNULL, stderr=theirs, env=env, timeout=60)
    os.write(theirs, b"END")
    text = b""
    while b"END" not in text:
        text += os.read(ours, 65536)
    text = text.decode()
    expect("p99" in text and "backlog" in text and "\r" in text, f"a live line: {text[:200]!r}")
    expect("\u2588" in text, "sparks")
    expect(text.endswith("\r\x1b[KEND"), f"it is taken away: {text[-40:]!r}")
    done = run("--duration", "50ms", "--warmup", "0", "--rate", "1k")
    expect(done.stderr == "" and "\r" not in done.stdout, "no live line where there is no terminal")


# --- comparisons ---


def made_up(folder, name, rng, factor=1.0, intervals=50, runs=1, between=0.0, load="made up", noise=0.1):
    """Figures whose noise lasts for some intervals, and whose runs differ by `between`."""
    path = os.path.join(folder, name)
    out = io.StringIO()
    out.write("load,run,from_s,to_s,done_per_s,p50_us,p99_us,p999_us\n")
    for r in range(runs):
        level, drift = rng.lognormvariate(0, between) if between else 1.0, 0.0
        for i in range(intervals):
            drift = 0.6 * drift + rng.gauss(0, noise)
            us = factor * level * 2.718281828**drift
            out.write(f"{load},{r + 1},{i},{i + 1},1000,{10 * us:.4f},{50 * us:.4f},{90 * us:.4f}\n")
    with open(path, "w") as file:
        file.write(out.getvalue())
    return path


def compared(a, b):
    return run("compare", a, b)


def comparisons(folder):
    rng = random.Random(7)

    def pair(factor, **how):
        a, b = made_up(folder, "a.csv", rng, **how), made_up(folder, "b.csv", rng, factor, **how)
        return compared(a, b)

    worse, better, same = pair(1.5), pair(0.6), pair(1.0, noise=0.002)
    expect(worse.returncode == 1 and "B is worse: p50 by" in worse.stdout, worse.stdout)
    expect(better.returncode == 0 and "B is better: p50 by" in better.stdout, better.stdout)
    expect(same.returncode == 0 and "No difference" in same.stdout and "the same" in same.stdout, same.stdout)

    # Noise alone: three figures that say the same, wrong in one of 100 by rights.
    alarms = sum("No difference" not in pair(1.0).stdout for _ in range(25))
    expect(alarms <= 2, f"{alarms} false alarms of 25")
    # What runs differ by among themselves is no difference of the programs.
    alarms = sum("No difference" not in pair(1.0, runs=6, between=0.2, noise=0.02).stdout for _ in range(25))
    expect(alarms <= 2, f"{alarms} false alarms of 25 with several runs")
    found = sum("B is worse" in pair(1.25, runs=6, between=0.02).stdout for _ in range(10))
    expect(found >= 9, f"{found} of 10 found")

    few = pair(1.5, intervals=5)
    expect(few.returncode == 0 and "Too short" in few.stdout, few.stdout)
    a, other = made_up(folder, "a.csv", rng), made_up(folder, "b.csv", rng, load="another")
    done = compared(a, other)
    expect(done.returncode == 2 and "not asked for the same load" in done.stderr, done.stderr)
    expect(compared(a, a).returncode == 0, "a file and itself")
    with open(other, "a") as file:
        file.write("another,1,0,1,fast,1,1,1\n")
    done = compared(a, other)
    expect(done.returncode == 2 and "line 52" in done.stderr, done.stderr)
    expect(compared(a, __file__).returncode == 2, "something else than CSV")
    expect(compared(a, "nowhere.csv").returncode == 2, "a file that is not there")


# --- mistakes ---


def mistakes():
    for words in [
        ["--rate", "fast"], ["--rate"], ["--rate", "0"], ["--rate", "-1"], ["--size", "7"], ["--size", "65K"],
        ["--size", "8.5"], ["--topology", "star"], ["--arrivals", "often"], ["--duration", "0"], ["--to", "5k"],
        ["--actors", "3"], ["--clients", "0"], ["--clients", "3", "--rate", "5k"], ["--period", "1s"],
        ["--steps", "4"], ["--arrivals", "burst", "--poisson"], ["--arrivals", "burst", "--rate", "1", "--period", "1ms"],
        ["--arrivals", "wave", "--to", "1M"], ["--csv", "-", "--json", "-"], ["--interval", "1h"], ["--bogus"],
        ["what"], ["--replay", "nowhere"], ["compare"], ["compare", "one"],
    ]:
        done = run(*words)
        one_line = done.stderr.startswith("weft load") and done.stderr.count("\n") == 1
        expect(done.returncode == 2 and one_line, f"{words}: {done.returncode} {done.stderr!r}")
    for words in [["--help"], ["compare", "--help"]]:
        done = run(*words)
        expect(done.returncode == 0 and "usage:" in done.stdout and done.stderr == "", f"{words}")
    done = run("--duration", "20ms", "--warmup", "0", "--csv", "nowhere/a.csv")
    expect(done.returncode == 1 and "nowhere" in done.stderr, done.stderr)


def main():
    with tempfile.TemporaryDirectory() as folder:
        topologies()
        plans()
        replays(folder)
        files(folder)
        live()
        comparisons(folder)
        mistakes()
    print(f"{tally[True]} passed, {tally[False]} failed")
    return 1 if tally[False] else 0


if __name__ == "__main__":
    sys.exit(main())
