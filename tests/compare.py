#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`sgdmark compare`: its first line, many files at once, a folder's history, backends inside one file, what it says to
a CI job. Files are made (tests/python/made.py) and read without their hash; those of the recorded run with it."""
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import uuid

os.chdir(os.path.dirname(os.path.abspath(__file__)) + "/..")
sys.dont_write_bytecode = True
sys.path.insert(0, "tests/python")
from made import modern, modern_file, put, scale, scratch, write  # noqa: E402
from tap import check, finish  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
UNSEALED = BUILD + "/tests/unsealed"
SGDMARK = BUILD + "/sgdmark"
RECORDED = "results/recorded-epyc-avx512.json"


def run(*arguments, program=UNSEALED):
    return subprocess.run([program, "compare", *arguments], capture_output=True, text=True)


def first(*arguments):
    return run(*arguments).stdout.split("\n")[0]


def rows(*arguments, program=UNSEALED):
    return json.loads(run("--format=json", *arguments, program=program).stdout)


def says(name, want, *arguments, status=0):
    """The first line is the sentence, and no line stands on standard error."""
    seen = run(*arguments)
    line = seen.stdout.split("\n")[0]
    check(name, seen.returncode == status and re.fullmatch(want, line) and not seen.stderr, f"{seen.returncode} {line}\n{seen.stderr}")


def refuses(name, want, *arguments, program=UNSEALED):
    """One line on standard error, status 2, and nothing else."""
    seen = run(*arguments, program=program)
    check(name, seen.returncode == 2 and not seen.stdout and re.fullmatch(want + "\n", seen.stderr), f"{seen.returncode} {seen.stdout}{seen.stderr}")


def epochs(result):
    return result["sgdmark"]["experiments"][0]


# ---- Two files: the first line is a sentence that is true in each case.
close = {"spread": 0.0002}
a = modern_file("a.json", "a", **close)
number = r"\[[0-9.]+, [0-9.]+\]"
says("slower in all", rf"b\.json is slower than a\.json in all 2 benchmarks: epoch/f32/scalar runs 0\.909x as fast {number}\.",
     a, modern_file("b.json", "b", lambda r: scale(r, 1.1), **close))
says("faster in one", rf"b\.json is faster than a\.json in 1 of 2 benchmarks: epoch/f32/avx2 runs 1\.25.x as fast {number}; 1 is not told apart\.",
     a, modern_file("b.json", "b", lambda r: scale(r, 0.8, "avx2"), **close))
says("both", rf"b\.json is faster than a\.json in 1 and slower in 1 of 2 benchmarks: epoch/f32/avx2 runs 1\.25.x as fast {number}, "
     rf"epoch/f32/scalar runs 0\.909x as fast {number}\.",
     a, modern_file("b.json", "b", lambda r: (scale(r, 0.8, "avx2"), scale(r, 1.1, "scalar")), **close))
says("not told apart", rf"b\.json and a\.json are not told apart in any of 2 benchmarks: epoch/f32/scalar runs [01]\.[0-9]+x as fast {number}, "
     r"and only a change above 1\.0 % would show\.", a, modern_file("b.json", "b", **close))
says("perhaps", rf"b\.json differs perhaps from a\.json in all 2 benchmarks: epoch/f32/scalar runs 0\.992x as fast {number}, "
     r"but not surely by more than its floor of 1\.0 %\.", a, modern_file("b.json", "b", lambda r: scale(r, 1.008), **close))
says("too noisy", r"The times are too noisy to tell b\.json from a\.json: of the subject its A/A case .* is not quiet: noisy\.",
     a, modern_file("b.json", "b", lambda r: (scale(r, 1.1), epochs(r)["controls"][0].update(state="noisy")), **close))
says("... by the file's own word", r"The times are too noisy to tell b\.json from a\.json: of the subject the times of its epochs are called not usable: x\.",
     a, modern_file("b.json", "b", lambda r: epochs(r)["usable"].update(state="not usable", reason="x"), **close))
check("... and in one word", rows(a, scratch.name + "/b.json")["answer_kind"] == "too noisy", rows(a, scratch.name + "/b.json")["answer_kind"])
says("no A/A case is no noise", r"There is no verdict on b\.json against a\.json: of the subject no A/A case covers it\.",
     a, modern_file("b.json", "b", lambda r: epochs(r).update(controls=[]), **close))
says("too few processes", r"There is no verdict on b\.json against a\.json: 2 processes against 5, and each side needs 3; "
     r"epoch/f32/scalar runs [01]\.[0-9]+x as fast in these\.", a, modern_file("b.json", "b", processes=2, **close))
says("the same run", r"There is no verdict on .*a\.json against .*a\.json: both sides are the same run\.", a, a)
refuses("not comparable", r"sgdmark compare: \S+a\.json and \S+b\.json are not comparable: their work differs in n \(1000 and 7\)|"
        r"sgdmark compare: \S+a\.json and \S+b\.json are not comparable: their work differs in n \([0-9]+ and 7\)",
        a, modern_file("b.json", "b", put("sgdmark", "workload", "n", 7)))
refuses("one file unusable", r"sgdmark compare: \S+cut\.json: is not a whole JSON file: .*", a, write("cut.json", open(a).read()[:4000]))
os.makedirs(scratch.name + "/new", exist_ok=True)
twin_name = scratch.name + "/new/a.json"
shutil.copy(modern_file("b.json", "b", lambda r: scale(r, 1.1), **close), twin_name)
check("files of one name are told apart by their folders", first(a, twin_name).startswith(f"{twin_name} is slower than {a} in"), first(a, twin_name))
hostile = modern_file("b\x1b[2J.json", "b", **close)
check("the name of a file cannot control the terminal", "\x1b" not in run(a, hostile).stdout and r"b\x1b[2J.json" in first(a, hostile), first(a, hostile))

# The sentence names the epoch that the base's run calls its best, where that has the verdict.
best = put("sgdmark", "experiments", 0, "best", "epoch/f32/avx2")
says("the best epoch is named", rf"bb\.json is slower than ba\.json in all 2 benchmarks: epoch/f32/avx2 runs 0\.909x as fast {number}\.",
     modern_file("ba.json", "a", best, **close), modern_file("bb.json", "b", lambda r: (best(r), scale(r, 1.1)), **close))

# ---- Speeds in JSON: the reciprocal of the ratio, its ends exchanged.
slow = modern_file("slow.json", "slow", lambda r: scale(r, 1.1), **close)
report = rows(a, slow)
good = all(abs(r["speedup"] * r["ratio"] - 1) < 1e-12 and abs(r["speedup_low"] * r["high"] - 1) < 1e-12 and abs(r["speedup_high"] * r["low"] - 1) < 1e-12
           and r["speedup_low"] <= r["speedup"] <= r["speedup_high"] for r in report["benchmarks"])
check("speedup is 1 / ratio, speedup_low 1 / high, speedup_high 1 / low", good, report["benchmarks"])
few = rows(a, modern_file("few.json", "few", processes=2))["benchmarks"][0]
check("... null with a reason where there is no interval", few["speedup_low"] is None and "three processes" in few["speedup_low_reason"], few)
check("the answer is in JSON, as a sentence and as a word", report["answer"] == first(a, slow) and report["answer_kind"] == "slower", report["answer"])
check("... and the verdicts are counted", report["subjects"][0]["verdicts"]["slower"] == 2 and report["subjects"][0]["answer"] == "slower", report["subjects"])
check("the share of its own roof is in JSON", rows(RECORDED, RECORDED, program=SGDMARK)["columns"][0]["roof_percent"] == json.load(open(RECORDED))["sgdmark"]["experiments"][0]["cases"][
    [c["name"] for c in json.load(open(RECORDED))["sgdmark"]["experiments"][0]["cases"]].index("epoch/f32/avx512")]["roof"]["percent"])
check("... null with a reason where the file does not say", report["columns"][0]["roof_percent"] is None and report["columns"][0]["roof_percent_reason"], report["columns"])

# ---- What differs is one line; --all shows it whole.
changed = modern_file("changed.json", "changed", lambda r: [put("sgdmark", "build", "flags", "-O3")(r), put("sgdmark", "cpu", "microcode", "0x2")(r), scale(r, 1.1)], **close)
lines = run(a, changed).stdout.split("\n")
check("the second line says what differs", lines[1] == "They differ in cpu.microcode (the cost of instructions and mitigations), build.flags; --all shows the values.", lines[1])
check("... or that nothing does", run(a, slow).stdout.split("\n")[1] == "Machine, build and system: no difference recorded.", run(a, slow).stdout)
check("--all shows the values", re.search(r"\n    B   0x2\n", run("--all", a, changed).stdout), run("--all", a, changed).stdout)

# ---- Three files and more.
slow = modern_file("slow.json", "slow", lambda r: (put("sgdmark", "build", "flags", "-O1")(r), scale(r, 1.1)), **close)
c = modern_file("c.json", "c", lambda r: (put("sgdmark", "build", "flags", "-O3")(r), scale(r, 0.5)), **close)
says("each subject has its place in the sentence", r"Against a\.json: c\.json is faster; slow\.json and changed\.json are slower\.", a, slow, c, changed)
level = modern_file("level.json", "level", put("sgdmark", "build", "flags", "-O2"), **close)
says("... also one that is not told apart", r"Against a\.json: c\.json is faster; level\.json is not told apart\.", a, level, c)
text = run(a, slow, c).stdout
check("several files are columns", re.search(r"\nbenchmark +A +roof +B +roof +C +roof\n", text) and re.search(r"\nepoch/f32/avx2 +1\.5 ms +- +0\.909x slower +- +2\.00.x faster +-\n", text), text)
repeats = [modern_file(f"repeat{i}.json", f"repeat{i}", **close) for i in range(3)]
pooled = rows(a, c, *repeats)
check("repeats of one job, build and machine are pooled", [(x["column"], x["files"]) for x in pooled["columns"]] == [(0, 4), (1, 1)], pooled["columns"])
check("... their processes count together", {(r["base_processes"], r["subject_processes"]) for r in pooled["benchmarks"]} == {(20, 5)}, pooled["benchmarks"])
check("... unless --each asks for columns", len(rows("--each", a, c, *repeats)["columns"]) == 5)
governed = [modern_file(f"governed{i}.json", f"governed{i}", put("sgdmark", "environment", {"cpu_governor": "powersave"}), **close) for i in range(2)]
check("... other settings are no repeats", [x["files"] for x in rows(a, *governed, repeats[0])["columns"]] == [2, 2], rows(a, *governed, repeats[0])["columns"])
check("nothing but repeats: each is a column", [x["files"] for x in rows(a, *repeats)["columns"]] == [1] * 4)

other = [modern_file(f"other{i}.json", f"other{i}", lambda r: (put("sgdmark", "workload", "n", 7)(r), scale(r, 1 + i)), **close) for i in range(2)]
mixed = rows(a, other[0], slow, other[1])
check("files of other work are groups", [[f["path"] for f in g["files"]] for g in mixed["groups"]] == [[a, slow], other], mixed)
check("... that share no ratio", [{r["base"] for r in g["benchmarks"]} for g in mixed["groups"]] == [{a}, {other[0]}], mixed)
check("... with a sentence each, and why", mixed["groups"][1]["answer"].startswith("other1.json is slower than other0.json") and "differs in n (" in mixed["groups"][1]["differs"], mixed)
check("... and one for all", mixed["answer"] == "The 4 files are of 2 different jobs, which share no ratio; files of 2 of these jobs are compared.", mixed["answer"])
text = run(a, other[0], slow).stdout
check("a file that is alone is named", re.search(r"\nGroup 2: \S+other0\.json is alone: no other file has the same work\.\n", text), text)
refuses("no two files of the same work", r"sgdmark compare: no two of 3 files are comparable: .* their work differs in n \(.*",
        a, other[0], modern_file("third.json", "third", put("sgdmark", "workload", "n", 8)))

cut = write("cut.json", open(a).read()[:4000])
seen = run(a, slow, cut)
check("of many files one that cannot be used is left out", seen.stdout.startswith("slow.json is slower than a.json in all"), seen.stdout)
check("... named", seen.stderr.startswith(f"sgdmark compare: left out: {cut}: is not a whole JSON file") and seen.stderr.count("\n") == 1, seen.stderr)
check("... with status 2, and in JSON", seen.returncode == 2 and len(rows(a, slow, cut)["left_out"]) == 1, seen.returncode)
seen = run(a, slow, modern_file("half.json", "half", put("sgdmark", "status", "incomplete")))
check("an interrupted run is left out", seen.returncode == 2 and "half.json: is incomplete" in seen.stderr, seen.stderr)
refuses("nothing is left to compare", r"sgdmark compare: two or more result files are needed that can be used: .*cut\.json: .*", a, cut, cut)
refuses("a pool has no file left out", r"sgdmark compare: \S+cut\.json: is not a whole JSON file: .*", "--base", a, slow, cut)

folder = scratch.name + "/results"
os.makedirs(folder)
shutil.copy("results/schema.json", folder)
shutil.copy(a, folder + "/a.json")
shutil.copy(slow, folder + "/b.json")
seen = run(*[f"{folder}/{name}" for name in ("a.json", "b.json", "schema.json")])
check("the schema beside the results is passed over", seen.returncode == 0 and not seen.stderr and seen.stdout.startswith("b.json is slower than a.json"), seen.stdout + seen.stderr)
refuses("... and no result", r"sgdmark compare: two or more result files are needed that can be used: there is only one", a, folder + "/schema.json")
shutil.copy(slow, folder + "/schema.json")
check("a result of that name counts", run(a, folder + "/schema.json").stdout.startswith("schema.json is slower than a.json"))

# ---- Runs of one side that differ among themselves raise the floor.
drift = [modern_file(f"drift{i}.json", f"drift{i}", lambda r: scale(r, (0.98, 1, 1.02)[i]), **close) for i in range(3)]
off = modern_file("off.json", "off", lambda r: scale(r, 1.03), **close)
seen = rows(*[f"--base={d}" for d in drift], off)["benchmarks"]
check("the floor of a pool is how far its runs lie apart", all(0.019 < r["floor"] < 0.022 and "runs of one side" in r["floor_reason"] for r in seen), seen)

# ---- History.
def history(name, runs):
    """A folder of runs: (seconds from the start, factor, change)."""
    path = f"{scratch.name}/{name}"
    os.makedirs(path)
    for i, (second, factor, change) in enumerate(runs):
        def at(result):
            scale(result, factor)
            result["sgdmark"]["start"] = f"2026-11-27T06:10:{second:02}Z"
            put("sgdmark", "tool", "commit", f"{i:012}")(result)
            change(result)

        with open(f"{path}/run{i}.json", "w") as file:
            result = modern(f"{name}{i}", **close)
            at(result)
            json.dump(result, file)
    return path


def nothing(result):
    pass


elsewhere = put("sgdmark", "cpu", "brand", "B")
ran = history("ran", [(50, 1.1, nothing), *[(10 + i, 1, nothing) for i in range(7)], (30, 1, put("sgdmark", "workload", "n", 7)), (31, 1, elsewhere)])
seen = run("--history", ran)
check("the newest is held against the five before it", seen.stdout.startswith("run0.json is slower than the 5 runs before it in all 2 benchmarks: "), seen.stdout)
check("... of the same work and machine", "passed over 2 results of other work or another machine" in seen.stderr and seen.returncode == 0, seen.stderr)
report = rows("--history", ran)
check("... whatever build they are of", [os.path.basename(f["path"]) for f in report["files"]] == ["run3.json", "run4.json", "run5.json", "run6.json", "run7.json", "run0.json"], report["files"])
check("... with all their processes", {(r["base_processes"], r["subject_processes"]) for r in report["benchmarks"]} == {(25, 5)}, report["benchmarks"])
check("the speed of each run is shown", len(re.findall(r"[0-9.]+ Mrows/s\n", seen.stdout)) == 6, seen.stdout)
seen = run("--threshold=5%", "--history", ran)
check("--threshold FAILs a slow newest run with status 1", seen.returncode == 1 and seen.stdout.split("\n")[-2].startswith("FAIL: "), seen.stdout)
even = history("even", [(10 + i, 1, nothing) for i in range(4)])
seen = run("--threshold=5%", "--history", even)
check("... and PASSes an even one with status 0", seen.returncode == 0 and seen.stdout.split("\n")[-2].startswith("PASS: "), seen.stdout)
off = modern_file("off.json", "off", lambda r: (scale(r, 1.03), put("sgdmark", "start", "2026-11-27T07:00:00Z")(r)), **close)
seen = run("--history", even, off)
check("a file may be the newest", seen.stdout.startswith("off.json is slower than the"), seen.stdout + seen.stderr)
alone = history("alone", [(10, 1, nothing)])
seen = run("--history", alone)
check("a first run has no answer: status 4", seen.returncode == 4 and seen.stdout.startswith("There is no answer: before ") and seen.stdout.count("\n") == 1, seen.stdout)
write("even/broken.json", "{")
seen = run("--history", even)
check("a broken file in the folder is named, with status 2", seen.returncode == 2 and "broken.json: is not a whole JSON file" in seen.stderr and "before it" in seen.stdout, seen.stderr)
refuses("a folder that is not there", r"sgdmark compare: /no/such: cannot be read: No such file or directory", "--history", "/no/such")
os.makedirs(scratch.name + "/empty")
refuses("a folder without results", r"sgdmark compare: \S+empty: holds no result of `sgdmark run` that can be used", "--history", scratch.name + "/empty")
refuses("--history takes one file at most", r".*--history DIR takes one result file at most, the newest", "--history", even, a, slow)
refuses("--base and --history", r".*--base and --history exclude each other.*", "--history", even, "--base", a, slow)

# ---- Backends inside one file, paired by round as the run itself compares them.
epoch = {p["subject"] + " " + p["base"]: p for p in json.load(open(RECORDED))["sgdmark"]["experiments"][0]["pairs"]}
report = rows("--base=f32/scalar", RECORDED, program=SGDMARK)
seen = {r["name"] + " " + r["base"]: r for r in report["benchmarks"]}
same = [k for k in seen if k in epoch]
check("backends against one: the ratios of the run's own pairs", len(same) > 8 and all(abs(seen[k]["ratio"] - epoch[k]["ratio"]) < 1e-12 for k in same), same)
check("... with speeds", all(abs(r["speedup"] * r["ratio"] - 1) < 1e-12 for r in seen.values()), seen)
report = rows("--base=f32/avx2", RECORDED, program=SGDMARK)
names = {r["name"]: (r["base"], r["verdict"]) for r in report["benchmarks"]}
check("folds are held against the same placement", names["cv/f32/avx512/place:all-cores"][0] == "cv/f32/avx2/place:all-cores", names)
check("... and neither the base nor an A/A twin is a row", not any(n.endswith("/again") or "f32/avx2" in n for n in names), names)
text = run("--base=f32/avx2", RECORDED, program=SGDMARK).stdout
check("the first line is a sentence", re.match(r"In recorded-\S+\.json, [0-9]+ of [0-9]+ benchmarks are faster than f32/avx2 there, [0-9]+ slower, [0-9]+ not told apart; the fastest, "
      r"epoch/f32/avx512, runs 1\.2[0-9]+x as fast \[1\.[0-9]+, 1\.[0-9]+\]\.\n", text), text)
refuses("a backend that was not timed", r"sgdmark compare: results/\S+: timed no other backend beside f32/neon, or not that one", "--base=f32/neon", RECORDED, program=SGDMARK)
refuses("a backend and two files", r".*compares the backends inside one result file: give one", "--base=f32/avx2", a, slow)
refuses("a backend and a file as base", r".*--base f32/avx2 is a backend, and --base \S+ a file: give one of them", "--base=f32/avx2", "--base", a, slow)
refuses("a file without rounds", r".*holds no rounds.*", "--base=f32/avx2", "tests/golden/result-schema-1.json")
refuses("--threshold of backends", r".*--threshold compares runs, not the backends of one run", "--base=f32/avx2", "--threshold=5", a)

# ---- Markdown for a pull request: the answer, tables of equal width, what is long folded.
for name, files in {"two": (a, changed), "four": (a, slow, c, changed), "groups": (a, other[0], slow, other[1])}.items():
    text = run("--markdown", *files).stdout
    check(f"Markdown of {name}: the answer is first, in bold", text.startswith("**") and text.split("\n")[0].endswith("**"), text[:300])
    check(f"Markdown of {name}: what is folded is unfolded", text.count("<details>") == text.count("</details>") > 0, text)
    blocks = [[line for line in block.split("\n")] for block in re.findall(r"(?:^\|.*\n)+", text, re.M)]
    widths = [{len(re.findall(r"(?<!\\)\|", line)) for line in block if line} for block in blocks]
    check(f"Markdown of {name}: every row of a table has its columns", widths and all(len(w) == 1 for w in widths), widths)
check("--markdown is --format markdown", run("--markdown", a, slow).stdout == run("--format=markdown", a, slow).stdout)
text = run("--markdown", "--threshold=5%", a, slow)
check("... and ends with the answer to --threshold", text.returncode == 1 and text.stdout.split("\n")[-2].startswith("FAIL: "), text.stdout)

# ---- Fifty whole results, hash and derived numbers checked: seconds of the CPU, since others may be busy.
fifty = []
for i in range(50):
    one = json.load(open(RECORDED))
    one["sgdmark"]["run_id"] = str(uuid.uuid4())
    one["sgdmark"]["tool"]["commit"] = f"{i // 5:012}"
    fifty.append(write(f"fifty{i}.json", one))
for name in fifty:
    subprocess.run([BUILD + "/tests/rederive", name], check=True)
before = resource.getrusage(resource.RUSAGE_CHILDREN)
seen = run(*fifty, program=SGDMARK)
after = resource.getrusage(resource.RUSAGE_CHILDREN)
seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
check("fifty results are compared", seen.returncode == 0 and seen.stdout.startswith("Against fifty0.json and 4 more: "), seen.stdout[:500] + seen.stderr)
print(f"# {seconds:.2f} s of one CPU")
check("... within 5 seconds", seconds < 5, seconds)
sides = re.findall(r"\n[A-J] +5  f32/avx512 +([0-9.]+ +[0-9]+ %) ", seen.stdout)
check("... in ten columns of five runs, in one table", len(sides) == 10 and len(set(sides)) == 1, seen.stdout)

finish()
