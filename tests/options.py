#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The option table: every option that the help of a command lists has a use in tests/cli/options.tsv that works, and one
that is refused in one line which names it. Then near misses, each with what was meant."""
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
import tap  # noqa: E402  (the folder is known only now)

program = os.path.abspath(os.path.join(os.environ.get("BUILD", "build"), "sgdmark"))
scratch = tempfile.mkdtemp()
places = {"T": os.path.join(scratch, "out"), "M": os.path.join(scratch, "model.npz"),
          "M10": os.path.join(scratch, "ten.npz"), "MLOG": os.path.join(scratch, "log.npz"),
          "R": os.path.abspath("tests/golden/result.json"), "A": os.path.join(scratch, "runs/a.json"),
          "MNIST": os.path.abspath("data/mnist"), "B": os.path.join(scratch, "runs/b.json"),
          "RUNS": os.path.join(scratch, "runs"), "NODES": os.path.join(scratch, "nodes"), "HISTORY": os.path.join(scratch, "history.json"),
          "PERF": f"fifo:{scratch}/control,{scratch}/ack"}
environment = {key: value for key, value in os.environ.items() if not key.startswith("SGDMARK_")}


def words(text):
    return [re.sub(r"\$(\w+)", lambda name: places[name[1]], word) for word in shlex.split(text)]


def invoke(arguments):
    shutil.rmtree(places["T"], ignore_errors=True)
    os.mkdir(places["T"])
    return subprocess.run([program, *arguments], cwd=scratch, env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, errors="replace", timeout=120)


def play_perf():
    """Answers at the FIFOs of --perf-ctl as perf does, until the test ends."""
    ends = []
    for name in ("control", "ack"):
        os.mkfifo(os.path.join(scratch, name))
        ends.append(os.open(os.path.join(scratch, name), os.O_RDWR))

    def answer():
        while told := os.read(ends[0], 4096):
            os.write(ends[1], b"ack\n" * told.count(b"\n"))
    threading.Thread(target=answer, daemon=True).start()


def make_files():
    """Models, runs and the files of nodes that options need."""
    play_perf()
    os.mkdir(places["RUNS"])
    invoke(["fleet", "run", "--data", "synthetic:n=60,d=16", "--soak", "0.01", "--node", "n1", "--out", places["NODES"]])
    invoke(["fleet", "gather", places["NODES"], "--json", places["HISTORY"]])
    for name in "AB":
        invoke(["run", "--quick", "--data", "synthetic:n=100,d=16", "--isa", "scalar", "--place", "core", "--json",
                places[name]])
    for name, options in (("M", []), ("M10", ["--digit", "all"]), ("MLOG", ["--loss", "log_loss"])):
        invoke(["train", "--data", "synthetic:n=300", "--epochs", "1", "--save", places[name], *options])


def read_table():
    commands, uses = {}, {}
    with open("tests/cli/options.tsv", encoding="utf-8") as table:
        for line in table:
            columns = line.rstrip("\n").split("\t")
            if line.startswith("#"):
                continue
            if columns[0] == "command":
                commands[columns[1]] = (columns[2].split(), columns[3])
            else:
                uses.setdefault(columns[0], {})[columns[1]] = columns[2:]
    return commands, uses


def options_of(command):
    help_text = invoke([*command.split(), "--help"]).stdout
    return set(re.findall(r"^ {2,40}(?:-[a-z], )?(--[A-Za-z0-9_-]+)", help_text.split("\nExamples:")[0], re.M))


def try_happy(command, option, use, needs):
    if "$MNIST" in use and not os.path.exists(places["MNIST"]):
        tap.skip(f"{command} {use}", "no data/mnist (tools/fetch-mnist)")
        return
    if use.startswith("^ "):
        tap.check(f"{command} {use}", *interrupted([*command.split(), *words(use[2:])]))
        return
    done = gathered() if option == "--gather" else invoke([*command.split(), *together(needs, use)])
    tap.check(f"{command} {use}", done.returncode in (0, 4), f"exit status {done.returncode}: {done.stderr}")


def interrupted(arguments):
    """Whether a use that takes long is at work after half a second, and reports when it is interrupted."""
    job = subprocess.Popen([program, *arguments], cwd=scratch, env=environment, stdin=subprocess.DEVNULL, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(0.5)
    job.send_signal(signal.SIGINT)
    said, why = job.communicate(timeout=60)
    return job.returncode == -signal.SIGINT and said != "", f"exit status {job.returncode}: {why}"


def gathered():
    """--gather takes a folder that a sweep has left, and nothing beside it."""
    folder = os.path.join(scratch, "points")
    invoke(["sweep", "--data", "synthetic:n=60,d=16", "--vary", "seed=1,2", "--out", folder])
    return invoke(["sweep", "--gather", folder])


def together(needs, use):
    """What a use needs, less the options that it gives itself, then the use."""
    if use.startswith("! "):
        return words(use[2:])
    given, left, skip = {word for word in words(use) if word.startswith("--")}, [], False
    for word in words(needs):
        if word.startswith("--"):
            skip = word in given
        if not skip:
            left.append(word)
    return left + words(use)


def try_wrong(command, option, use, needs):
    done = invoke([*command.split(), *together(needs, use)])
    lines = done.stderr.splitlines()
    named = [option, *words(use)[1:2]]
    good = (done.returncode == 2 and len(lines) == 1 and lines[0].startswith("sgdmark")
            and any(one and one in lines[0] for one in named))
    tap.check(f"refused: {command} {use}", good, f"exit status {done.returncode}: {done.stderr}")


def try_table():
    commands, uses = read_table()
    listed = re.findall(r"^  ([a-z]+)  ", invoke(["--help"]).stdout, re.M)
    first = {command.split()[0] for command in commands}
    tap.check("the table has every command", set(listed) == first, f"help {listed}, table {list(commands)}")
    for command in commands:
        groups, needs = commands[command]
        table = {option: use for group in groups for option, use in uses.get(group, {}).items()}
        options = options_of(command)
        tap.check(f"{command}: the table has every option of the help, and no other", options == set(table),
                  f"not in the table: {sorted(options - set(table))}; not in the help: {sorted(set(table) - options)}")
        for option in sorted(options & set(table)):
            try_happy(command, option, table[option][0], needs)
            try_wrong(command, option, table[option][1], needs)


NEAR = [("trian", "train"), ("Train", "train"), ("fleet gahter", "gather"), ("fleet run --sook 1", "--soak"), ("comapre", "compare"), ("desc", "describe"), ("hlep", "help"),
        ("train --epoch5 1", "--epochs"), ("train --iso avx2", "--isa"), ("run --quik", "--quick"),
        ("bench --benchmark_fliter=x", "--benchmark_filter"), ("report --ntebook x", "--notebook"),
        ("cv --vresion", "--version"), ("run --hepl", "--help"),
        ("train --loss hing", "hinge"), ("train --order nootbook", "notebook"), ("compare --format jsn a b", "json"),
        ("cv --estimator nver", "never"), ("kernels --verify --kernel dot_u8f23", "dot_u8f32"),
        ("run --data synthetic:n=100 --isa scaler", "scalar"), ("run --data synthetic:n=100 --place all-core", "all-cores"),
        ("sweep --data synthetic:n=100 --vary alhpa=1", "alpha")]
FAR = ["frobnicate", "x", "", "train --frobnicate", "train --loss ?", "train --loss x", "run --isa nosuchthing"]


def try_near():
    for use, meant in NEAR:
        done = invoke(words(use))
        tap.check(f"sgdmark {use}: did you mean '{meant}'?",
                  done.returncode == 2 and f"did you mean '{meant}'?" in done.stderr, done.stderr)
    for use in FAR:
        done = invoke(words(use) or [""])
        tap.check(f"sgdmark {use}: nothing is near", done.returncode == 2 and "did you mean" not in done.stderr,
                  done.stderr)


def try_questions():
    """-h, --version and `help` answer everywhere, and alone sgdmark says how it is used."""
    usage = invoke(["--help"]).stdout
    for alone in ([], ["-h"], ["help"], ["help", "help"]):
        done = invoke(alone)
        tap.check(f"sgdmark {' '.join(alone)}: the usage", (done.returncode, done.stdout, done.stderr) == (0, usage, ""),
                  done.stdout)
    version = invoke(["--version"]).stdout
    for command in read_table()[0]:
        text = invoke([*command.split(), "--help"]).stdout
        tap.check(f"{command} -h", text and invoke([*command.split(), "-h"]).stdout == text)
        tap.check(f"help {command}", invoke(["help", *command.split()]).stdout == text)
        tap.check(f"{command} --version", invoke([*command.split(), "--version"]).stdout == version)
        examples = text.split("\nExamples:\n")[-1].splitlines()
        tap.check(f"{command}: at least two examples, each on lines of its own",
                  sum(line.startswith("  ") and "sgdmark" in line for line in examples) >= 2
                  and all(line.startswith("  ") for line in examples), "\n".join(examples))
        tap.check(f"{command}: its own options come first", not re.search(r"\n Rows:.*\n (?!Rows|Classifier|Hot loop)[A-Z]",
                                                                           text.split("\nExamples:")[0], re.S), text)
    done = invoke(["help", "trian"])
    tap.check("help trian: refused", done.returncode == 2 and "did you mean 'train'?" in done.stderr, done.stderr)


make_files()
try_table()
try_near()
try_questions()
shutil.rmtree(scratch)
tap.finish()
