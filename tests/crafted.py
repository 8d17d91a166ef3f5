#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Result files that somebody made to cost time or memory: `sgdmark compare` reads them within a bound of either, or
refuses them in one line. The bounds are of CPU time, so a busy machine changes nothing."""
import json
import os
import resource
import subprocess
import sys
import tempfile

os.chdir(os.path.dirname(os.path.abspath(__file__)) + "/..")
sys.dont_write_bytecode = True
sys.path.insert(0, "tests/python")
from tap import check, finish  # noqa: E402

SGDMARK = os.environ.get("BUILD", "build") + "/sgdmark"
GOOD = json.load(open("tests/golden/result-schema-1.json"))
CPU_SECONDS, MEMORY = 12, 1 << 30
scratch = tempfile.TemporaryDirectory()


def write(name, text):
    path = os.path.join(scratch.name, name)
    with open(path, "w") as f:
        f.write(text)
    return path


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def compare(*arguments):
    return subprocess.run([SGDMARK, "compare", *arguments], capture_output=True, text=True, preexec_fn=limit)


def compared(name, ratios, *paths):
    run = compare("--format=csv", *paths)
    lines = len(run.stdout.splitlines())
    check(name, run.returncode == 0 and lines == ratios + 1, f"status {run.returncode}, {lines} lines\n{run.stderr}")


def refused(name, because, *paths):
    run = compare(*paths)
    good = run.returncode == 2 and not run.stdout and run.stderr.count("\n") == 1 and because in run.stderr
    check(name, good, f"status {run.returncode}, expected '{because}'\n{run.stderr[:500]}")


def many_series(series, samples):
    """The text of a result with so many timings, whose run is called RUN."""
    result = json.loads(json.dumps(GOOD))
    facts, time = result["sgdmark"], 0.004
    facts["run_id"], facts["samples"], result["benchmarks"] = "RUN", [], []
    summary = {"n": samples, "min": time, "median": time, "mad": 0.0, "q1": time, "q3": time, "max": time, "outliers": 0,
               "far_outliers": 0}
    for i in range(series):
        name = f"epoch/f32/scalar/{i}"
        facts["samples"].append({
            "name": name, "engine": "f32", "backend": "scalar", "threads": 1, "iterations": 3, "seconds": [time] * samples,
            "cpu_seconds": [time] * samples, "summary": summary, "disturbed": None, "disturbed_reason": "not observed"})
        for k in range(samples):
            result["benchmarks"].append({
                "name": name, "run_name": name, "run_type": "iteration", "repetition_index": k, "time_unit": "ns",
                "iterations": 3, "real_time": time * 1e9, "cpu_time": time * 1e9})
    return json.dumps(result)


def with_more(text):
    """The text of a result with one more member, which nothing reads."""
    return json.dumps(GOOD)[:-1] + ', "more": ' + text + "}"


def with_receipts(number):
    result = json.loads(json.dumps(GOOD))
    receipts = result["sgdmark"]["receipts"]
    receipts["parity"] = receipts["parity"][:1] * number
    return json.dumps(result)


text = many_series(1000, 64)
compared("1000 timings of 64 samples", 1000, write("a.json", text), write("b.json", text.replace("RUN", "other")))
text = many_series(8000, 1)
files = [write(f"{i}.json", text.replace("RUN", f"run {i}")) for i in range(14)]
compared("six files of 8000 timings", 5 * 8000, *files[:6])
refused("14 files of 8000 timings", "104000 ratios are too many", *files)
for path in files:
    os.remove(path)

good = write("good.json", json.dumps(GOOD))
for name, long in (("five million numbers", "[" + "0," * 5000000 + "0]"), ("five million texts", "[" + '"",' * 5000000 + "0]"),
                   ("five million members", "{" + ",".join(f'"{i}":0' for i in range(5000000)) + "}"),
                   ("a million lists", "[" + "[]," * 1000000 + "0]"), ("a million objects", "[" + "{}," * 1000000 + "0]")):
    refused(name, "holds more values than any result", good, write("long.json", with_more(long)))
compared("a text of 48 MB", 3, good, write("long.json", with_more('"' + "\\u0001" * 8000000 + '"').replace(
    GOOD["sgdmark"]["run_id"], "another run")))
refused("over 64 MiB", "a result file has at most", good, write("long.json", with_more('"' + "x" * (64 << 20) + '"')))
refused("thousands of receipts", "receipts.parity is not an array of up to 1000 values", good, write("long.json", with_receipts(20000)))

finish()
