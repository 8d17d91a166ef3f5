#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A result file that somebody edited: each of some seventy edits, from one time to the last word, is refused by `compare`
and `report` with status 2 and one line. As it is, because the file's hash does not fit; with the hash made right again
(tests/builds/rehash.c), because what is derived from the samples does not fit them, and the line names the first
contradiction."""
import copy
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

os.chdir(os.path.dirname(os.path.abspath(__file__)) + "/..")
sys.dont_write_bytecode = True
sys.path.insert(0, "tests/python")
from tap import check, finish, skip  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
SGDMARK = BUILD + "/sgdmark"
scratch = tempfile.TemporaryDirectory()
GOOD_PATH = scratch.name + "/good.json"


def execute(*command):
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def make_rehash():
    compiler = shlex.split(open(BUILD + "/signature").readline())[0]
    made = execute(compiler, "-std=c17", "-o", scratch.name + "/rehash", "tests/builds/rehash.c", "-ljansson", "-lnettle")
    check("the program that makes a file's hash anew", made.returncode == 0, made.stderr)
    if made.returncode != 0:
        finish()


def rehash(path):
    return execute(scratch.name + "/rehash", path).stdout.strip()


# Where things are in a result.
def epochs(result):
    return next(one for one in result["sgdmark"]["experiments"] if one["name"] == "epochs")


def folds(result):
    return next(one for one in result["sgdmark"]["experiments"] if one["name"] == "folds")


def case(result):
    """The best case of the epochs: the subject of the first pair."""
    name = pair(result)["subject"]
    return next(one for one in epochs(result)["cases"] if one["name"] == name)


def pair(result):
    return next(one for one in epochs(result)["pairs"] if one["family"] == "best")


def samples(result):
    return next(one for one in result["sgdmark"]["samples"] if one["name"] == case(result)["name"])


def row(result):
    """The first row of Google Benchmark's table that is of the best case."""
    return next(one for one in result["benchmarks"] if one["run_name"] == case(result)["name"])


def control(result):
    return epochs(result)["controls"][0]


def parity(result, engine="f32"):
    """The receipt of the last job of this engine that promises bits."""
    return [one for one in result["sgdmark"]["receipts"]["parity"]
            if one["engine"] == engine and not one["backend"].startswith("autovec")][-1]


def scaled(place, key, factor=0.9):
    """An edit: a number of the object, or each of its list, times a factor."""

    def edit(result):
        found = place(result)
        value = found[key]
        assert value, f"{key} is {value}"
        found[key] = [factor * x for x in value] if isinstance(value, list) else factor * value

    return edit


def put(place, key, value):
    """An edit: another value for a key that is there. A function gets the old one."""

    def edit(result):
        found = place(result)
        old = found[key]
        found[key] = value(old) if callable(value) else value
        assert found[key] != old, f"{key} is {old} anyhow"

    return edit


def other_digit(text):
    return text[:-1] + ("0" if text[-1] != "0" else "1")


def plus(amount):
    return lambda old: old + amount


def summary_of(place, name="summary"):
    return lambda result: place(result)[name]


def all_times(result):
    """The samples of the best case and its rows, alike: only what is derived from them is stale."""
    name = case(result)["name"]
    scaled(samples, "seconds")(result)
    for one in result["benchmarks"]:
        if one["run_name"] == name and one.get("run_type") == "iteration":
            one["real_time"] *= 0.9


def exchanged(result):
    """The least and the greatest sample change places, in the list alone: the summary stays, the rows do not fit."""
    seconds = samples(result)["seconds"]
    least, most = seconds.index(min(seconds)), seconds.index(max(seconds))
    seconds[least], seconds[most] = seconds[most], seconds[least]


def one_dropped(result):
    for key in "seconds", "cpu_seconds":
        samples(result)[key].pop()


def row_dropped(result):
    result["benchmarks"].remove(row(result))


def pair_dropped(result):
    epochs(result)["pairs"].remove(pair(result))


def pair_turned(result):
    one = pair(result)
    one["subject"], one["base"] = one["base"], one["subject"]


def quiet_now(result):
    control(result)["state"] = "noisy" if control(result)["state"] == "quiet" else "quiet"


def usable_now(place):
    def edit(result):
        said = place(result)
        said["state"] = "not usable" if said["state"] == "usable" else "usable"
        said["above"] = None

    return edit


def rounds_turned(result):
    order = epochs(result)["schedule"]["order"]
    order[0][0], order[0][1] = order[0][1], order[0][0]


def opposite(verdict):
    return {"faster": "slower", "slower": "faster"}.get(verdict, "faster")


# Name, edit, and what the line names once the hash fits: a pattern, or None where nothing else in the file contradicts.
TIME = r"median|summary|seconds|real_time|epoch/"
PAIR = r"pair|against|ratio|epoch/"
EDITS = [
    ("all samples of a case", scaled(samples, "seconds"), TIME),
    ("one sample", put(samples, "seconds", lambda old: [old[0] / 2] + old[1:]), TIME),
    ("samples and rows of a case", all_times, TIME),
    ("two samples exchanged", exchanged, TIME),
    ("the last sample dropped", one_dropped, r"samples|rounds|seconds|epoch/"),
    ("a row's time", scaled(row, "real_time"), r"real_time|epoch/"),
    ("a row's CPU time", scaled(row, "cpu_time"), r"cpu_time|epoch/"),
    ("a row dropped", row_dropped, r"benchmarks|rows|epoch/"),
    ("a row's repetition", put(row, "repetition_index", plus(1)), r"repetition|epoch/"),
    ("CPU times of a case", scaled(samples, "cpu_seconds"), r"cpu|epoch/"),
    ("the summary beside the samples", scaled(summary_of(samples), "median"), r"summary|median|epoch/"),
    ("a case's median", scaled(summary_of(case), "median"), r"summary|median|epoch/"),
    ("a case's least time", scaled(summary_of(case), "min"), r"summary|min|epoch/"),
    ("a case's deviation", scaled(summary_of(case), "mad"), r"summary|mad|epoch/"),
    ("a case's quartile", scaled(summary_of(case), "q3", 1.1), r"summary|q3|epoch/"),
    ("a case's count", put(summary_of(case), "n", plus(1)), r"summary|n\b|epoch/"),
    ("a case's outliers", put(summary_of(case), "outliers", plus(1)), r"summary|outliers|epoch/"),
    ("a case's quiet median", scaled(summary_of(case, "quiet"), "median"), r"quiet|median|epoch/"),
    ("a case's quiet count", put(summary_of(case, "quiet"), "n", plus(-1)), r"quiet|n\b|epoch/"),
    ("a case's disturbed samples", put(case, "disturbed", plus(1)), r"disturbed|epoch/"),
    ("a median of a process", scaled(case, "process_medians"), r"process|epoch/"),
    ("time per row", scaled(summary_of(case, "rates"), "ns_per_row"), r"ns_per_row|rate|epoch/"),
    ("bytes per second", scaled(summary_of(case, "rates"), "gb_per_second", 1.1), r"gb_per_second|rate|epoch/"),
    ("folds per second", scaled(lambda r: folds(r)["cases"][0]["rates"], "folds_per_second", 1.1), r"folds_per_second|rate|cv/"),
    ("share of the roof", scaled(summary_of(case, "roof"), "percent", 1.1), r"roof|percent|epoch/"),
    ("interval of that share", scaled(summary_of(case, "roof"), "low"), r"roof|low|epoch/"),
    ("the roof that binds", put(summary_of(case, "roof"), "binds", lambda old: "read" if old == "compute" else "compute"), r"roof|binds|epoch/"),
    ("the roof's time per row", scaled(summary_of(case, "roof"), "compute_ns_per_row"), r"roof|ns_per_row|epoch/"),
    ("a roof's rate", scaled(lambda r: r["sgdmark"]["roofs"][0], "per_second", 1.1), r"roof|per_second"),
    ("a roof's best rate", scaled(lambda r: r["sgdmark"]["roofs"][0], "best_per_second", 1.1), r"roof|per_second"),
    ("a roof's samples", scaled(lambda r: r["sgdmark"]["roofs"][0], "seconds"), r"roof|seconds"),
    ("a pair's ratio", scaled(pair, "ratio"), PAIR),
    ("a pair's lower end", scaled(pair, "low"), PAIR + "|low"),
    ("a pair's upper end", scaled(pair, "high", 1.1), PAIR + "|high"),
    ("a pair's speed", scaled(pair, "speed", 1.1), PAIR + "|speed"),
    ("a pair's p", put(pair, "p", lambda old: old / 2), PAIR + "|p\\b"),
    ("a pair's confidence", put(pair, "confidence", lambda old: old - 0.05), PAIR + "|confidence"),
    ("a pair's verdict", put(pair, "verdict", opposite), PAIR + "|verdict"),
    ("a pair turned round", pair_turned, PAIR),
    ("a pair dropped", pair_dropped, PAIR),
    ("the A/A's ratio", scaled(lambda r: control(r)["shown"], "ratio"), r"A/A|control|ratio|again"),
    ("the A/A's interval", scaled(lambda r: control(r)["gate"], "high"), r"A/A|control|gate|again"),
    ("the A/A's state", quiet_now, r"A/A|control|state|again"),
    ("what can be told apart", scaled(control, "resolution", 0.5), r"resolution|A/A|control"),
    ("the control of a case", put(case, "control", lambda old: None if old else "epoch/none"), r"control|epoch/"),
    ("usable times", usable_now(lambda r: epochs(r)["usable"]), r"usable"),
    ("from which difference on", put(lambda r: epochs(r)["usable"], "above", lambda old: 0.07 if old is None else None), r"usable|above"),
    ("a case that is not usable", put(case, "unusable", lambda old: None if old else "off the CPU"), r"usable|epoch/"),
    ("the process of a round", put(lambda r: epochs(r)["schedule"], "process", lambda old: [old[-1]] + old[1:]), r"process|schedule"),
    ("the order of two cases", rounds_turned, None),
    ("a case of the schedule", put(lambda r: epochs(r)["schedule"], "cases", lambda old: ["epoch/none"] + old[1:]), r"schedule|cases|epoch/none"),
    ("the number of rounds", put(epochs, "rounds", plus(1)), r"round|rounds"),
    ("a fingerprint", put(parity, "fingerprint", other_digit), r"fingerprint|parity|f32/"),
    ("the reference's fingerprint", put(lambda r: r["sgdmark"]["receipts"]["parity"][0], "fingerprint", other_digit), r"fingerprint|parity|f64/"),
    ("an update hash", put(parity, "update_hash", other_digit), r"update_hash|parity|f32/"),
    ("fold accuracies of a receipt", put(parity, "fold_accuracy", lambda old: [0.5] + old[1:]), r"fold_accuracy|parity|f32/"),
    ("a receipt's confusion matrix", put(parity, "confusion", lambda old: [[old[0][0] - 1, old[0][1] + 1], old[1]]), r"confusion|accuracy|parity|f32/"),
    ("a receipt that failed", put(parity, "passed", False), r"passed|parity|f32/"),
    ("prefetch distances", put(parity, "prefetch", lambda old: "3,3" if old != "3,3" else "4,4"), r"prefetch|tun"),
    ("prefetch distances of a twin", put(lambda r: next(c for c in epochs(r)["cases"] if c["control_of"]), "prefetch",
                                         lambda old: "3,3" if old != "3,3" else "4,4"), None),
    ("the confusion matrix", put(lambda r: r["sgdmark"]["notebook"], "confusion", lambda old: [[old[0][0] - 1, old[0][1] + 1], old[1]]), r"confusion|precision|notebook"),
    ("precision", scaled(lambda r: r["sgdmark"]["notebook"], "precision"), r"precision|notebook"),
    ("fold accuracies", put(lambda r: r["sgdmark"]["notebook"], "fold_accuracy", lambda old: [0.5] + old[1:]), r"fold_accuracy|notebook"),
    ("the notebook's digit", put(lambda r: r["sgdmark"]["notebook"]["own_digit"], "positive", lambda old: not old), r"own_digit"),
    ("a row of its picture", put(lambda r: r["sgdmark"]["notebook"]["own_digit"]["picture"], 3, lambda old: old[1:]), r"picture"),
    ("precision at a threshold", scaled(lambda r: r["sgdmark"]["notebook"]["trade_off"]["at_recall"], "precision"), r"at_recall.precision"),
    ("a threshold", put(lambda r: r["sgdmark"]["notebook"]["trade_off"]["at_recall"], "threshold", 1e9), r"trade_off"),
    ("a row's unit", put(row, "time_unit", "us"), r"time_unit|unit"),
    ("a case's unit", put(case, "unit", "bytes"), r"unit|epoch/"),
    ("a case's rows", put(case, "work", lambda old: 2 * old), r"work|ns_per_row|rate|epoch/"),
    ("a case's bytes per row", put(case, "row_bytes", lambda old: 2 * old), r"row_bytes|gb_per_second|rate|epoch/"),
    ("the share of others", put(lambda r: epochs(r)["witness"], "others", 0.75), None),
    ("the verdict", put(lambda r: r["sgdmark"]["verdict"], "correct", lambda old: not old), r"verdict|correct"),
    ("the number of checks", put(lambda r: r["sgdmark"]["verdict"], "checks", plus(1)), None),
    ("the verdict on the times", usable_now(lambda r: r["sgdmark"]["verdict"]["times"]), r"verdict|times|usable"),
    ("the text of the verdict", put(lambda r: r["sgdmark"]["verdict"], "text", "all is well"), r"verdict|text"),
    ("a control dropped", lambda r: epochs(r)["controls"].pop(), r"control|A/A|again"),
    ("the hash taken out", lambda r: r["sgdmark"].pop("sha256"), None),
    ("the machine's cores", put(lambda r: r["context"], "num_cpus", plus(1)), None),
]


def of_another_run(path):
    """A copy of the file under the id of another run: compare refuses to hold a run against itself."""
    result = json.load(open(path))
    result["sgdmark"]["run_id"] = "00000000-0000-4000-8000-0000000000ed"
    copied = scratch.name + "/another.json"
    with open(copied, "w") as file:
        json.dump(result, file)
    if "sha256" in result["sgdmark"]:
        rehash(copied)
    return copied


def refusals(path, pattern):
    """What is wrong with how compare and report refuse a file; nothing where both do, in a line that fits the pattern."""
    faults = []
    for command in ["compare", GOOD_PATH, path], ["report", path]:
        run = execute(SGDMARK, *command)
        line = run.stderr.strip()
        if run.returncode != 2 or run.stdout or "\n" in line or not re.search(pattern, line.replace(path, "")):
            faults.append(f"{command[0]}: status {run.returncode}, {len(run.stdout)} bytes of output, '{line[:300]}', expected {pattern}")
    return "\n".join(faults)


def try_edit(name, edit, pattern):
    result = copy.deepcopy(GOOD)
    path = scratch.name + "/edited.json"
    try:
        edit(result)
    except (KeyError, AttributeError, TypeError, StopIteration, AssertionError, IndexError) as why:
        if str(why).endswith("is None"):  # an interval that a noisy machine does not give
            return skip(name, f"the machine was too noisy for it: {why}")
        check(f"{name}: the result has it", False, repr(why))
        return
    with open(path, "w") as file:
        json.dump(result, file)
    plain = refusals(path, r"hash|sha256|changed" + (f"|{pattern}" if pattern else ""))
    check(f"{name}: refused", not plain, plain)
    if pattern is None:
        return
    rehash(path)
    rehashed = refusals(path, pattern)
    check(f"{name}, with a new hash: its contradiction is named", not rehashed, rehashed)


make_rehash()
run = execute(SGDMARK, "run", "--quick", "--data", "synthetic:n=6000", "--place", "core", "--json", GOOD_PATH)
check("a run to edit", run.returncode in (0, 4), run.stdout[-500:] + run.stderr)
if run.returncode not in (0, 4):
    finish()
GOOD = json.load(open(GOOD_PATH))
check("the file has a hash, and the test's own program finds the same", rehash(GOOD_PATH) == GOOD["sgdmark"].get("sha256"),
      GOOD["sgdmark"].get("sha256"))
report = execute(SGDMARK, "report", GOOD_PATH)
check("as it is, report reads it", report.returncode == 0, report.stderr)
for path in GOOD_PATH, "tests/golden/result.json", "tests/golden/result-schema-1.json":
    compared = execute(SGDMARK, "compare", path, of_another_run(path))
    check(f"{os.path.basename(path)} as it is: compare reads it", compared.returncode == 0, compared.stderr)
for name, edit, pattern in EDITS:
    try_edit(name, edit, pattern)
finish()
