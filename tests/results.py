#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Result files from outside: the schema, Google Benchmark's compare.py and `sgdmark compare`, on variants of a recorded
result (tests/golden/result.json, schema 2) and on files of schema 3 made from it. The schema and compare.py are skipped where python3-jsonschema, or
libbenchmark-tools and python3-scipy, are not installed."""
import copy
import csv
import io
import json
import math
import os
import subprocess
import sys

os.chdir(os.path.dirname(os.path.abspath(__file__)) + "/..")
home = os.getcwd()
sys.dont_write_bytecode = True
sys.path.insert(0, "tests/python")
from schemas import undescribed  # noqa: E402
from tap import check, finish, skip  # noqa: E402
from made import GOOD, ROUNDS, TWIN, modern, modern_file, other_run, put, rename, scale, scratch, variant, write  # noqa: E402

# Without the hash and the derived numbers of a file (test_derive and edited have those): what compare makes of the facts.
SGDMARK = os.environ.get("BUILD", "build") + "/tests/unsealed"
COMPARE_PY = "/usr/share/benchmark/compare.py"


def compare(*arguments):
    return subprocess.run([SGDMARK, "compare", *arguments], capture_output=True, text=True)


def rows(*arguments):
    return json.loads(compare("--format=json", *arguments).stdout)


def refused(name, because, *paths):
    run = compare(*paths)
    good = run.returncode == 2 and not run.stdout and run.stderr.count("\n") == 1 and because in run.stderr
    check(name, good, f"status {run.returncode}, expected '{because}'\n{run.stdout}{run.stderr}")


FINDING = {"name": "smt", "weight": 30, "what": "x", "effect": "x", "mend": "x", "root": True}

base = write("base.json", GOOD)

# The schema is that of version 3: what is written today passes, each fault does not.
schema = json.load(open("results/schema.json"))
check("the schema describes every field", not undescribed(schema), undescribed(schema))
try:
    import jsonschema

    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    written = scratch.name + "/written.json"
    run = subprocess.run([os.path.join(os.environ.get("BUILD", "build"), "sgdmark"), "run", "--quick", "--isa=scalar", "--place=core",
                          "--data=synthetic:n=400,d=50", "--json=" + written], capture_output=True, text=True)
    check("a result is written", os.path.exists(written), run.stdout[-500:] + run.stderr)
    today = json.load(open(written))
    pairs = [pair for one in today["sgdmark"]["experiments"] for pair in one["pairs"] if pair["ratio"]]
    check("speedup is the ratio the other way round", pairs and all(abs(pair["speedup"] * pair["ratio"] - 1) < 1e-9 for pair in pairs)
          and all(pair["speedup_low"] <= pair["speedup"] <= pair["speedup_high"] for pair in pairs if pair["low"]), pairs)
    recorded = json.load(open("results/recorded-epyc-avx512.json"))
    valid = {"a result written today": today, "a file without experiments": {**today, "sgdmark": {**today["sgdmark"], "experiments": []}},
             "a file with a finding": {**today, "sgdmark": {**today["sgdmark"], "findings": [FINDING]}}}
    if recorded["sgdmark"]["schema_version"] == 3:
        valid["the recorded result"] = recorded
    for name, result in valid.items():
        errors = [f"{list(e.path)}: {e.message}" for e in validator.iter_errors(result)]
        check(f"{name} passes the schema", not errors, "\n".join(errors[:20]))
    if recorded["sgdmark"]["schema_version"] != 3:
        skip("the recorded result passes the schema", "it is of an older version")
    for name, change in {
        "a time as text": put("benchmarks", 0, "real_time", "4"),
        "a time of 0": put("benchmarks", 0, "real_time", 0),
        "another unit": put("benchmarks", 0, "time_unit", "s"),
        "a newer schema": put("sgdmark", "schema_version", 4),
        "an older schema": put("sgdmark", "schema_version", 2),
        "a file without its hash": lambda r: r["sgdmark"].pop("sha256"),
        "an unknown status": put("sgdmark", "status", "done"),
        "an unknown key": put("sgdmark", "mood", "good"),
        "a null without a reason": put("sgdmark", "topology", None),
        "an experiment without controls": lambda r: r["sgdmark"]["experiments"][0].pop("controls"),
        "an experiment that is not called usable or not": lambda r: r["sgdmark"]["experiments"][0].pop("usable"),
        "a case of no kind": put("sgdmark", "experiments", 0, "cases", 0, "kind", "lap"),
        "a pair of no family": put("sgdmark", "experiments", 0, "pairs", 0, "family", "mine"),
        "findings that are no list": put("sgdmark", "findings", {}),
        "a finding with neither a command nor a reason": put("sgdmark", "findings", [dict(FINDING, mend=None)]),
        "a finding of no weight": put("sgdmark", "findings", [dict(FINDING, weight=0)]),
        "pages of no kind": put("sgdmark", "pages", "asked", "2m"),
        "pages that are not known, without a reason": put("sgdmark", "pages", "huge_bytes", None),
        "a short hash": put("sgdmark", "workload", "pixels_sha256", "abc"),
        "a negative sample": put("sgdmark", "samples", 0, "seconds", 3, -1),
        "a number in the context": put("context", "tool", 5),
    }.items():
        bad = copy.deepcopy(today)
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

# Ratios, intervals, verdicts of files with five processes each.
def verdicts(*arguments):
    return {r["name"]: r["verdict"] for r in rows(*arguments)["benchmarks"]}


def all_rows(verdict):
    return {"epoch/f32/scalar": verdict, "epoch/f32/avx2": verdict}


a = modern_file("a.json", "a")
same = rows(a, modern_file("a2.json", "a2"))
check("two runs of one build: nothing resolved", {r["verdict"] for r in same["benchmarks"]} == {"not resolved"}, same)
b = modern_file("b.json", "b", lambda r: scale(r, 1.1, "avx2"))
report = rows(a, b)
row = {r["name"]: r for r in report["benchmarks"]}
check("10 % slower is called slower", row["epoch/f32/avx2"]["verdict"] == "slower", row)
check("its interval holds 1.1", row["epoch/f32/avx2"]["low"] <= 1.1 <= row["epoch/f32/avx2"]["high"], row)
check("the other case is not resolved", row["epoch/f32/scalar"]["verdict"] == "not resolved", row)
check("the geometric mean is of both", abs(report["subjects"][0]["geometric_mean"] - 1.1**0.5) < 0.003, report["subjects"])
check("two intervals, held together", {r["comparisons"] for r in report["benchmarks"]} == {2}, row)
check("... at 99 %", report["confidence"] == 0.99 and row["epoch/f32/scalar"]["coverage"] == 0.99, row)
check("... and the first of Holm's steps is the smallest", abs(row["epoch/f32/avx2"]["coverage"] - 0.995) < 1e-12, row)
check("five processes of four samples", {(r["base_processes"], r["subject_processes"], r["base_samples"]) for r in report["benchmarks"]} == {(5, 5, 20)}, row)
widest = {n: max(r["ratio"] / r["low"], r["high"] / r["ratio"]) - 1 for n, r in row.items()}
check("the resolution is the distance from 1", all(abs(r["resolution"] - widest[n]) < 1e-12 for n, r in row.items()), row)
check("the other way round it is faster", verdicts(b, a)["epoch/f32/avx2"] == "faster", verdicts(b, a))
try:
    import scipy.stats

    def log_medians(path):
        for sample in json.load(open(path))["sgdmark"]["samples"]:
            if sample["name"] == "epoch/f32/avx2":
                one = sample["seconds"]
                return [math.log(sum(sorted(one[i : i + ROUNDS])[1:3]) / 2) for i in range(0, len(one), ROUNDS)]

    p = scipy.stats.ttest_ind(log_medians(b), log_medians(a)).pvalue
    check("scipy finds the same p", abs(row["epoch/f32/avx2"]["p"] / p - 1) < 1e-6, (row, p))
except ImportError:
    skip("scipy finds the same p", "python3-scipy is not installed")
three = rows(a, b, modern_file("c.json", "c"))
check("three files: each against the first", [r["subject"] for r in three["benchmarks"]][:2] == [b, scratch.name + "/c.json"], three)
check("... over all of whose rows the verdicts hold", {r["comparisons"] for r in three["benchmarks"]} == {4}, three)

# One process on a side: a ratio, and no more.
old = "tests/golden/result-schema-1.json"
for name, files in {"schema 2": (base, slower), "schema 1": (old, slower), "schema 2 against 3": (base, b)}.items():
    seen = rows(*files)["benchmarks"]
    good = seen and all(r["verdict"] == "unknown" and r["low"] is None and r["p"] is None for r in seen)
    check(f"{name}: a ratio without a verdict", good, seen)
seen = {r["name"]: r["ratio"] for r in rows(base, slower)["benchmarks"]}
check("... the ratio of the medians", abs(seen["epoch/f32/avx2"] - 1.1) < 1e-9 and seen["epoch/f32/scalar"] == 1, seen)
text = compare(base, slower).stdout
check("... and one line says what is not known and what would help", "1 process against 1: " in text and "Run both sides again" in text, text)
two = modern_file("two.json", "two", processes=2)
check("two processes are too few", verdicts(a, two) == all_rows("unknown"), verdicts(a, two))
three_p = modern_file("three.json", "three", processes=3)
check("three are not", "unknown" not in verdicts(a, three_p).values(), verdicts(a, three_p))

# Pools.
halves = [modern_file(f"half{i}.json", f"half{i}", processes=2) for i in range(2)]
slow_halves = [modern_file(f"slow{i}.json", f"slow{i}", lambda r: scale(r, 1.1), processes=2) for i in range(2)]
pooled = ["--base", halves[0], f"--base={halves[1]}", *slow_halves]
report = rows(*pooled)
check("files of a pool are one side", {(r["base_processes"], r["subject_processes"]) for r in report["benchmarks"]} == {(4, 4)}, report)
check("... with verdicts that no file of them has alone", verdicts(*pooled) == all_rows("slower"), report)
check("... and are named", [f["side"] for f in report["files"]] == ["base"] * 2 + ["subject"] * 2, report["files"])
text = compare(*pooled).stdout
check("... in text too", all(f"\n{name}" in "\n" + text for name in ("A1 ", "A2 ", "B1 ", "B2 ")), text)
narrow = rows("--base", a, "--base", modern_file("a3.json", "a3"), modern_file("a4.json", "a4"))["benchmarks"]
check("more processes, narrower intervals", all(n["resolution"] < s["resolution"] for n, s in zip(narrow, same["benchmarks"])), narrow)
olds = [variant(f"old{i}.json", lambda r: None) for i in range(6)]
check("pooled files of schema 2 have no A/A that counts", verdicts(*[f"--base={f}" for f in olds[:3]], *olds[3:]) == all_rows("withheld"))
other_build = modern_file("build.json", "build", put("sgdmark", "build", "compiler", "13.0.0"))
refused("another build in a pool", "build.compiler (12.2.0 and 13.0.0)", "--base", a, "--base", other_build, b)
refused("... on the subject's side", "build.compiler (12.2.0 and 13.0.0)", "--base", a, b, other_build)
check("... is no fault between the sides", compare("--base", a, other_build).returncode == 0)
refused("another version in a pool", "tool.commit", "--base", a, b, modern_file("v.json", "v", put("sgdmark", "tool", "commit", "ffffffffffff")))
refused("another machine in a pool", "cpu.brand", "--base", a, b, modern_file("v.json", "v", put("sgdmark", "cpu", "brand", "B")))
refused("another topology in a pool", "topology", "--base", a, b, modern_file("v.json", "v", put("sgdmark", "topology", "sha256", "f" * 64)))
seen = rows(a, a)
check("a file against itself: ratios of 1", {row["ratio"] for row in seen["benchmarks"]} == {1.0}, seen["benchmarks"])
check("... and no verdict", {row.get("withheld") for row in seen["benchmarks"]} == {"both sides are the same run"}, seen)
run = compare(a, b, b)
check("a subject twice is left out", run.returncode == 2 and f"left out: {b}: is the same run as {b}" in run.stderr, run.stdout + run.stderr)
refused("a file twice in a pool", "are the same run", "--base", a, b, b)
refused("a file on both sides", "are the same run", "--base", a, b, a)
copied = write("copy.json", json.load(open(a)))
check("a copy of a file is the same run", rows(a, copied)["benchmarks"][0].get("withheld") is not None)
refused("a copy of a file in a pool", "are the same run", "--base", a, "--base", copied, b)
refused("--base alone", "to compare with the base", "--base", a)
refused("other work in a pool", "their work differs in n (", "--base", a, b, modern_file("v.json", "v", put("sgdmark", "workload", "n", 7)))
missing = modern_file("missing.json", "missing", lambda r: rename(r))
seen = rows("--base", a, b, missing)
check("what one file of a pool lacks is not compared", [r["name"] for r in seen["benchmarks"]] == ["epoch/f32/avx2"], seen)
check("... and listed", {(p["name"], p["in"], p["not_in"]) for p in seen["not_in_all"]} == {("epoch/f32/scalar", a, missing), ("epoch/f32/plain", missing, a)}, seen["not_in_all"])

# Only a quiet gate lets a verdict through, and each file on both sides has one.
def epochs_of(result):
    return result["sgdmark"]["experiments"][0]


def usable(**members):
    return lambda r: epochs_of(r)["usable"].update(members)


def control(**members):
    return lambda r: epochs_of(r)["controls"][0].update(members)


def case_of(which, **members):
    return lambda r: epochs_of(r)["cases"][which].update(members)


def without_experiments(result):
    result["sgdmark"]["experiments"] = []


not_usable = "the times of its epochs are called not usable: PU 1 got 5 % of its time"
gates = {
    "not usable": (usable(state="not usable", reason="PU 1 got 5 % of its time"), not_usable, 2),
    "an unknown word": (usable(state="fine"), "are called fine", 2),
    "no word": (lambda r: epochs_of(r).pop("usable"), "does not say whether", 2),
    "a null": (lambda r: epochs_of(r).update(usable=None), "does not say whether", 2),
    "usable above nothing": (usable(state="usable above"), "does not say from what difference up", 2),
    "a noisy A/A": (control(state="noisy"), TWIN + " is not quiet: noisy", 2),
    "an A/A of too few rounds": (control(state="too few rounds"), "is not quiet: too few rounds", 2),
    "an A/A that is too wide": (control(state="too wide"), "is not quiet: too wide", 2),
    "an A/A with an unknown word": (control(state="calm"), "is not quiet: calm", 2),
    "no A/A at all": (lambda r: epochs_of(r).update(controls=[]), "no A/A case covers it", 2),
    "another A/A": (control(first="epoch/other", second="epoch/other/again"), "no A/A case covers it", 2),
    "a case without A/A": (case_of(0, control=None), "no A/A case covers it", 1),
    "a case that says nothing of it": (lambda r: epochs_of(r)["cases"][0].pop("control"), "no A/A case covers it", 1),
    "a case that is not usable": (case_of(0, unusable="migrated"), "its times are not usable: migrated", 1),
}
for name, (change, because, count_withheld) in gates.items():
    def both(result, change=change):
        scale(result, 1.1)
        change(result)

    bad = modern_file("bad.json", "bad", both)
    for where, files in {"subject": (a, bad), "base": (bad, a), "pool": ("--base", a, "--base", modern_file("more.json", "more"), bad)}.items():
        seen = rows(*files)["benchmarks"]
        held = [r for r in seen if r["verdict"] == "withheld" and because in r["withheld"]]
        check(f"{name} in the {where}: withheld", len(held) == count_withheld and all(r["low"] for r in seen), seen)
text = compare(a, modern_file("bad.json", "bad", lambda r: (scale(r, 1.1), gates["not usable"][0](r)))).stdout
check("the reason is in the answer, and printed once of the rows", text.split("\n")[0].endswith("PU 1 got 5 % of its time.") and text.count("PU 1 got 5 %") == 2 and "(2 rows)" in text, text)
other_control = modern_file("other_control.json", "oc", lambda r: (scale(r, 1.1), epochs_of(r)["controls"].append(
    {**epochs_of(r)["controls"][0], "first": "epoch/f64/scalar/again", "second": "epoch/f64/scalar", "state": "noisy"})))
check("an A/A case that covers others does not matter", verdicts(a, other_control) == all_rows("slower"))
bench = [modern_file(f"bench{i}.json", f"bench{i}", lambda r: (scale(r, 1 + 0.2 * i), without_experiments(r))) for i in range(6)]
seen = rows(*[f"--base={f}" for f in bench[:3]], *bench[3:])["benchmarks"]
check("files without rounds are never called different", all(r["verdict"] == "withheld" and "not timed in rounds" in r["withheld"] for r in seen), seen)

# A verdict needs more than what runs differ by anyway.
def floors(*arguments):
    return {r["name"]: (round(r["floor"], 4), r["floor_reason"]) for r in rows(*arguments)["benchmarks"]}


close = {"spread": 0.0002}
still = modern_file("still.json", "still", **close)
inside = modern_file("inside.json", "inside", lambda r: scale(r, 1.008), **close)
check("0.8 % is what memory layout may do", verdicts(still, inside) == all_rows("perhaps slower"), verdicts(still, inside))
check("... either way", verdicts(inside, still) == all_rows("perhaps faster"), verdicts(inside, still))
check("1.3 % is more", verdicts(still, modern_file("more.json", "more", lambda r: scale(r, 1.013), **close)) == all_rows("slower"))
above = modern_file("above.json", "above", lambda r: (scale(r, 1.05), usable(state="usable above", above=0.08)(r)), **close)
check("what one run can tell apart bounds no comparison of processes", verdicts(still, above) == all_rows("slower"), verdicts(still, above))
for which, roof in ((0, "its read roof"), (1, "the L1 roof")):
    def moved(result, which=which, factor=1.05):
        one = result["sgdmark"]["roofs"][which]
        scale(result, 1.06)
        one["seconds"] = [x * factor for x in one["seconds"]]

    seen = floors(still, modern_file("moved.json", "moved", moved, **close))
    good = all(0.07 < floor < 0.1025 and roof in why for floor, why in seen.values())
    check(f"{roof} changed by 5 %: the floor is its square, as far as it is certain", good, seen)
    check("... under which 6 % are no verdict", verdicts(still, scratch.name + "/moved.json") == all_rows("perhaps slower"))

    def unsure_by(result, which=which):
        one = result["sgdmark"]["roofs"][which]
        one["seconds"] = [x * (0.9, 1.2, 1.05, 1.15, 0.95)[i // ROUNDS] for i, x in enumerate(one["seconds"])]

    unsure = modern_file("unsure.json", "unsure", unsure_by, **close)
    check("... and a change that is not certain sets none", {f for f, why in floors(still, unsure).values()} == {0.01}, floors(still, unsure))
    away = modern_file("away.json", "moved", lambda r: (moved(r), put("sgdmark", "cpu", "brand", "B")(r)), **close)
    check("... nor does another machine", {f for f, why in floors(still, away).values()} == {0.01}, floors(still, away))
def own_roof(result):
    moved(result)
    epochs_of(result)["cases"][0]["roof"] = None


seen = floors(modern_file("one.json", "one", case_of(0, roof=None, roof_reason="none"), **close), modern_file("moved.json", "moved", lambda r: (
    r["sgdmark"]["roofs"][0].update(seconds=[x * 1.05 for x in r["sgdmark"]["roofs"][0]["seconds"]]), case_of(0, roof=None, roof_reason="none")(r)), **close))
check("a floor is of the row, not of the file", seen["epoch/f32/scalar"][0] == 0.01 < seen["epoch/f32/avx2"][0], seen)
text = compare(still, scratch.name + "/moved.json").stdout
check("the floor is printed", "floor: its read roof changed between the runs" in text, text)

# What the rows lay on is part of what is compared; a file that does not say had no choice.
on_huge = modern_file("on-huge.json", "on-huge", lambda r: r["sgdmark"].update(
    pages={"asked": "huge", "resident_bytes": 4194304, "huge_bytes": 4194304}))
on_auto = modern_file("on-auto.json", "on-auto", lambda r: r["sgdmark"].update(
    pages={"asked": "auto", "resident_bytes": 4194304, "huge_bytes": 2097152}))
seen = rows(a, on_huge)
check("other pages are a difference", [(d["key"], d["values"]) for d in seen["differences"]] == [("pages.asked", ["auto", "huge"])], seen["differences"])
check("the pages that the kernel gave are none", rows(a, on_auto)["differences"] == [], rows(a, on_auto)["differences"])

# What was tuned is part of what is compared.
tuned = modern_file("tuned.json", "tuned", put("sgdmark", "receipts", "parity", 1, "prefetch", "4,8"))
seen = rows(a, tuned)
check("another prefetch distance is a difference", [(d["key"], d["values"]) for d in seen["differences"]] == [("tuning.f32/avx2", ["8,16", "4,8"])], seen["differences"])
check("... and says what it does", "compare tunings too" in seen["differences"][0]["effect"], seen["differences"])
check("... and marks the rows", {r["name"]: r["tuned_differently"] for r in seen["benchmarks"]} == {"epoch/f32/scalar": False, "epoch/f32/avx2": True}, seen)
text = compare(a, tuned).stdout
check("... in text too", "not resolved, tuned differently\n" in text and text.count("tuned differently") == 1, text)
check("a tuning that a file lacks is no difference", not rows(base, a)["differences"], rows(base, a)["differences"])
twin = modern_file("twin.json", "twin", case_of(1, prefetch="4,8"))
check("a case's own tuning counts", rows(a, twin)["benchmarks"][1]["tuned_differently"], rows(a, twin))


# The threshold: PASS, FAIL or INCONCLUSIVE.
def answer(name, word, because, *arguments):
    status = {"PASS": 0, "FAIL": 1, "INCONCLUSIVE": 4}[word]
    run = compare(*arguments)
    last = run.stdout.splitlines()[-1:]
    good = run.returncode == status and last and last[0].startswith(word + ": ") and because in last[0] and not run.stderr
    check(f"{name}: {word}", good, f"status {run.returncode}, expected '{because}'\n{run.stdout}{run.stderr}")
    run = compare("--format=json", *arguments)
    seen = json.loads(run.stdout)
    check("... in JSON and on standard error too", (seen["threshold_answer"], run.returncode) == (word, status) and run.stderr.startswith(word + ": "), run.stderr)


again = scratch.name + "/a2.json"
answer("two runs of one build, --threshold 5%", "PASS", "none of 2 benchmarks", "--threshold=5%", a, again)
for percent in ("5%", "5", "9%"):
    answer(f"10 % slower, --threshold {percent}", "FAIL", "epoch/f32/avx2 runs 0.90", f"--threshold={percent}", a, b)
answer("10 % slower, --threshold 15%", "PASS", "", "--threshold=15%", a, b)
answer("10 % slower, --threshold 10%", "INCONCLUSIVE", "epoch/f32/avx2", "--threshold=10%", a, b)
answer("10 % faster", "PASS", "", "--threshold=5", b, a)
answer("below what memory layout does", "INCONCLUSIVE", "changes above 1.0 % can be told apart: memory layout", "--threshold=0.1%", a, again)
wide = [modern_file(f"wide{i}.json", f"wide{i}", spread=0.05) for i in range(2)]
answer("processes that differ", "INCONCLUSIVE", "its interval is that wide", "--threshold=5%", *wide)
halved = modern_file("halved.json", "halved", lambda r: scale(r, 0.5))
answer("... but all are clearly faster", "PASS", "", "--threshold=0.1%", a, halved)
answer("one is slower, another coarse", "FAIL", "1 of 2 benchmarks", "--threshold=2", a, b)
answer("old files", "INCONCLUSIVE", "was timed in 1 process against 1", "--threshold=5", base, slower)
noisy = modern_file("noisy.json", "noisy", control(state="noisy"))
answer("a noisy run", "INCONCLUSIVE", "has no verdict: of the subject its A/A case", "--threshold=5", a, noisy)
answer("a much slower noisy run", "INCONCLUSIVE", "has no verdict", "--threshold=5", a, scratch.name + "/bad.json")
answer("files without rounds", "INCONCLUSIVE", "not timed in rounds", "--threshold=5", *[f"--base={f}" for f in bench[:3]], *bench[3:])
lacking = modern_file("lacking.json", "lacking", lambda r: rename(r))
answer("a benchmark that is gone", "INCONCLUSIVE", "lacks epoch/f32/scalar", "--threshold=5", a, lacking)
run = compare("--format=markdown", "--threshold=5", a, again)
check("Markdown ends with the answer", run.stdout.splitlines()[-1].startswith("PASS: "), run.stdout)
run = compare("--format=csv", "--threshold=5", a, again)
check("CSV holds the rows alone", "PASS" not in run.stdout and run.stderr.startswith("PASS: "), run.stdout + run.stderr)


def with_folds(factor, state):
    """A second experiment, folds, whose one benchmark is a copy of the last epoch's."""

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
        folds["cases"] = [{**case, "name": name, "roof": None, "roof_reason": "none"} for case in folds["cases"] if case["name"] == copied]
        folds["controls"][0].update(first=TWIN, second=name, state=state)
        own["experiments"].append(folds)
        scale(result, factor)

    return change


quiet = modern_file("quiet.json", "quiet", with_folds(1, "quiet"))
noisy_folds = modern_file("noisy_folds.json", "noisy_folds", with_folds(1.5, "noisy"))
want = {**all_rows("slower"), "cv/f32/avx2/place:core": "withheld"}
check("each experiment is gated by its own A/A", verdicts(quiet, noisy_folds) == want, verdicts(quiet, noisy_folds))
check("schema 1 against schema 2", set(verdicts(old, slower).values()) == {"unknown"})

# What differs comes first, heaviest first; text from files cannot reach the terminal.
other = variant(
    "other.json",
    lambda r: (
        put("sgdmark", "environment", "os", {"kernel": "6.5.0", "load_average": [9, 9, 9]})(r),
        put("sgdmark", "cpu", "brand", "Evil \x1b[2J|`processor`")(r),
        put("sgdmark", "cpu", "microcode", "0x2")(r),
        put("sgdmark", "build", "flags", "gcc -O3 -g")(r),
        put("sgdmark", "build", "transcendental", "fma")(r),
        put("sgdmark", "libraries", {"hwloc": "2.9.0"})(r),
    ),
)
keys = [d["key"] for d in rows(base, other)["differences"]]
want = ["cpu.brand", "cpu.microcode", "build.transcendental", "build.flags", "environment.os.kernel", "libraries.hwloc"]
check("differences are sorted by what they do", keys == want, keys)
for form in ("text", "markdown", "csv", "json"):
    run = compare("--format", form, base, other)
    check(f"--format {form}: no control character passes", "\x1b" not in run.stdout + run.stderr, run.stdout)
text = compare(base, other).stdout
check("differences stand before the ratios", 0 < text.find("cpu.brand") < text.find("epoch/f32/avx2"), text)
check("the kind of test is named", "Student's t on the logs of their medians" in text and "99 % (Holm)" in text, text)
table = compare("--format=markdown", a, b).stdout
line = next((x for x in table.splitlines() if x.startswith("| epoch/f32/avx2 |")), "")
check("Markdown has a row per ratio", line.endswith("| slower |") and line.count("|") == 10, table)
fields = list(csv.DictReader(io.StringIO(compare("--format=csv", a, b).stdout)))
check("CSV reads back", [f["verdict"] for f in fields] == ["not resolved", "slower"], fields)


renamed = variant("renamed.json", rename)
lacking = {(p["name"], p["in"]) for p in rows(base, renamed)["not_in_all"]}
check("benchmarks of one file only are listed", lacking == {("epoch/f32/scalar", base), ("epoch/f32/plain", renamed)}, lacking)

text = compare(base, renamed).stdout
check("... in text too", "in A only, not in B: epoch/f32/scalar" in text and "in B only, not in A: epoch/f32/plain" in text, text)
fast = compare(base, variant("fast.json", lambda r: scale(r, 1e-7))).stdout
check("nanoseconds are called so", " ns" in fast, fast)
many = [base] + [variant(f"many{i}.json", lambda r: None) for i in range(30)]
check("files after Z are AA, AB", "AC" in compare(*many).stdout.split(), compare(*many).stderr)
flags = "gcc " + " ".join(f"-f{'ä' * 20}{i}" for i in range(40))
long_a = variant("long_a.json", put("sgdmark", "build", "flags", flags))
long_b = variant("long_b.json", put("sgdmark", "build", "flags", flags + " -O3"))
run = compare("--all", long_a, long_b)
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
refused("a newer schema", "newer sgdmark", base, variant("v.json", put("sgdmark", "schema_version", 4)))
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

# Results from standard input, a pipe and an editor.
want = compare("--format=csv", base, slower).stdout
for name in "-", "/dev/stdin":
    run = subprocess.run([SGDMARK, "compare", "--format=csv", base, name], input=open(slower).read(), capture_output=True, text=True)
    check(f"a result through a pipe, as {name}", run.returncode == 0 and run.stdout == want.replace(slower, name), run.stdout + run.stderr)
with open(slower, "rb") as file:
    run = subprocess.run([SGDMARK, "compare", "--format=csv", base, "-"], stdin=file, capture_output=True, text=True)
check("a result from a file as standard input", run.returncode == 0 and run.stdout.count("\n") == want.count("\n"), run.stderr)
run = subprocess.run(["bash", "-c", '"$1" compare --format=csv <(cat "$2") <(cat "$3")', "bash", SGDMARK, base, slower],
                     capture_output=True, text=True)
check("two results through pipes of the shell", run.returncode == 0 and run.stdout.count("\n") == want.count("\n"), run.stderr)
run = subprocess.run([SGDMARK, "compare", base, "-"], input="[" * 8, capture_output=True, text=True)
check("a pipe with no result is named", run.returncode == 2 and run.stderr.startswith("sgdmark compare: -: is not a whole JSON file"), run.stderr)
run = subprocess.run([SGDMARK, "compare", base, "-"], input=b" " * (65 << 20), capture_output=True)
check("a pipe has the bounds of a file", run.returncode == 2 and b"-: a result file has at most 67108864 bytes" in run.stderr, run.stderr)
marked = write("marked.json", "\ufeff" + open(slower).read())
run = compare("--format=csv", base, marked)
check("a byte-order mark before the JSON", run.returncode == 0 and run.stdout == want.replace(slower, marked), run.stdout + run.stderr)
for name, encoding in {"little": "utf-16-le", "big": "utf-16-be"}.items():
    with open(scratch.name + "/wide.json", "wb") as file:
        file.write(("\ufeff" + open(slower).read()).encode(encoding))
    refused(f"UTF-16, {name} end first", "is UTF-16 text", base, scratch.name + "/wide.json")
os.chdir(scratch.name)
os.rename(slower, "-")
run = subprocess.run([os.path.join(home, SGDMARK), "compare", "--format=csv", base, "./-"], capture_output=True, text=True)
os.rename("-", slower)
os.chdir(home)
check("./- is a file", run.returncode == 0 and run.stdout.count("\n") == want.count("\n"), run.stderr)
refused("no benchmark in common", "no benchmark in common", base, variant("v.json", lambda r: (
    rename(r), r.update(json.loads(json.dumps(r).replace("epoch/f32/avx2", "epoch/f32/other"))))))
refused("a threshold that is no number", "--threshold", "--threshold=much", base, slower)
refused("an unknown format", "--format", "--format=xml", base, slower)

finish()
