#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every command of sgdmark that README, docs and the examples of --help show runs as it is printed: in a folder with MNIST
and the files that they name, each for at most LIMIT seconds. One that is still at work then has taken its arguments and
its input, and is interrupted. ssh, srun, sbatch and parallel are played; what else is not installed is skipped, and
so is a backend that does not run here."""
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

LIMIT = 0.5
root = os.getcwd()
program = os.path.abspath(os.path.join(os.environ.get("BUILD", "build"), "sgdmark"))
PLAYED = {"ssh": 'shift; exec "$@"',
          "srun": 'while [ "${1#-}" != "$1" ]; do shift; done; exec "$@"',
          "sbatch": 'cat > /dev/null',
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


def backends():
    """Each backend, and whether it runs here."""
    states = subprocess.run([program, "kernels"], capture_output=True, text=True).stdout
    return {name: "runs here" in state for name, state in re.findall(r"^([a-z0-9-]+) +(?:yes|no)\b(.*)", states, re.M)}


def not_here(command):
    """A backend that the command names and that does not run here, or None."""
    named = set(re.findall(r"[a-z0-9-]+", command))
    return next((name for name, here in backends().items() if name in named and not here), None)


def folder_for(command):
    """What DIR stands for."""
    return "nodes" if "fleet gather" in command else "gathered" if "--gather" in command else f"folder-{tap.count}"


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
    for name, run in (("a", 0), ("b", 1), ("c", 2), ("before", 0), ("after", 1)):
        shutil.copy(os.path.join(folder, runs[run]), os.path.join(folder, f"{name}.json"))
    call(folder, f"sgdmark run --quick --isa {'avx2' if backends().get('avx2') else 'scalar'} --place core "
         "--data synthetic:n=100,d=16 --json run.json", 60)
    call(folder, "sgdmark fleet run --data synthetic:n=300,d=16 --soak 0.01 --out nodes", 60)
    call(folder, "sgdmark fleet gather nodes --json then.json", 60)
    call(folder, "sgdmark report old1.json new1.json -o machines.html", 60)
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
        if not_here(command):
            tap.skip(f"{where}: {command}", f"{not_here(command)} does not run here")
            continue
        command = command.replace("DIR", folder_for(command))
        said, status = call(folder, command, LIMIT)
        answers = (None, 0, 1, 4) if "--threshold" in command else (None, 0, 4)
        tap.check(f"{where}: {command}", status in answers, f"exit status {status}: {said}")


if not os.path.exists("data/mnist/train-images-idx3-ubyte"):
    tap.skip("the commands of README, docs and help", "no data/mnist (tools/fetch-mnist)")
    tap.finish()
tap.check("backends are found", backends().get("scalar") is True, backends())
scratch = tempfile.mkdtemp()
make_folder(scratch)
try_commands(scratch)
tap.check("a command that is shown wrongly would be found", call(scratch, "sgdmark run --quik", 5)[1] == 2)
shutil.rmtree(scratch)
tap.finish()
