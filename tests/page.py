#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The page that `sgdmark report -o` writes, of one run, of three, and of twenty whose samples are made up from one real run
(build/tests/rederive): it is well-formed, stands alone, shows the file's numbers, escapes what comes from outside, and
carries the files. Its look (overflow, contrast, dark, print) is checked in tests/page-look.py."""
import base64
import copy
import gzip
import json
import os
import random
import re
import sys
import uuid

os.chdir(os.path.dirname(os.path.abspath(__file__)) + "/..")
sys.path.insert(0, "tests/python")
from pages import HAS_GNUPLOT, by_id, figure_rows, figures_are_whole, local, parsed, stands_alone, table_of, text_of  # noqa: E402
from program import BUILD, SGDMARK, execute, path, read, report  # noqa: E402
from tap import check, finish  # noqa: E402


def save(name, result):
    """Writes a result whose derived numbers and hash fit its facts again."""
    with open(path(name), "w", encoding="utf-8") as file:
        json.dump(result, file)
    made = execute(BUILD + "/tests/rederive", path(name))
    if made.returncode != 0:
        check(f"{name}: a result can be made", False, made.stderr)
        finish()


def scaled(result, factor, draw):
    """Another run, whose samples take `factor` times as long, each within some percent."""
    result = copy.deepcopy(result)
    facts = result["sgdmark"]
    facts["run_id"] = str(uuid.UUID(int=draw.getrandbits(128)))
    for one in facts["samples"] + facts["roofs"]:
        for key in "seconds", "cpu_seconds":
            one[key] = [factor * draw.uniform(0.98, 1.02) * value for value in one[key]]
    return result


# ---- One run.
made = execute(SGDMARK, "run", "--quick", "--data", "synthetic:n=30000", "--json", path("one.json"))
if made.returncode != 0:
    check("a run to report", False, made.stderr)
    finish()
one = json.load(open(path("one.json"), encoding="utf-8"))
made = report("one.json", page="one.html")
check("a page is made", made.returncode == 0, made.stderr)
check("it says when gnuplot is missing", HAS_GNUPLOT != ("gnuplot is not installed" in made.stderr), made.stderr)
page = read("one.html")
tree = parsed(page)
check("it is well-formed", tree is not None)
if tree is None:
    finish()
stands_alone("one run", page, tree)
figures_are_whole("one run", tree)
check("one run: less than 500 kB", len(page.encode()) < 500_000, len(page.encode()))
for section in "machine", "epochs", "folds", "notebook", "receipts", "environment", "text":
    check(f"one run: there is the section {section}", by_id(tree, "r1-" + section) is not None)
words = text_of(tree)
check("one run: the verdict comes first", -1 < words.find("checks held") < words.find("Machine and job"))
check("one run: synthetic rows are called that", "synthetic, not MNIST" in words)

facts = one["sgdmark"]
above = [e["usable"]["above"] for e in facts["experiments"] if e["usable"]["above"] is not None]
check("one run: it says from which difference up there are verdicts, or why there are none",
      "gets a verdict from here up" in words if above and facts["verdict"]["times"]["state"] != "not usable"
      else (facts["verdict"]["times"]["reason"] or "") in words)
epochs = next(e for e in facts["experiments"] if e["name"] == "epochs")
timed = [c for c in epochs["cases"] if c["kind"] == "epoch" and not c["control_of"]]
check("one run: the table of speeds has the file's numbers",
      [[row[0], row[1], row[4]] for row in table_of(by_id(tree, "r1-speed"))[1:]] ==
      [[c["job"], f"{1e-6 * c['work'] / c['summary']['median']:.2f}", f"{c['rates']['ns_per_row']:.1f}"] for c in timed],
      table_of(by_id(tree, "r1-speed")))
pairs = [p for p in epochs["pairs"] if p["family"] == "best"]
check("one run: the table of ratios has the file's verdicts",
      [row[-1] for row in table_of(by_id(tree, "r1-ratios"))[1:]] == [p["verdict"] for p in pairs])
check("one run: every sample is there",
      len(table_of(by_id(tree, "r1-samples"))) - 1 == epochs["rounds"])
disturbed = next(s for s in facts["samples"] if s["name"] == epochs["best"])["disturbed"] or []
check("one run: disturbed samples are marked with what disturbed them",
      [row[-1] for row in table_of(by_id(tree, "r1-samples"))[1:]] == [d or "" for d in disturbed])
receipts = table_of(by_id(tree, "r1-receipts"))[1:]
check("one run: every receipt is there", [row[0] for row in receipts] ==
      [f"{r['engine']}/{r['backend']}" for r in facts["receipts"]["parity"]])
confusion = facts["notebook"]["confusion"]
check("one run: the confusion matrix is there", all(f">{n}</td>" in page for row in confusion for n in row))
printed = execute(SGDMARK, "report", path("one.json")).stdout
check("one run: the page holds what `report` prints", printed in text_of(by_id(tree, "r1-text")))

# The file rides along, byte for byte as JSON, and is read from the page.
carried = re.findall(r'href="data:application/gzip;base64,([^"]*)"', page)
check("the file rides along", len(carried) == 1 and json.loads(gzip.decompress(base64.b64decode(carried[0]))) == one)
check("report reads it from the page", execute(SGDMARK, "report", path("one.html")).stdout == printed)
made = execute(SGDMARK, "compare", "--format", "json", path("one.html"), path("one.json"))
check("compare reads it from the page", made.returncode == 0 and "benchmarks" in json.loads(made.stdout), made.stderr)
again = report("one.html", page="again.html")
check("a page of a page is the same page", again.returncode == 0 and read("again.html") == page, again.stderr)
made = execute(SGDMARK, "report", path("one.json"), "-o", "-")
check("with -o - the page goes to standard output", made.stdout == page)
made = execute(SGDMARK, "report", path("one.json"), "-o", path("no/such/folder.html"))
check("a page that cannot be written is refused", made.returncode == 2 and made.stderr.count("\n") == 1, made.stderr)


def broken(name, change, words):
    with open(path(name), "w", encoding="utf-8") as file:
        file.write(change)
    made = execute(SGDMARK, "report", path(name))
    check(f"{name}: refused in one line", made.returncode == 2 and made.stderr.count("\n") == 1 and words in made.stderr, made.stderr)


broken("cut.html", page[:page.index(carried[0]) + 2000], "damaged")
broken("no-base64.html", page.replace(carried[0], "<" + carried[0][1:]), "damaged")
broken("no-gzip.html", page.replace(carried[0], base64.b64encode(b"{}" * 99).decode()), "damaged")
broken("empty.html", "<!doctype html><title>none</title>", "without a result")
bomb = base64.b64encode(gzip.compress(b" " * (70 << 20))).decode()
broken("bomb.html", page.replace(carried[0], bomb), "more than")
edited = json.loads(json.dumps(one))
edited["sgdmark"]["verdict"]["checks"] += 1
broken("edited.html", page.replace(carried[0], base64.b64encode(gzip.compress(json.dumps(edited).encode())).decode()), "edited.html")

# Without gnuplot every table is there, and one line says what is missing.
made = report("one.json", page="plain.html", env={**os.environ, "PATH": "/nonexistent"})
plain = parsed(read("plain.html"))
check("without gnuplot a page is made, and the screen says what is missing",
      made.returncode == 0 and "gnuplot" in made.stderr and made.stderr.count("\n") == 1, made.stderr)
check("without gnuplot the page says it once", text_of(plain).count("gnuplot was not installed") == 1)
check("without gnuplot it has the same tables", [text_of(t) for t in plain.iter("table")] == [text_of(t) for t in tree.iter("table")])
check("--png without gnuplot is refused", execute(SGDMARK, "report", path("one.json"), "--png", path("charts"),
                                                  env={**os.environ, "PATH": "/nonexistent"}).returncode == 2)
if HAS_GNUPLOT:
    made = execute(SGDMARK, "report", path("one.json"), "--png", path("charts"))
    pictures = sorted(os.listdir(path("charts"))) if made.returncode == 0 else []
    check("--png writes the charts", "run-1-roofline.png" in pictures and len(pictures) >= 5 and
          all(open(path("charts/" + p), "rb").read(4) == b"\x89PNG" for p in pictures), made.stderr)

# ---- Text from outside: markup, terminal codes, and what gnuplot would run.
draw = random.Random(20)
hostile = scaled(one, 1.0, draw)
evil = "<script>alert(1)</script>\"' onload=x \x1b[31m\u202e&amp; `touch " + path("touched") + "`"
hostile["context"]["host_name"] = evil
hostile["sgdmark"]["cpu"]["brand"] = evil
hostile["sgdmark"]["workload"]["data"] = evil
hostile["sgdmark"]["argv"] = [evil]
hostile["sgdmark"]["receipts"]["parity"][1]["detail"] = evil
hostile["sgdmark"]["environment"]["os"]["kernel"] = evil
hostile["sgdmark"]["placements"][1]["reason"] = evil
for sample in hostile["sgdmark"]["samples"]:
    if sample["disturbed"]:
        sample["disturbed"] = ["' ; system(\"touch " + path("touched") + "\") #" if d else None for d in sample["disturbed"]]
save("hostile.json", hostile)
made = report("hostile.json", page="hostile.html")
check("hostile text: a page is made", made.returncode == 0, made.stderr)
if made.returncode == 0:
    bad = parsed(read("hostile.html"))
    check("hostile text: it is well-formed", bad is not None)
    if bad is not None:
        stands_alone("hostile text", read("hostile.html"), bad)
        check("hostile text: it is shown as text", "<script>alert(1)</script>" in text_of(bad))
check("hostile text: nothing of it ran", not os.path.exists(path("touched")))

# ---- A run whose comparisons are all withheld, as beside a busy neighbour: that chart has nothing to show.
noisy = scaled(one, 1.0, draw)
for sample in noisy["sgdmark"]["samples"]:
    if sample["name"].endswith("/again"):
        sample["seconds"] = [value * draw.uniform(0.2, 5) for value in sample["seconds"]]
        sample["cpu_seconds"] = sample["seconds"]
save("noisy.json", noisy)
made = report("noisy.json", page="noisy.html")
check("a noisy run: a page is made", made.returncode == 0, made.stderr)
if made.returncode == 0:
    quiet = parsed(read("noisy.html"))
    check("a noisy run: the page says so", "times not usable" in text_of(quiet) and "withheld" in text_of(by_id(quiet, "r1-ratios")))
    figures_are_whole("a noisy run", quiet)

# ---- Energy: in the tables of times where the counters are known, in one line where they are not.
def with_energy(result, joules):
    """The run with joules(number of the case) for each of its cases; None: not known, with the reason."""
    for experiment in result["sgdmark"]["experiments"]:
        for i, case in enumerate([c for c in experiment["cases"] if c.get("energy")]):
            known = joules(i)
            case["energy"] = {key: value for key, value in case["energy"].items() if not key.endswith("_reason")} | {"joules": known}
            if known is None:
                case["energy"]["joules_reason"] = "read by root only <&>"


def timed_cases(result, name):
    cases = next(e for e in result["sgdmark"]["experiments"] if e["name"] == name)["cases"]
    return [c for c in cases if c["kind"] in ("epoch", "folds") and not c["control_of"]]


def shown_joules(value):
    return "-" if value is None else f"{value:.3g}"


powered = scaled(one, 1.0, draw)
with_energy(powered, lambda i: 0.0 if i == 1 else 50.0 + i)
save("powered.json", powered)
powered = json.load(open(path("powered.json"), encoding="utf-8"))
made = report("powered.json", page="powered.html")
watts = parsed(read("powered.html"))
for figure, name, unit in ("r1-speed", "epochs", "epoch"), ("r1-scaling", "folds", "fold"):
    wanted = [shown_joules(c["energy"]["joules_per_" + unit]) for c in timed_cases(powered, name)]
    check(f"energy: joules per {unit} stand beside the times", [row.get("J/" + unit) for row in figure_rows(watts, figure)] == wanted and "-" in wanted,
          (figure_rows(watts, figure), wanted))
    line = text_of(by_id(watts, "r1-joules-" + unit))
    still = timed_cases(powered, name)[1]
    check(f"energy: one line names the case without joules per {unit}, and why", f"Joules per {unit} of {still['job']}" in line and
          "did not move" in line and "whole processor packages" in line, line)
dark = scaled(one, 1.0, draw)
with_energy(dark, lambda i: None)
save("dark.json", dark)
for name, why, units in ((path("dark.json"), "read by root only <&>", ("epoch", "fold")),
                         (os.path.abspath("tests/golden/result.json"), "this file does not record it", ("epoch",))):
    made = report(name, page="dark.html")
    dark = parsed(read("dark.html"))
    for unit in units:
        line = text_of(by_id(dark, "r1-joules-" + unit))
        check(f"energy: {why}: no column for a {unit}, one line", f">J/{unit}<" not in read("dark.html") and
              line.strip() == f"Joules per {unit} are not known: {why}.", line)

# ---- Working sets: a file of `bench`.
made = execute(SGDMARK, "bench", "--isa", "scalar", "--engine", "f32", "--benchmark_filter=^rows/f32/scalar/n:(32|125)$",
               "--benchmark_min_time=0.001", "--benchmark_out=" + path("bench.json"))
check("working sets: bench times them", made.returncode == 0, made.stderr)
made = report("bench.json", page="bench.html")
check("working sets: a page is made", made.returncode == 0, made.stderr)
sets = parsed(read("bench.html"))
rows = figure_rows(sets, "r1-working-set")
check("working sets: ns/row of each number of rows", [row["rows"] for row in rows] == ["32", "125"] and all(float(row["ns/row"]) > 0 for row in rows), rows)

# ---- Several runs.
for i in range(2, 21):
    other = scaled(one, draw.uniform(0.3, 2.0), draw)
    other["context"]["host_name"] = f"node{i}"
    other["sgdmark"]["cpu"]["microcode"] = f"0x{i}"
    if i % 5 == 0:
        other["sgdmark"]["workload"]["hyper"]["alpha"] = 1e-3
    save(f"{i}.json", other)
made = report("one.json", "2.json", "3.json", page="three.html")
check("three runs: a page is made", made.returncode == 0, made.stderr)
three = parsed(read("three.html"))
stands_alone("three runs", read("three.html"), three)
check("three runs: what differs is a table", "0x2" in text_of(by_id(three, "g1")) and "microcode" in text_of(by_id(three, "g1")))
heads = [[text_of(cell) for cell in next(table.iter("tr"))] for table in by_id(three, "g1").iter("table")]
check("three runs: they stand beside each other", any(head[2:4] == ["2 node2", "3 node3"] for head in heads), heads)
ratios = json.loads(execute(SGDMARK, "compare", "--format", "json", *[path(n) for n in ("one.json", "2.json", "3.json")]).stdout)["benchmarks"]
best = [r for r in ratios if r["name"] == epochs["best"]]
check("three runs: the forest plot has the ratios of compare",
      [[row["times as fast"], row["low"], row["high"], row["floor, %"], row["which epoch, and the verdict"]] for row in figure_rows(three, "r1-machines")] ==
      [[f"{r['speedup']:.4g}", f"{r['speedup_low']:.4g}", f"{r['speedup_high']:.4g}", f"{100 * r['floor']:.1f}",
        f"{epochs['best'].removeprefix('epoch/')}: {r['verdict']}"] for r in best] and len(best) == 2, (figure_rows(three, "r1-machines"), best))
compared = execute(SGDMARK, "compare", *[path(n) for n in ("one.json", "2.json", "3.json")])
from_page = execute(SGDMARK, "compare", path("three.html"))
check("three runs: compare of the page finds all three", from_page.returncode == compared.returncode == 0 and
      from_page.stdout.count("\n") == compared.stdout.count("\n"), from_page.stderr)
check("three runs: one of them by its number",
      execute(SGDMARK, "report", path("three.html#2")).stdout == execute(SGDMARK, "report", path("2.json")).stdout != "")
made = execute(SGDMARK, "report", path("three.html#4"))
check("three runs: there is no fourth", made.returncode == 2 and "carries 3 results" in made.stderr, made.stderr)

names = ["one.json"] + [f"{i}.json" for i in range(2, 21)]
made = report(*names, page="twenty.html")
check("twenty runs: a page is made", made.returncode == 0, made.stderr)
twenty = parsed(read("twenty.html"))
stands_alone("twenty runs", read("twenty.html"), twenty)
samples = sum(len(s["seconds"]) for s in facts["samples"] + facts["roofs"])
check("twenty runs: less than 3 MB, if a run has no more than 1000 samples, and else in proportion",
      os.path.getsize(path("twenty.html")) < 3_000_000 * max(1, samples / 1000), (os.path.getsize(path("twenty.html")), samples))
check("twenty runs: all are in the overview", len(table_of(by_id(twenty, "overview"))) == 21)
groups = [by_id(twenty, f"g{i}") for i in (1, 2)]


def runs_in(group):
    cells = [text_of(one) for one in group.iter() if local(one) in ("td", "th")]
    return {name for cell in cells for name in re.findall(r"\b\d+ node\d+\b", cell)}


other_job = {f"{i} node{i}" for i in range(2, 21) if i % 5 == 0}
check("twenty runs: those that trained something else are a group of their own",
      by_id(twenty, "g3") is None and runs_in(groups[1]) == other_job and len(runs_in(groups[0])) == 15 and
      not runs_in(groups[0]) & other_job, [runs_in(g) for g in groups])
fastest = [row[0] for row in table_of(by_id(twenty, "r2-fastest"))[1:]] if by_id(twenty, "r2-fastest") else []
check("twenty runs: the chart of the fastest is of the group alone", set(fastest) <= other_job and (fastest or "not usable" in text_of(by_id(twenty, "overview"))), fastest)
forests = [[row["run"] for row in figure_rows(twenty, f"r{i}-machines")] for i in (1, 2)]
check("twenty runs: each group has a forest plot of its own",
      set(forests[1]) < other_job and len(forests[1]) == 3 and len(forests[0]) == 15 and not set(forests[0]) & other_job, forests)
check("twenty runs: no comparison names runs of both groups",
      not any(re.search(r"\bnode(5|10|15|20)\b", one.text or "") for one in groups[0].iter()))
finish()
