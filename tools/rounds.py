"""Timing programs against each other: calls of sgdmark and its like, interleaved rounds on one core, ratios."""
import json
import os
import statistics
import subprocess


class ProgramFailed(Exception):
    """A program did not exit 0; holds its status and what it said."""


def output_of(command):
    """The JSON that a command prints."""
    command = [str(word) for word in command]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise ProgramFailed(f"exit status {done.returncode}: {done.stderr.strip()} ({' '.join(command)})")
    return json.loads(done.stdout)


def sgdmark(binary, *arguments):
    """The JSON that `sgdmark ARGUMENTS --json -` prints."""
    return output_of([binary, *arguments, "--json", "-"])


def backends_here(binary):
    """What `sgdmark kernels` says of the backends that run on this machine, from the plainest to the most wanted."""
    return [backend for backend in sgdmark(binary, "kernels")
            if backend["compiled"] and backend["cpu"] and backend["os"]]


def train_case(binary, *options):
    """A case: one call of it does the work once and returns the seconds of each job in it."""
    def once():
        result = sgdmark(binary, "train", *options)
        return {"fit": result["seconds"], "predict": result["predict_seconds"]}
    return once


def cv_case(binary, *options):
    return lambda: {"cross_val_score": sgdmark(binary, "cv", *options)["seconds"]}


def pin():
    """Binds this process, and so those that it starts, to one core, and returns its number."""
    core = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def interleave(cases, rounds):
    """Calls every case once a round; (name, job) -> its seconds, round by round. Each round starts with another case, so
    that none has always the same neighbour."""
    times = {}
    order = list(cases)
    for turn in range(rounds):
        at = turn % len(order)
        for name in order[at:] + order[:at]:
            for job, seconds in cases[name]().items():
                times.setdefault((name, job), []).append(seconds)
    return times


def ratio(base, subject):
    """How many times as fast as `base`: the median of the rounds' ratios, the least, the most."""
    ratios = [a / b for a, b in zip(base, subject)]
    return statistics.median(ratios), min(ratios), max(ratios)
