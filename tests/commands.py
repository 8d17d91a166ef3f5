#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every command of sgdmark that README, docs and the examples of --help show runs as it is printed: in a folder with MNIST
and the files that they name, each for at most LIMIT seconds. One that is still at work then has taken its arguments and
its input, and is interrupted. ssh, srun and parallel are played; what else is not installed is skipped."""
import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
import tap  # noqa: E402  (the folder is known only now)

LIMIT = 1.0
root = os.getcwd()
program = os.path.abspath(os.path.join(os.environ.get("BUILD", "build"), "sgdmark"))
PLAYED = {"ssh": 'shift; exec "$@"', "srun": 'while [ "${1#-}" != "$1" ]; do shift; done; exec "$@"',
          "parallel": 'export PARALLEL_SEQ=1; while [ "${1#-}" != "$1" ]; do shift; done; words=; '
                      'for word; do [ "$word" != ::: ] || break; words="$words $word"; done; exec $words',
          "sgdmark": f'exec {program} "$@"'}


def shown():
    """Each command with where it stands, once."""
    found = {}
    for path in ["README.md", "bench/README.md", "results/README.md", *sorted(glob.glob("docs/*.md"))]:
        with open(path, encoding="utf-8") as text:
            for line in text:
                if re.match(r"    \S*.*\bsgdmark [a-z]", line):
                    found.setdefault(re.sub(r"\s+#\s.*", "", line.strip()), path)
    commands = re.findall(r"^  ([a-z]+)  ", subprocess.run([program], capture_output=True, text=True).stdout, re.M)
    for command in ["", *commands]:
        text = subprocess.run([program, *command.split(), "--help"], capture_output=True, text=True).stdout
        for line in text.split("\nExamples:\n")[-1].splitlines():
            if re.match(r"  \S.*\bsgdmark [a-z]|  sgdmark [a-z]", line):
                found.setdefault(re.split(r"\s{2,}", line.strip())[0], f"{command} --help")
    return found


def make_folder(folder):
    """MNIST, the program and the files that the commands name."""
    for name, body in PLAYED.items():
        path = os.path.join(folder, "bin", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as script:
            script.write(f"#!/bin/sh\n{body}\n")
        os.chmod(path, 0o755)
    for name in ("data", "datasets", "build", "results"):
        os.mkdir(os.path.join(folder, name))
    os.symlink(os.path.join(root, "data/mnist"), os.path.join(folder, "data/mnist"))
    os.symlink(os.path.join(root, "data/mnist"), os.path.join(folder, "datasets/mnist"))
    os.symlink(program, os.path.join(folder, "build/sgdmark"))
    recorded = os.path.join(root, "results/recorded-epyc-avx512.json")
    shutil.copy(recorded, os.path.join(folder, "results"))
    for name in ("results/node1-2026-11-27T101500Z.json", "my.json"):
        shutil.copy(recorded, os.path.join(folder, name))
    runs = ["old1.json", "old2.json", "new1.json", "new2.json"]
    for name in runs:
        call(folder, f"sgdmark run --quick --isa scalar --place core --data synthetic:n=100,d=16 --json {name}", 60)
    for name, run in (("a", 0), ("b", 1), ("c", 2), ("before", 0), ("after", 1), ("run", 3)):
        shutil.copy(os.path.join(folder, runs[run]), os.path.join(folder, f"{name}.json"))
    call(folder, "sgdmark train --save five.npz && sgdmark topo --export machine.xml", 60)
    call(folder, "sgdmark sweep --data synthetic:n=100,d=16 --vary seed=0..3 --out gathered", 60)
    call(folder, "gzip -c data/mnist/t10k-images-idx3-ubyte > images-idx3-ubyte.gz", 60)


def call(folder, command, seconds):
    """Exit status (None: interrupted while at work) and what was said."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SGDMARK_")}
    environment["PATH"] = os.path.join(folder, "bin") + ":" + environment["PATH"]
    job = subprocess.Popen(["bash", "-o", "pipefail", "-c", command], cwd=folder, env=environment, text=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                           errors="replace", start_new_session=True)
    try:
        return job.communicate(timeout=seconds)[1], job.returncode
    except subprocess.TimeoutExpired:
        os.killpg(job.pid, signal.SIGINT)
    try:
        job.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(job.pid, signal.SIGKILL)
        job.communicate()
    return "", None


def try_commands(folder):
    for command, where in shown().items():
        first = command.split()[0]
        tool = shutil.which(first, path=os.path.join(folder, "bin") + ":" + os.environ["PATH"])
        if not tool and "/" not in first:
            tap.skip(f"{where}: {command}", f"{first} is not installed")
            continue
        command = command.replace("DIR", "gathered" if "--gather" in command else f"folder-{tap.count}")
        said, status = call(folder, command, LIMIT)
        answers = (None, 0, 1, 4) if "--threshold" in command else (None, 0, 4)
        tap.check(f"{where}: {command}", status in answers, f"exit status {status}: {said}")


if not os.path.exists("data/mnist/train-images-idx3-ubyte"):
    tap.skip("the commands of README, docs and help", "no data/mnist (tools/fetch-mnist)")
    tap.finish()
scratch = tempfile.mkdtemp()
make_folder(scratch)
try_commands(scratch)
tap.check("a command that is shown wrongly would be found", call(scratch, "sgdmark run --quik", 5)[1] == 2)
shutil.rmtree(scratch)
tap.finish()
