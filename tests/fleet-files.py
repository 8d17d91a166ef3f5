#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`sgdmark fleet gather` on generated files: a thousand nodes with ten faults, all of them named, in under 10 s; files
that are cut, changed, of another version, run or job, twice of one node, or hostile: named, never fatal, not counted."""
import json
import os
import random
import resource
import subprocess
import sys
import tempfile

os.chdir(os.path.dirname(os.path.abspath(__file__)) + "/..")
SGDMARK = os.environ.get("BUILD", "build") + "/sgdmark"
sys.dont_write_bytecode = True
sys.path.insert(0, "tests/python")
import fleet_files  # noqa: E402
from tap import check, finish  # noqa: E402


def gather(folder, *options):
    run = subprocess.run([SGDMARK, "fleet", "gather", folder, *options], capture_output=True, stdin=subprocess.DEVNULL)
    return run.returncode, run.stdout.decode(), run.stderr.decode()


def facts_of(folder, *options):
    status, out, errors = gather(folder, "--json", "-", *options)
    if status not in (0, 1):
        check(f"gather {folder}", False, errors)
        finish()
    return status, json.loads(out)["sgdmark"]


def seconds_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def in_state(facts, state):
    return sorted(name for name, node in facts["nodes"].items() if node["state"] == state)


def thousand(folder):
    """3 kinds of hardware, noise of 0.5 %; 5 nodes slow by 5 %, 2 wrong, 3 missing."""
    random.seed(21)
    picked = random.sample(range(1000), 10)
    slow, wrong, missing = picked[:5], picked[5:7], picked[7:]
    largest = 0
    for rank in range(1000):
        if rank in missing:
            continue
        facts = fleet_files.node(rank, 1000, rank % 3, 1.05 if rank in slow else 1.0)
        if rank in wrong:
            fleet_files.make_wrong(facts, 40)
        largest = max(largest, os.path.getsize(fleet_files.write(folder, facts)))
    names = [sorted(f"n{rank:04}" for rank in part) for part in (slow, wrong)]
    return *names, sorted(f"rank-{rank}" for rank in missing), largest


with tempfile.TemporaryDirectory() as folder:
    slow, wrong, missing, largest = thousand(folder)
    check("a file is at most 20 kB", largest <= 20000, largest)
    before = seconds_of_children()
    status, out, errors = gather(folder)
    took = seconds_of_children() - before
    print(f"# 1,000 files gathered in {took:.2f} s of CPU time; the largest has {largest} bytes")
    check("1,000 files take under 10 s", took < 10, took)
    check("the verdict comes first", out.startswith("FLEET       997 nodes counted of 1000: 5 slow, 2 wrong, 3 missing\n"),
          out[:200])
    check("and exit status 1", status == 1, status)
    for name in slow:
        check(f"slow {name} is in the report, with place and cause",
              f"slow        {name}: " in out and "where: all cores: its clock is " in out, out[:4000])
    check("wrong nodes are, with their core", out.count("core 40 (PU 40, package 1): avx512 is wrong") == 2, out[:4000])
    check("a command that drains them is printed", "scontrol update State=DRAIN Reason=sgdmark NodeName=" in out, out)
    drained = out.split("NodeName=")[-1].strip()
    check("and names them all", sorted(drained.split(",")) == sorted(slow + wrong), drained)
    status, facts = facts_of(folder)
    check("the JSON names the same slow nodes", in_state(facts, "slow") == slow, in_state(facts, "slow"))
    check("the same wrong ones", in_state(facts, "wrong") == wrong, in_state(facts, "wrong"))
    check("the same missing ones", sorted(facts["missing"]) == missing, facts["missing"])
    check("three groups", len(facts["groups"]) == 3, facts["groups"])
    with open(f"{folder}/then.json", "w") as file:
        file.write(gather(folder, "--json", "-")[1])
    status, out, errors = gather(folder, "--history", f"{folder}/then.json")
    check("beside itself as history nothing changed", "changed" not in out and status == 1, out[:2000])
    status, out, errors = gather(folder, "--history", f"{folder}/node-00000-n0000.json")
    check("a history of another kind is refused in one line", status == 2 and errors.count("\n") == 1, errors)


def bad_files(folder):
    """Files that do not count, each with a part of what must be said of it."""
    node, write = fleet_files.node, fleet_files.write
    whole = fleet_files.sealed(node(20, 0))
    texts = {
        "node-cut.json": (whole[:len(whole) // 2], "no whole JSON"),
        "node-empty.json": ("", "no whole JSON"),
        "node-edited.json": (whole.replace("performance", "powersave"), "changed after it was written"),
        "node-other.json": ('{"sgdmark": {"fleet": 1}}', "no file of `sgdmark fleet run`"),
        "node-list.json": ("[" * 5000, "no whole JSON"),
        "node-large.json": (whole + " " * 30000, "more than 20000 bytes"),
    }
    said = {}
    for name, (text, why) in texts.items():
        with open(f"{folder}/{name}", "w") as file:
            file.write(text)
        said[name] = why
    os.mkfifo(f"{folder}/node-pipe.json")
    os.mkdir(f"{folder}/node-folder.json")
    os.symlink("node-gone", f"{folder}/node-link.json")
    said |= {"node-pipe.json": "not a regular file", "node-folder.json": "not a regular file", "node-link.json": "cannot be opened"}
    for name, change, why in (
            ("version", {"fleet_node": 2}, "it has version 2"),
            ("run", {"run": "slurm-6"}, "of another run, slurm-6"),
            ("job", {"job": "fedcba9876543210"}, "of another job"),
            ("name", {"node": "n1;reboot"}, "other characters"),
            ("escape", {"node": "\x1b[31mred"}, "other characters"),
            ("rank", {"rank": -2}, "rank"),
            ("size", {"size": 10**12}, "size"),
            ("metrics", {"metrics": {}}, "two rounds"),
            ("negative", {"milliseconds": -5}, "milliseconds"),
            ("cores", {"cores": {"pu": [1, 2]}}, "number for each core"),
            ("twice", {"node": "n0003"}, "node n0003 has several files")):
        facts = node(21, 0) | change
        write(folder, facts, f"node-{name}.json")
        said[f"node-{name}.json"] = why
    return said


with tempfile.TemporaryDirectory() as folder:
    random.seed(22)
    for rank in range(20):
        facts = fleet_files.node(rank, 20)
        facts["environment"]["os.kernel"] = "\x1b]0;title\x07 \u202e" + "%n$(reboot)"
        if rank == 5:
            facts["metrics"] = {key: [2 * value for value in rounds] for key, rounds in facts["metrics"].items()}
            facts["environment"]["os.kernel"] = "\x1b[2J\u202e"
        fleet_files.write(folder, facts)
    said = bad_files(folder)
    status, out, errors = gather(folder)
    check("bad files are not fatal", status == 1 and not errors, errors)
    for name, why in said.items():
        check(f"{name} is named: {why}", any(line.startswith(f"not counted {name}: ") and why in line
                                             for line in out.splitlines()), out)
    check("hostile text cannot reach the terminal", all(char.isprintable() or char == "\n" for char in out), ascii(out))
    status, facts = facts_of(folder)
    check("none of them is counted, and n0003, which has two files, is not", facts["counted"] == 19 and facts["missing_count"] == 0,
          [facts["counted"], facts["missing"]])
    check("the slow one is still found", in_state(facts, "slow") == ["n0005"], in_state(facts, "slow"))

with tempfile.TemporaryDirectory() as folder:
    status, out, errors = gather(folder)
    check("an empty folder is bad input", status == 2 and "no file node-" in errors, errors)
finish()
