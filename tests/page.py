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
import shutil
import subprocess
import sys
import tempfile
import uuid
import xml.etree.ElementTree as ElementTree

os.chdir(os.path.dirname(os.path.abspath(__file__)) + "/..")
sys.path.insert(0, "tests/python")
from tap import check, finish  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
SGDMARK = BUILD + "/sgdmark"
scratch = tempfile.TemporaryDirectory()
HAS_GNUPLOT = shutil.which("gnuplot") is not None


def path(name):
    return os.path.join(scratch.name, name)


def execute(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)


def read(name):
    with open(path(name), encoding="utf-8") as file:
        return file.read()


def report(*names, page, **options):
    return execute(SGDMARK, "report", *[path(name) for name in names], "-o", path(page), **options)


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


def parsed(page):
    """The page as a tree: strict XML. None where it is not well-formed."""
    try:
        return ElementTree.fromstring(page.split("\n", 1)[1])
    except ElementTree.ParseError as error:
        print("#", error)
        return None


def local(element):
    return element.tag.rsplit("}", 1)[-1]


def text_of(element):
    return "".join(element.itertext())


def by_id(tree, name):
    return next((one for one in tree.iter() if one.get("id") == name), None)


def table_of(element):
    """The rows of the first table: lists of texts."""
    table = next(one for one in element.iter("table"))
    return [[text_of(cell).strip() for cell in row] for row in table.iter("tr")]


def stands_alone(name, page, tree):
    """No script, no address outside, no text that could control a terminal."""
    tags = {local(one) for one in tree.iter()}
    check(f"{name}: no script, frame, form or other file", not tags & {"script", "iframe", "object", "embed", "link", "form", "base"}, tags)
    names = {key for one in tree.iter() for key in one.keys()}
    check(f"{name}: no attribute that runs something", not [key for key in names if key.startswith("on")], names)
    addresses = [value for one in tree.iter() for key, value in one.items() if key.rsplit("}", 1)[-1] in ("href", "src")]
    bad = [one[:60] for one in addresses
           if not re.match(r"#[A-Za-z0-9-]+$|data:application/gzip;base64,|data:image/png;base64,", one)]
    check(f"{name}: every address is in the page", not bad, bad)
    check(f"{name}: no style fetches anything", not re.search(r"@import|url\((?!#)", page), "")
    known = {one.get("id") for one in tree.iter()}
    lost = [one for one in addresses if one.startswith("#") and one[1:] not in known]
    check(f"{name}: every link within the page leads somewhere", not lost, lost)
    ids = [one.get("id") for one in tree.iter() if one.get("id")]
    check(f"{name}: no id is there twice", len(ids) == len(set(ids)), [one for one in ids if ids.count(one) > 1][:5])
    check(f"{name}: no control characters", not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", page))
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    check(f"{name}: its policy forbids all else", [one.get("content") for one in tree.iter("meta")
                                                   if one.get("http-equiv") == "Content-Security-Policy"] == [policy])


def figures_are_whole(name, tree):
    figures = [one for one in tree.iter("figure") if next(one.iter("figcaption"), None) is not None]
    without = [text_of(next(one.iter("figcaption"))) for one in figures
               if next(one.iter("table"), None) is None and next(one.iter("img"), None) is None]
    check(f"{name}: every figure has a table or a picture", figures and not without, without)
    charts = [one for one in tree.iter() if local(one) == "svg"]
    check(f"{name}: every chart could be drawn", "The chart is missing" not in text_of(tree))
    if not HAS_GNUPLOT:
        check(f"{name}: no charts without gnuplot", not charts)
        return
    titles = [text_of(next(part for part in one if local(part) == "title")) for one in charts]
    check(f"{name}: charts have titles of their own", len(titles) >= 5 and "Gnuplot" not in titles, titles)
    colours = [value for one in charts for part in one.iter() for key, value in part.items() if value in ("black", "white")]
    check(f"{name}: charts take the page's colour of text", "black" not in colours, colours)


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
head = table_of(by_id(three, "g1"))[0]
check("three runs: they stand beside each other", len(head) == 4 and head[2:] == ["2 node2", "3 node3"], head)
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
other_job = {f"{i} node{i}" for i in range(2, 21) if i % 5 == 0}
check("twenty runs: those that trained something else are a group of their own",
      by_id(twenty, "g3") is None and set(table_of(groups[1])[0][1:]) == other_job and
      not set(table_of(groups[0])[0]) & other_job, [table_of(g)[0] for g in groups])
fastest = [row[0] for row in table_of(by_id(twenty, "r2-fastest"))[1:]] if by_id(twenty, "r2-fastest") else []
check("twenty runs: the chart of the fastest is of the group alone", set(fastest) <= other_job and (fastest or "not usable" in text_of(by_id(twenty, "overview"))), fastest)
check("twenty runs: no comparison names runs of both groups",
      not any(f"node{i}" in text_of(groups[0]) for i in (5, 10, 15, 20)))
finish()
