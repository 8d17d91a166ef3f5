#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A gathered fleet in a report: `sgdmark report` prints from its JSON what `sgdmark fleet gather` printed, and makes a page
that stands alone, names every node that stands out, and has one chart, with each node or, of many, with bands. The JSON
fits docs/fleet-schema.json (skipped without python3-jsonschema); one that was edited is refused, with a new hash because
it contradicts itself."""
import copy
import json
import os
import random
import shlex
import sys

os.chdir(os.path.dirname(os.path.abspath(__file__)) + "/..")
sys.dont_write_bytecode = True
sys.path.insert(0, "tests/python")
import fleet_files  # noqa: E402
from pages import HAS_GNUPLOT, by_id, figure_rows, local, parsed, stands_alone, text_of  # noqa: E402
from program import BUILD, SGDMARK, execute, path, read, report  # noqa: E402
from schemas import faults_of, undescribed  # noqa: E402
from tap import check, finish, skip  # noqa: E402


def refused(what, name, words):
    made = execute(SGDMARK, "report", path(name))
    check(f"{what}: refused in one line", made.returncode == 2 and made.stderr.count("\n") == 1 and words in made.stderr, made.stderr)


def gathered(name, nodes, wrong=(), slow=(), missing=(), *options):
    """Gathers made nodes: the JSON in a file of that name, and what was printed."""
    folder = path(name + ".nodes")
    os.mkdir(folder)
    for rank in range(nodes):
        if rank in missing:
            continue
        facts = fleet_files.node(rank, nodes, rank % 2, 1.08 if rank in slow else 1.0)
        if rank in wrong:
            fleet_files.make_wrong(facts, 40)
        fleet_files.write(folder, facts)
    with open(folder + "/node-bad.json", "w", encoding="utf-8") as bad:
        bad.write("{")
    made = execute(SGDMARK, "fleet", "gather", folder, "--json", path(name), *options)
    return json.load(open(path(name), encoding="utf-8")), made.stdout


def make_rehash():
    compiler = shlex.split(open(BUILD + "/signature").readline())[0]
    made = execute(compiler, "-std=c17", "-o", path("rehash"), "tests/builds/rehash.c", "-ljansson", "-lnettle")
    check("the program that makes a file's hash anew", made.returncode == 0, made.stderr)


def resealed(name, fleet, change):
    """A fleet after change(its facts), with a hash that fits."""
    fleet = copy.deepcopy(fleet)
    change(fleet["sgdmark"])
    with open(path(name), "w", encoding="utf-8") as file:
        json.dump(fleet, file)
    execute(path("rehash"), path(name))


random.seed(7)
for size, bands in (40, False), (1000, True):
    wrong, slow, missing = (3,), (5, size - 4), (8,)
    file = f"fleet-{size}.json"
    fleet, said = gathered(file, size, wrong, slow, missing)
    name = f"a fleet of {size}"
    made = execute(SGDMARK, "report", path(file))
    check(f"{name}: report prints what gather printed", made.returncode == 0 and made.stdout == said and said.startswith("FLEET"), made.stderr + made.stdout)
    made = report(file, page="fleet.html")
    check(f"{name}: a page is made", made.returncode == 0, made.stderr)
    page = read("fleet.html")
    tree = parsed(page)
    check(f"{name}: it is well-formed", tree is not None)
    stands_alone(name, page, tree)
    check(f"{name}: less than 1 MB", len(page.encode()) < 1_000_000, len(page.encode()))
    words = text_of(tree)
    check(f"{name}: the verdict comes first", -1 < words.find(fleet["sgdmark"]["verdict"]) < words.find("Nodes that stand out"))
    rows = figure_rows(tree, "outliers")
    check(f"{name}: the nodes that stand out are named", {(row["node"], row["state"]) for row in rows if row["state"] != "unconfirmed"} ==
          {("n0003", "wrong"), ("rank-8", "missing")} | {(f"n{rank:04}", "slow") for rank in slow}, rows)
    check(f"{name}: with what is wrong and where", any("avx512 is wrong" in row["what"] and "core 40" in row["what"] for row in rows) and
          all("clock" in row["where"] for row in rows if row["state"] == "slow"), rows)
    check(f"{name}: the command that drains them is there", "NodeName=n0003,n0005," in words, words[:2000])
    rows = figure_rows(tree, "r1-nodes")
    named = [row for row in rows if row["node"] in [f"n{rank:04}" for rank in (*wrong, *slow)]]
    check(f"{name}: the chart has {'bands and the outliers' if bands else 'every node'}",
          len(named) == 3 and (60 < len(rows) < 80 if bands else len(rows) == size - 1), len(rows))
    times = {key: node for key, node in fleet["sgdmark"]["nodes"].items() if node["state"] == "slow"}
    groups = fleet["sgdmark"]["groups"]
    excess = {key: max(100 * (node["times"][m] / groups[node["group"]]["metrics"][m]["median"] - 1) for m in node["times"]) for key, node in times.items()}
    column = "median or own excess, %" if bands else "excess, %"
    check(f"{name}: a slow node's excess is that of its times", all(row[column] == f"{excess[row['node']]:.2f}" for row in named if row["node"] in excess), (named, excess))
    if HAS_GNUPLOT:
        svg = next(one for one in tree.iter() if local(one) == "svg")
        check(f"{name}: outliers are named in the chart", all(f"n{rank:04}" in text_of(svg) for rank in (*wrong, *slow)), text_of(svg))
    check(f"{name}: files that are not counted are there", "node-bad.json" in text_of(by_id(tree, "not-counted")))
    check(f"{name}: the page holds what gather printed", said in text_of(by_id(tree, "text")))
    check(f"{name}: report reads it from the page", execute(SGDMARK, "report", path("fleet.html")).stdout == said)
    again = report("fleet.html", page="again.html")
    check(f"{name}: a page of a page is the same page", again.returncode == 0 and read("again.html") == page, again.stderr)
if HAS_GNUPLOT:
    made = execute(SGDMARK, "report", path(file), "--png", path("fleet-charts"))
    check("a fleet: --png writes its chart", made.returncode == 0 and os.listdir(path("fleet-charts")) == ["fleet-nodes.png"], made.stderr)
recorded = os.path.abspath("results/recorded-epyc-avx512.json")
for others in [recorded, path(file)], [path(file), recorded]:
    for command in (["report", "-o", path("mixed.html")], ["compare"]):
        made = execute(SGDMARK, *command, *others)
        check(f"a fleet among runs is refused by {command[0]}, in one line", made.returncode == 2 and made.stderr.count("\n") == 1 and
              "is of a whole fleet" in made.stderr, made.stderr)
fleet["sgdmark"]["slow"] += 1
with open(path("edited.json"), "w", encoding="utf-8") as edited:
    json.dump(fleet, edited)
refused("an edited fleet", "edited.json", "hash")
fleet["sgdmark"]["slow"] -= 1
make_rehash()
for name, change, words in (
        ("other counts", lambda f: f.update(slow=f["slow"] + 1), "slow is not the number"),
        ("another verdict", lambda f: f.update(verdict="all are well"), "verdict contradicts"),
        ("a name for a shell", lambda f: f["nodes"].update({"n;reboot": f["nodes"].pop("n0001")}), "other characters"),
        ("a missing name for a shell", lambda f: f.update(missing=["$(reboot)"]), "no name of a node"),
        ("another median", lambda f: f["groups"][0]["metrics"]["epoch"].update(median=1.0), "median is not that of its nodes"),
        ("another floor", lambda f: f["groups"][0]["metrics"]["epoch"].update(floor=0.5), "floor does not follow"),
        ("a group that is not there", lambda f: f["nodes"]["n0001"].update(group=7), "not the number of its group"),
        ("a time as text", lambda f: f["nodes"]["n0001"]["times"].update(epoch="9"), "neither null nor a number"),
        ("a newer version", lambda f: f.update(fleet=2), "newer sgdmark"),
        ("an older version", lambda f: f.pop("singletons"), "gather it again")):
    resealed("bad.json", fleet, change)
    refused(f"a fleet with {name}", "bad.json", words)
resealed("same.json", fleet, lambda f: None)
check("a fleet with a new hash and no change is read", execute(SGDMARK, "report", path("same.json")).stdout == said)

# ---- Its schema.
schema = json.load(open("docs/fleet-schema.json", encoding="utf-8"))
check("the schema describes every field", not undescribed(schema), undescribed(schema))
then, _ = gathered("with-history.json", 12, (2,), (), (), "--history", path("fleet-40.json"))
for name, result in {"a fleet": fleet, "a fleet with a history": then}.items():
    faults = faults_of(schema, result)
    if faults is None:
        skip(f"{name} fits the schema", "python3-jsonschema is not installed")
        continue
    check(f"{name} fits the schema", not faults, "\n".join(faults[:20]))
    for key in "singletons", "verdict", "nodes":
        lacking = copy.deepcopy(result)
        del lacking["sgdmark"][key]
        check(f"{name} without {key} does not", faults_of(schema, lacking))
    odd = copy.deepcopy(result)
    odd["sgdmark"]["nodes"]["n0001"]["mood"] = "good"
    check(f"{name} with a field that it does not describe does not", faults_of(schema, odd))
finish()
