#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Result files from outside: the schema, Google Benchmark's compare.py and `sgdmark compare`, on variants of a recorded
result (tests/golden/result.json). The schema and compare.py are skipped where python3-jsonschema, or
libbenchmark-tools and python3-scipy, are not installed."""
import copy
import csv
import io
import json
import os
import subprocess
import sys
import tempfile

os.chdir(os.path.dirname(os.path.abspath(__file__)) + "/..")
SGDMARK = os.environ.get("BUILD", "build") + "/sgdmark"
COMPARE_PY = "/usr/share/benchmark/compare.py"
GOOD = json.load(open("tests/golden/result.json"))
scratch = tempfile.TemporaryDirectory()
count = failed = 0


def check(name, good, seen=""):
    global count, failed
    count += 1
    failed += not good
    print(f"{'' if good else 'not '}ok {count} - {name}")
    if not good:
        print("".join(f"# {line}\n" for line in str(seen).splitlines()), end="")


def skip(name, why):
    global count
    count += 1
    print(f"ok {count} - {name} # SKIP {why}")


def write(name, content):
    path = os.path.join(scratch.name, name)
    with open(path, "w") as f:
        f.write(content if isinstance(content, str) else json.dumps(content))
    return path


def variant(name, change):
    """The recorded result after change(result), as a file."""
    result = copy.deepcopy(GOOD)
    change(result)
    return write(name, result)


def scale(result, factor, only="", kinds=("seconds", "cpu_seconds")):
    """Every time of the benchmarks whose name holds `only` becomes factor times as long."""
    for sample in result["sgdmark"]["samples"]:
        if only in sample["name"]:
            for kind in kinds:
                sample[kind] = [x * factor for x in sample[kind]]
    for row in result["benchmarks"]:
        if only in row["name"]:
            row["real_time"] *= factor


def compare(*arguments):
    return subprocess.run([SGDMARK, "compare", *arguments], capture_output=True, text=True)


def rows(*arguments):
    return json.loads(compare("--format=json", *arguments).stdout)


def refused(name, because, *paths):
    run = compare(*paths)
    good = run.returncode == 2 and not run.stdout and run.stderr.count("\n") == 1 and because in run.stderr
    check(name, good, f"status {run.returncode}, expected '{because}'\n{run.stdout}{run.stderr}")


def put(*path_and_value):
    """A change that sets one value: put("sgdmark", "status", "incomplete")."""
    *path, key, value = path_and_value

    def change(result):
        for step in path:
            result = result[step]
        result[key] = value

    return change


base = write("base.json", GOOD)

# The schema: what is recorded passes, each fault does not.
try:
    import jsonschema

    schema = json.load(open("results/schema.json"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    errors = [f"{list(e.path)}: {e.message}" for e in validator.iter_errors(GOOD)]
    check("the recorded result passes the schema", not errors, "\n".join(errors))
    for name, change in {
        "a time as text": put("benchmarks", 0, "real_time", "4"),
        "a time of 0": put("benchmarks", 0, "real_time", 0),
        "another unit": put("benchmarks", 0, "time_unit", "s"),
        "a newer schema": put("sgdmark", "schema_version", 3),
        "an unknown status": put("sgdmark", "status", "done"),
        "an unknown key": put("sgdmark", "mood", "good"),
        "a null without a reason": put("sgdmark", "experiments", 0, "aa", None),
        "a case of no kind": put("sgdmark", "experiments", 0, "cases", 0, "kind", "lap"),
        "a pair of no family": put("sgdmark", "experiments", 0, "pairs", 0, "family", "mine"),
        "a short hash": put("sgdmark", "workload", "pixels_sha256", "abc"),
        "a negative sample": put("sgdmark", "samples", 0, "seconds", 3, -1),
        "a number in the context": put("context", "tool", 5),
    }.items():
        bad = copy.deepcopy(GOOD)
        change(bad)
        check(f"the schema refuses {name}", not validator.is_valid(bad))
except ImportError:
    skip("the schema", "python3-jsonschema is not installed")

# Google Benchmark's own tool reads it, its U test included.
slower = variant("slower.json", lambda r: scale(r, 1.1, "avx2"))
try:
    import scipy.stats  # noqa: F401, which compare.py needs

    if not os.path.exists(COMPARE_PY):
        raise ImportError
    run = subprocess.run(
        ["/usr/bin/python3", COMPARE_PY, "--no-color", "benchmarks", base, slower], capture_output=True, text=True
    )
    median = [line.split() for line in run.stdout.splitlines() if line.startswith("epoch/f32/avx2_median")]
    good = run.returncode == 0 and median and median[0][1] == "+0.1000" and "epoch/f32/avx2_pvalue" in run.stdout
    check("compare.py loads it and sees 10 %", good, run.stdout + run.stderr)
except ImportError:
    skip("compare.py", "libbenchmark-tools or python3-scipy is not installed")

# Ratios, intervals, verdicts, threshold.
same = rows(base, base)
check("a file against itself: nothing resolved", {r["verdict"] for r in same["benchmarks"]} == {"not resolved"}, same)
report = rows(base, slower)
row = {r["name"]: r for r in report["benchmarks"]}
check("10 % slower is called slower", row["epoch/f32/avx2"]["verdict"] == "slower", row)
check("its interval holds 1.1", row["epoch/f32/avx2"]["low"] <= 1.1 <= row["epoch/f32/avx2"]["high"], row)
check("the other case is not resolved", row["epoch/f32/scalar"]["verdict"] == "not resolved", row)
check("the geometric mean is of both", abs(report["subjects"][0]["geometric_mean"] - 1.1**0.5) < 1e-6, report["subjects"])
check("two intervals, held together", {r["comparisons"] for r in report["benchmarks"]} == {2}, row)
back = {r["name"]: r["verdict"] for r in rows(slower, base)["benchmarks"]}
check("the other way round it is faster", back["epoch/f32/avx2"] == "faster", back)
for threshold, status in (("5%", 1), ("5", 1), ("9.99%", 0), ("15%", 0)):
    run = compare("--threshold", threshold, base, slower)
    check(f"--threshold {threshold}: status {status}", run.returncode == status, run.stdout + run.stderr)
check("--threshold: a faster run passes", compare("--threshold=5", slower, base).returncode == 0)


def unanswered(name, because, *arguments):
    run = compare(*arguments)
    good = run.returncode == 4 and run.stdout and run.stderr.count("\n") == 1 and because in run.stderr
    check(name, good, f"status {run.returncode}, expected '{because}'\n{run.stdout}{run.stderr}")


coarse = "epoch/f32/scalar only changes above 3.0 % can be told apart: what the base's A/A could resolve"
unanswered("--threshold below what can be told apart: status 4", coarse, "--threshold=2", base, base)
check("... but not at the edge", compare("--threshold=3", base, base).returncode == 0)
unanswered("... even where another benchmark is faster", coarse, "--threshold=2", slower, base)
check("... but not where one is slower by more", compare("--threshold=2", base, slower).returncode == 1)
halved = variant("halved.json", lambda r: scale(r, 0.5))
check("... and not where all are clearly faster", compare("--threshold=2", base, halved).returncode == 0)
three = rows(base, slower, base)
check("three files: each against the first", [r["subject"] for r in three["benchmarks"]] == [slower, base] * 2, three)

# A verdict needs more than what runs differ by anyway.
tiny = variant("tiny.json", lambda r: (scale(r, 1.02), put("sgdmark", "experiments", 0, "aa", "resolution", 0.001)(r)))
check("2 % is below what the A/A of the base told apart", {r["verdict"] for r in rows(base, tiny)["benchmarks"]} == {"not resolved"})
check("the floor is stated", "beyond 3.0 %: what the base's A/A could resolve" in compare(base, tiny).stdout)
shifted = variant("shifted.json", lambda r: (scale(r, 1.1), put("sgdmark", "roofs", 0, "per_second", 2e10)(r)))
moved = rows(base, shifted)
check("a machine that moved is no change of the code", {r["verdict"] for r in moved["benchmarks"]} == {"not resolved"}, moved)
check("... and the roof is named", "roof" in moved["subjects"][0]["gates"][0]["floor_reason"], moved["subjects"])
waited = rows(base, variant("waited.json", lambda r: scale(r, 3, kinds=["seconds"])))
check("waiting for a processor is no change of the code", {r["verdict"] for r in waited["benchmarks"]} == {"not resolved"}, waited)
check("... and it is named", "waited for a processor" in waited["subjects"][0]["gates"][0]["floor_reason"], waited["subjects"])
noisy = variant("noisy.json", lambda r: (scale(r, 1.5), put("sgdmark", "experiments", 0, "aa", "state", "noisy")(r)))
run = compare(base, noisy)
check("a noisy run gets no verdict", "withheld" in run.stdout and "epochs were noisy" in run.stdout, run.stdout)
unanswered("... and answers no threshold", "has no verdict: the subject's epochs were noisy", "--threshold=5", base, noisy)


def with_folds(factor, state):
    """The recorded result with a second experiment, folds, whose one benchmark is a copy of the last epoch's."""

    def change(result):
        own = result["sgdmark"]
        name, copied = "cv/f32/avx2/place:core", "epoch/f32/avx2"
        for rows_of in (result["benchmarks"], own["samples"]):
            for row in [copy.deepcopy(x) for x in rows_of if x.get("run_name", x["name"]) == copied]:
                row["name"] = row["name"].replace(copied, name)
                if "run_name" in row:
                    row["run_name"] = name
                rows_of.append(row)
        folds = copy.deepcopy(own["experiments"][0])
        folds["name"] = "folds"
        folds["aa"]["state"] = state
        for case in folds["cases"]:
            case["name"] = case["name"].replace(copied, name)
        own["experiments"].append(folds)
        scale(result, factor)

    return change


still = variant("still.json", with_folds(1, "quiet"))
noisy_folds = variant("noisy_folds.json", with_folds(1.5, "noisy"))
verdicts = {r["name"]: r["verdict"] for r in rows(still, noisy_folds)["benchmarks"]}
want = {"epoch/f32/scalar": "slower", "epoch/f32/avx2": "slower", "cv/f32/avx2/place:core": "withheld"}
check("each experiment is gated by its own A/A", verdicts == want, verdicts)

# Files of schema 1 are read; their folds have no A/A.
old = "tests/golden/result-schema-1.json"
verdicts = {r["name"]: r["verdict"] for r in rows(old, old)["benchmarks"]}
want = {"epoch/f32/scalar": "not resolved", "epoch/f32/avx2": "not resolved", "cv/f32/avx2/place:core": "withheld"}
check("schema 1 has no A/A of the folds", verdicts == want, verdicts)
check("schema 1 against schema 2", {r["verdict"] for r in rows(old, base)["benchmarks"]} == {"not resolved"})

# What differs comes first, heaviest first; text from files cannot reach the terminal.
other = variant(
    "other.json",
    lambda r: (
        put("sgdmark", "environment", "os", {"kernel": "6.5.0", "load_average": [9, 9, 9]})(r),
        put("sgdmark", "cpu", "brand", "Evil \x1b[2J|`processor`")(r),
        put("sgdmark", "cpu", "microcode", "0x2")(r),
        put("sgdmark", "build", "flags", "gcc -O3 -g")(r),
        put("sgdmark", "libraries", {"hwloc": "2.9.0"})(r),
    ),
)
keys = [d["key"] for d in rows(base, other)["differences"]]
want = ["cpu.brand", "cpu.microcode", "build.flags", "environment.os.kernel", "libraries.hwloc"]
check("differences are sorted by what they do", keys == want, keys)
for form in ("text", "markdown", "csv", "json"):
    run = compare("--format", form, base, other)
    check(f"--format {form}: no control character passes", "\x1b" not in run.stdout + run.stderr, run.stdout)
text = compare(base, other).stdout
check("differences stand before the ratios", 0 < text.find("cpu.brand") < text.find("epoch/f32/avx2"), text)
check("the kind of test is named", "independent samples (Mann-Whitney)" in text and "never across files" in text, text)
table = compare("--format=markdown", base, slower).stdout
line = next((x for x in table.splitlines() if x.startswith("| epoch/f32/avx2 |")), "")
check("Markdown has a row per ratio", line.endswith("| slower |") and line.count("|") == 8, table)
fields = list(csv.DictReader(io.StringIO(compare("--format=csv", base, slower).stdout)))
check("CSV reads back", [f["verdict"] for f in fields] == ["not resolved", "slower"], fields)


def rename(result):
    for part in result["benchmarks"] + result["sgdmark"]["samples"]:
        for key in ("name", "run_name"):
            if key in part:
                part[key] = part[key].replace("epoch/f32/scalar", "epoch/f32/plain")


renamed = variant("renamed.json", rename)
lacking = {(p["name"], p["in"]) for p in rows(base, renamed)["not_in_all"]}
check("benchmarks of one file only are listed", lacking == {("epoch/f32/scalar", base), ("epoch/f32/plain", renamed)}, lacking)

text = compare(base, renamed).stdout
check("... in text too", "in A only, not in B: epoch/f32/scalar" in text and "in B only, not in A: epoch/f32/plain" in text, text)
fast = variant("fast.json", lambda r: scale(r, 1e-7))
check("nanoseconds are called so", " ns" in compare(fast, fast).stdout, compare(fast, fast).stdout)
many = [base] + [slower] * 30
check("files after Z are AA, AB", "AC" in compare(*many).stdout.split(), compare(*many).stderr)
flags = "gcc " + " ".join(f"-f{'ä' * 20}{i}" for i in range(40))
long_a = variant("long_a.json", put("sgdmark", "build", "flags", flags))
long_b = variant("long_b.json", put("sgdmark", "build", "flags", flags + " -O3"))
run = compare(long_a, long_b)
shown = [line for line in run.stdout.splitlines() if "build.flags" in line]
check("of long values the part that differs is shown", run.returncode == 0 and shown and "..." in run.stdout and "-O3" in run.stdout, run.stdout)
check("and no character is cut in two", all(len(line) < 400 for line in run.stdout.splitlines()), run.stdout)

# Refused, each in one line with status 2.
refused("one file is not enough", "two or more", base)
for key, value in {
    "pixels_sha256": "f" * 64,
    "labels_sha256": "f" * 64,
    "n": 50000,
    "d": 100,
    "limit": 10,
    "order": "file",
    "order_seed": 7,
    "permutation_hash": "f" * 16,
    "split": "all",
}.items():
    refused(f"other {key}", f"their work differs in {key} (", base, variant("v.json", put("sgdmark", "workload", key, value)))
for key, value in {"alpha": 0.5, "epochs": 6, "seed": 1, "digit": 3, "compat": "1.2", "folds": 4}.items():
    path = variant("v.json", put("sgdmark", "workload", "hyper", key, value))
    refused(f"other {key}", f"their work differs in {key} (", base, path)
refused("no word of what was trained", "what was trained", base, variant("v.json", lambda r: (
    put("sgdmark", "workload", None)(r), put("sgdmark", "workload_reason", "not recorded")(r))))
elsewhere = variant("elsewhere.json", put("sgdmark", "workload", "data", "/elsewhere"))
check("the same data in another folder is compared", compare(base, elsewhere).returncode == 0)
refused("an interrupted run", "is incomplete", base, variant("v.json", put("sgdmark", "status", "incomplete")))
refused("a newer schema", "newer sgdmark", base, variant("v.json", put("sgdmark", "schema_version", 3)))
refused("a wrong type", "is not a time", base, variant("v.json", put("sgdmark", "samples", 0, "seconds", 0, "1")))
refused("an absurd time", "is not a time", base, variant("v.json", put("sgdmark", "samples", 0, "seconds", 0, 1e300)))
refused("an absurd count", "whole number", base, variant("v.json", put("benchmarks", 0, "iterations", 2**53 + 2)))
refused("a failed receipt", "parity", base, variant("v.json", put("sgdmark", "receipts", "parity", 0, "passed", False)))
refused("Google Benchmark's own output", "compare.py", base, variant("v.json", lambda r: r.pop("sgdmark")))
refused("a cut-off file", "is not a whole JSON file", base, write("v.json", json.dumps(GOOD)[:5000]))
refused("an empty file", "is empty", base, write("v.json", ""))
refused("no JSON", "is not a whole JSON file", base, write("v.json", "\x1b[2Jhello"))
refused("deep nesting", "nested deeper", base, write("v.json", "[" * 100000))
refused("a missing file", "No such file", base, scratch.name + "/none.json")
refused("a folder", "is not a regular file", base, scratch.name)
refused("no benchmark in common", "no benchmark in common", base, variant("v.json", lambda r: (
    rename(r), r.update(json.loads(json.dumps(r).replace("epoch/f32/avx2", "epoch/f32/other"))))))
refused("a threshold that is no number", "--threshold", "--threshold=much", base, base)
refused("an unknown format", "--format", "--format=xml", base, base)

print(f"1..{count}")
sys.exit(failed > 0)
