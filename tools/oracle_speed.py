"""tools/oracle --speed: scikit-learn against sgdmark, interleaved round by round, everything on one core."""
import os
import statistics
import subprocess
import sys
import time

import numpy as np
import sklearn
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_score

from oracle_rows import ProgramFailed, sgdmark

BACKENDS = ("avx512", "avx2", "neon", "scalar")


def _seconds(action):
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def _arms(arguments, rows):
    """Name -> a function that does the work once and returns its seconds, loading excluded."""
    x, labels = rows.take("train", "notebook", 42, rows.size("train"))
    y = labels == 5
    clf = SGDClassifier(loss="hinge", penalty="l2", alpha=1e-4, max_iter=5, tol=None, random_state=42)
    arms = {"fit": lambda: _seconds(lambda: clf.fit(x, y)),
            "cross_val_score": lambda: _seconds(lambda: cross_val_score(clf, x, y, cv=StratifiedKFold(3)))}
    known = {backend["name"] for backend in sgdmark(arguments.binary, "kernels")
             if backend["compiled"] and backend["cpu"] and backend["os"]}
    for backend in BACKENDS:
        if backend not in known:
            continue
        for command in ("train", "cv"):
            options = [command, "--data", rows.folder, "--compat", "1.2", "--isa", backend]
            arms[f"{command} {backend}"] = lambda options=options: sgdmark(arguments.binary, *options)["seconds"]
    return arms, np.shape(x)


def _peak_mib(binary, folder):
    # A child counts the memory of the process that it was forked from, so a small one stands between.
    child = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); " \
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    return int(subprocess.check_output([sys.executable, "-S", "-c", child, binary, "cv", "--data", folder])) / 1024


def _ratio_line(slow, fast, times):
    ratios = [a / b for a, b in zip(times[slow], times[fast])]
    return (f"{slow:>16} / {fast:<14} {statistics.median(ratios):7.1f} times  ({min(ratios):.1f} to {max(ratios):.1f}; "
            f"{1e3 * statistics.median(times[slow]):8.1f} ms / {1e3 * statistics.median(times[fast]):.2f} ms)")


def main(arguments, rows):
    core = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    try:
        arms, shape = _arms(arguments, rows)
        times = {name: [] for name in arms}
        order = list(arms)
        for turn in range(arguments.rounds):
            # Each round starts with another arm, so that none has always the same neighbour.
            for name in order[turn % len(order):] + order[:turn % len(order)]:
                times[name].append(arms[name]())
    except ProgramFailed as failure:
        print(f"tools/oracle: {failure}")
        return 1
    print(f"scikit-learn {sklearn.__version__}, {shape[0]} x {shape[1]} rows, 5 epochs, 3 folds, core {core}, "
          f"{arguments.rounds} rounds; median of the rounds' ratios (least to most; median times)")
    for name in order:
        if " " in name:
            print(_ratio_line("fit" if name.startswith("train") else "cross_val_score", name, times))
    print(f"peak memory of `sgdmark cv`: {_peak_mib(arguments.binary, rows.folder):.0f} MiB")
    return 0
