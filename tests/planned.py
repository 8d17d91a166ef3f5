#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Planned runs: `run --resolve` and `run --time` say before what they will resolve, stop where they may, record plan and
outcome, and an edited plan is refused. What a busy machine makes of the times changes nothing here: nothing is held to
how much was resolved. tests/unit/test_plan.c simulates that."""
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
from tap import check, finish  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
SGDMARK = BUILD + "/sgdmark"
scratch = tempfile.TemporaryDirectory()
JOB = ["--data=synthetic:n=600,d=50", "--isa=scalar", "--place=core"]
PILOT = r"^sgdmark run: after a pilot of 3 processes: [^\n]*\n"


def execute(*command):
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def run(name, *options):
    path = f"{scratch.name}/{name}.json"
    done = execute(SGDMARK, "run", *JOB, *options, "--json", path)
    return done, json.load(open(path)) if os.path.exists(path) else None, path


def epochs(result):
    return next(one for one in result["sgdmark"]["experiments"] if one["name"] == "epochs")


def plan(result):
    return epochs(result)["plan"]


def stopped_well(result):
    """At a look where every pair was resolved, or where the next process would have been too much for the time."""
    outcome = plan(result)["outcome"]
    if outcome["resolved"] != outcome["pairs"]:
        return outcome["stopped"] == "the time was up"
    in_time = result["sgdmark"]["duration_seconds"] < plan(result)["seconds"] / 2
    return outcome["stopped"] == "every pair is resolved" and (outcome["processes"] in plan(result)["looks"] or not in_time)


def pair(result):
    return epochs(result)["pairs"][0]


# --time: five processes at least, and no look before the last.
done, timed, path = run("time", "--time", "1s")
check("run --time ends well", done.returncode == 0 and timed, done.stderr)
check("it says before, in one line, what the time will resolve",
      re.fullmatch(PILOT, done.stderr) and re.search(r"5 processes take [0-9]+ s of 1 s", done.stderr), done.stderr)
check("its five processes are all there",
      [one["index"] for one in timed["sgdmark"]["processes"]] == [0, 1, 2, 3, 4] == sorted(set(epochs(timed)["schedule"]["process"])),
      timed["sgdmark"]["processes"])
check("the plan has no target and no look", plan(timed)["target"] is None and plan(timed)["looks"] == [] and plan(timed)["seconds"] == 1, plan(timed))
check("each pair pays for one look", pair(timed)["comparisons"] == len(epochs(timed)["pairs"]) and pair(timed)["kind"] == "by process", pair(timed))
check("it stopped because the time was up", plan(timed)["outcome"]["stopped"] == "the time was up", plan(timed))
again = execute(SGDMARK, "report", path)
check("the report from the file is what the run printed", again.returncode == 0 and again.stdout.startswith(done.stdout.split("\nSaved ")[0]) and
      "planned: 1 s at most; expected of the pilot: 5 processes" in again.stdout, again.stdout[:3000] + again.stderr)

# --resolve: a target so wide that some look reaches it, unless the machine has no quiet moment.
done, wide, path = run("resolve", "--resolve", "50%", "--time=8s")
check("run --resolve ends well", done.returncode == 0 and wide, done.stderr)
check("it says before, in one line, what it will resolve", re.fullmatch(PILOT, done.stderr) and "50 %" in done.stderr, done.stderr)
outcome = plan(wide)["outcome"]
resolved = outcome["resolved"] == outcome["pairs"]
check("each pair pays for every look and the last", pair(wide)["comparisons"] == len(epochs(wide)["pairs"]) * (len(plan(wide)["looks"]) + 1), pair(wide))
check("it stopped at a look where every pair was resolved, or because the time was up", stopped_well(wide), outcome)
check("a pair without a verdict is within the target",
      not resolved or all(one["resolves"] <= 0.5 and (one["resolves"] > 0 or one["verdict"] in ("faster", "slower", "withheld"))
                          for one in epochs(wide)["pairs"]), epochs(wide)["pairs"])
check("the report reads it", f"planned: resolve 50 %, 8 s at most" in execute(SGDMARK, "report", path).stdout)

# Two backends of the same bytes take as long, so the epochs go on. The folds on one core have no pair and stop at once.
made = execute("tools/test-builds", scratch.name, "twin")
if made.returncode == 0:
    path = scratch.name + "/far.json"
    done = execute(scratch.name + "/twin", "run", "--data=synthetic:n=600,d=50", "--place=core", "--resolve=0.1%", "--time=4s", "--json", path)
    far = json.load(open(path))
    stops = {one["name"]: one["plan"]["outcome"] for one in far["sgdmark"]["experiments"]}
    check("run --resolve stops when the time is up, or at a look", done.returncode == 0 and stopped_well(far), stops)
    check("folds without a pair stop at the first look, whatever the epochs do", stops["folds"]["processes"] == 5 and
          stops["folds"]["stopped"] == "there is no pair to resolve", stops)
else:
    check("folds without a pair stop at the first look # SKIP no backend can be doubled here", True)

# A run without either has no plan, and no file that says so.
done, plain, path = run("plain", "--quick")
check("a run of a fixed number of rounds has no plan", "plan" not in epochs(plain) and pair(plain)["kind"] == "paired", epochs(plain).keys())

# Somebody edits the plan. With the hash made anew, what is derived from plan and samples gives it away.
compiler = shlex.split(open(BUILD + "/signature").readline())[0]
made = execute(compiler, "-std=c17", "-o", scratch.name + "/rehash", "tests/builds/rehash.c", "-ljansson", "-lnettle")
check("the program that makes a file's hash anew", made.returncode == 0, made.stderr)


def put(place, key, value):
    def edit(result):
        found = place(result)
        assert found[key] != value, f"{key} is {value} anyhow"
        found[key] = value

    return edit


EDITS = {
    "fewer looks": (put(plan, "looks", [5, 7]), "comparisons"),
    "looks in no order": (put(plan, "looks", [7, 5]), "does not look after more and more processes"),
    "no looks": (put(plan, "looks", []), "does not look at a target"),
    "a target of nothing": (put(plan, "target", 0), "has no target"),
    "no time": (put(plan, "seconds", 0), "has no time"),
    "a forecast of four processes": (put(lambda r: plan(r)["forecast"], "processes", 4), "has no forecast"),
    "a stop for another reason": (put(lambda r: plan(r)["outcome"], "stopped", "no run starts more processes"), "outcome"),
    "more resolved pairs": (put(lambda r: plan(r)["outcome"], "resolved", 99), "outcome"),
    "another resolution": (put(lambda r: plan(r)["outcome"], "resolves", 0.0123), "outcome"),
    "another resolution of a pair": (put(pair, "resolves", 0.0123), "resolves"),
    "pairs said to be paired by round": (put(pair, "kind", "paired"), "kind"),
    "no plan": (lambda r: epochs(r).pop("plan"), "experiments"),
    "an unknown fact": (lambda r: plan(r).update(mood="good"), "mood"),
}
for name, (edit, because) in EDITS.items():
    edited = copy.deepcopy(wide)
    edit(edited)
    edited_path = f"{scratch.name}/edited.json"
    json.dump(edited, open(edited_path, "w"))
    edited["sgdmark"]["sha256"] = execute(scratch.name + "/rehash", edited_path).stdout.strip()
    json.dump(edited, open(edited_path, "w"))
    seen = execute(SGDMARK, "report", edited_path)
    check(f"{name}: refused in one line that says so",
          seen.returncode == 2 and seen.stderr.count("\n") == 1 and because in seen.stderr, seen.stderr)

try:
    import jsonschema

    validator = jsonschema.Draft202012Validator(json.load(open("results/schema.json")))
    for name, result in {"--time": timed, "--resolve": wide}.items():
        errors = [f"{list(e.path)}: {e.message}" for e in validator.iter_errors(result)]
        check(f"a result of {name} passes the schema", not errors, "\n".join(errors[:20]))
except ImportError:
    check("a planned result passes the schema # SKIP python3-jsonschema is not installed", True)
finish()
