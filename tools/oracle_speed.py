"""scikit-learn's side of a timed comparison, and tools/oracle --speed: scikit-learn against sgdmark on one core."""
import statistics
import subprocess
import sys
import time

import numpy as np
import sklearn
from sklearn.base import clone
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score

from rounds import ProgramFailed, backends_here, cv_case, interleave, pin, ratio, train_case

BACKENDS = ("avx512", "avx2", "neon", "scalar")


class Sklearn:
    """The notebook's job on the first `limit` rows, as a user of scikit-learn does it."""

    def __init__(self, rows, limit):
        self.x, labels = rows.take("train", "notebook", 42, limit)
        self.labels, self.y = labels, labels == 5
        self.clf = SGDClassifier(loss="hinge", penalty="l2", alpha=1e-4, max_iter=5, tol=None, random_state=42)

        self.ten = clone(self.clf)

    def fit(self):
        self.clf.fit(self.x, self.y)

    def predict(self):
        return self.clf.predict(self.x)

    def cross_val_score(self):
        return cross_val_score(self.clf, self.x, self.y, cv=StratifiedKFold(3))

    def fit_ten(self):
        self.ten.fit(self.x, self.labels)

    def search(self, alphas):
        grid = GridSearchCV(self.clf, {"alpha": alphas}, cv=StratifiedKFold(3), refit=False)
        grid.fit(self.x, self.y)
        return grid.cv_results_["mean_test_score"]

    def cases(self):
        def timed(*jobs):
            def once():
                seconds = {}
                for job in jobs:
                    started = time.perf_counter()
                    getattr(self, job)()
                    seconds[job] = time.perf_counter() - started
                return seconds
            return once
        return {"fit": timed("fit", "predict"), "cross_val_score": timed("cross_val_score")}


def _peak_mib(binary, folder):
    # A child counts the memory of the process that it was forked from, so a small one stands between.
    child = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); " \
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    return int(subprocess.check_output([sys.executable, "-S", "-c", child, binary, "cv", "--data", folder])) / 1024


def _ratio_line(job, slow, fast, case):
    median, least, most = ratio(slow, fast)
    return (f"{job:>16} / {case:<14} {median:7.1f} times  ({least:.1f} to {most:.1f}; "
            f"{1e3 * statistics.median(slow):8.1f} ms / {1e3 * statistics.median(fast):.2f} ms)")


def main(arguments, rows):
    core = pin()
    try:
        peer = Sklearn(rows, rows.size("train"))
        cases = peer.cases()
        known = {backend["name"] for backend in backends_here(arguments.binary)}
        for backend in (name for name in BACKENDS if name in known):
            options = ["--data", rows.folder, "--compat", "1.2", "--isa", backend]
            cases[f"train {backend}"] = train_case(arguments.binary, *options)
            cases[f"cv {backend}"] = cv_case(arguments.binary, *options)
        times = interleave(cases, arguments.rounds)
    except ProgramFailed as failure:
        print(f"tools/oracle: {failure}")
        return 1
    shape = np.shape(peer.x)
    print(f"scikit-learn {sklearn.__version__}, {shape[0]} x {shape[1]} rows, 5 epochs, 3 folds, core {core}, "
          f"{arguments.rounds} rounds; median of the rounds' ratios (least to most; median times)")
    for (case, job), seconds in times.items():
        if " " in case:
            theirs = "cross_val_score" if job == "cross_val_score" else "fit"
            print(_ratio_line(job, times[theirs, job], seconds, case))
    print(f"peak memory of `sgdmark cv`: {_peak_mib(arguments.binary, rows.folder):.0f} MiB")
    return 0
