#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Cross-validation where a class has few rows: `sgdmark cv --compat 1.2` against the scikit-learn that is installed, from
one positive row up and from two folds to more than there are rows. Scores, missing scores, warnings and refusals are
those of cross_val_score; the pooled results those of cross_val_predict."""
import json
import math
import os
import subprocess
import sys
import tempfile
import warnings

os.chdir(os.path.dirname(os.path.abspath(__file__)) + "/..")
SGDMARK = os.environ.get("BUILD", "build") + "/sgdmark"
scratch = tempfile.TemporaryDirectory()
sys.dont_write_bytecode = True
sys.path.insert(0, "tests/python")
from tap import check, finish  # noqa: E402


os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
try:
    import numpy as np
    from sklearn.base import BaseEstimator
    from sklearn.linear_model import SGDClassifier
    from sklearn.metrics import confusion_matrix
    from sklearn.model_selection import cross_val_predict, cross_val_score
except ImportError as missing:
    print(f"ok 1 - scikit-learn's edges # SKIP {missing} (tools/install-deps --oracle)")
    print("1..1")
    sys.exit(0)


class Never(BaseEstimator):
    def fit(self, x, y=None):
        pass

    def predict(self, x):
        return np.zeros(len(x), dtype=bool)

    def score(self, x, y):
        return float(np.mean(self.predict(x) == y))


ROWS = 40


def data_of(positives, seed):
    """A folder of ROWS random images of 6 x 6, so many of them a 5; with the rows and the truth."""
    rng = np.random.RandomState(seed)
    x = rng.randint(0, 256, (ROWS, 6, 6)).astype(np.uint8)
    labels = np.full(ROWS, 3, np.uint8)
    labels[rng.permutation(ROWS)[:positives]] = 5
    folder = f"{scratch.name}/{positives}-{seed}"
    os.makedirs(folder, exist_ok=True)
    for name, array in (("train-images-idx3-ubyte", x), ("train-labels-idx1-ubyte", labels)):
        with open(f"{folder}/{name}", "wb") as file:
            file.write(bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape))
            file.write(array.tobytes())
    return folder, x.reshape(ROWS, -1).astype(np.float64), labels == 5


def cv(folder, folds, *options):
    command = [SGDMARK, "cv", "--data", folder, "--order", "file", "--folds", str(folds), "--json", "-", *options]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def theirs(estimator, x, y, folds):
    """Scores, predictions (None: it raises) and whether it warns of a class with few members."""
    found = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for validate in cross_val_score, cross_val_predict:
            try:
                found.append(validate(estimator, x, y, cv=folds))
            except ValueError:
                found.append(None)
    return (*found, any("least populated class" in str(one.message) for one in caught))


def differences(ours, scores, predicted, warned, y):
    """What differs between a run and scikit-learn."""
    status, result, said = ours
    if scores is None:
        one_line = said.startswith("sgdmark cv: ") and said.count("\n") == 1
        return [] if (status, result) == (2, None) and one_line else [f"not refused: status {status}: {said}"]
    if status != 0:
        return [f"status {status}: {said}"]
    found = []
    want = [None if math.isnan(score) else score for score in scores]
    if result["fold_accuracy"] != want:
        found.append(f"scores {result['fold_accuracy']}, not {want}")
    if (None in want) != ("fold_reason" in result):
        found.append("a missing score has a reason, and no other")
    if warned != ("folds_warning" in result) or warned != ("warning: only " in said):
        found.append(f"scikit-learn {'warns' if warned else 'does not warn'}; stderr {said!r}")
    matrix = None if predicted is None else confusion_matrix(y, predicted).tolist()
    if result["confusion"] != matrix or (matrix is None and "confusion_reason" not in result):
        found.append(f"confusion {result['confusion']}, not {matrix}")
    if matrix is None and any(result[name] is not None for name in ("precision", "recall", "f1", "roc_auc")):
        found.append("pooled scores without predictions")
    return found


sgd = SGDClassifier(max_iter=5, tol=None, random_state=42)
seen = {"scored": 0, "unscored": 0, "refused": 0, "warned": 0}
for positives in (1, 2, 3, 7, 20, 38, 39):
    wrong = []
    for folds in (2, 3, 5, 8, 20, 21, 30, 39, 40, 41):
        folder, x, y = data_of(positives, folds)
        scores, predicted, warned = theirs(sgd, x, y, folds)
        seen["refused"] += scores is None
        seen["warned"] += warned
        seen["unscored"] += scores is not None and bool(np.isnan(scores).any())
        seen["scored"] += scores is not None and not np.isnan(scores).any()
        for engine in "f64", "int":
            ours = cv(folder, folds, "--engine", engine, "--compat", "1.2")
            wrong += [f"{folds} folds, {engine}: {one}" for one in differences(ours, scores, predicted, warned, y)]
    check(f"{positives} of {ROWS} rows positive, 2 to 41 folds", not wrong, "\n".join(wrong))
check("scores, missing scores, warnings and refusals were all seen", min(seen.values()) > 3, seen)

# Folds that are no strata: as many as rows is well, one more is not.
folder, x, y = data_of(5, 0)
for folds in ROWS, ROWS + 1:
    scores = theirs(Never(), x, y, folds)[0] if folds <= ROWS else None
    status, result, said = cv(folder, folds, "--estimator", "never")
    good = status == 2 and result is None if scores is None else result["fold_accuracy"] == list(scores)
    check(f"the never estimator on {folds} folds", good, (status, said))

# What compat 0.19 reproduces fails there; and the other ways to ask.
folder, x, y = data_of(1, 3)
status, result, said = cv(folder, 3, "--compat", "0.19")
check("compat 0.19 fails on a fold of one class", status == 2 and "scikit-learn 0.19 fails" in said, (status, said))
status, result, said = cv(folder, 3, "--compat", "1.2", "--predictions-out", scratch.name + "/p.npy")
check("no predictions, no array of them", status == 2 and "--predictions-out: one fold" in said and
      not os.path.exists(scratch.name + "/p.npy"), (status, said))
alone = cv(folder, 3, "--compat", "1.2")[1]
status, shared, said = cv(folder, 3, "--compat", "1.2", "--place", "core", "--repeats", "2")
check("workers leave the same fold out", status == 0 and all(
    shared[key] == alone[key] for key in ("fold_accuracy", "fold_fingerprint", "confusion")), (status, said))
text = subprocess.run([SGDMARK, "cv", "--data", folder, "--order", "file", "--compat", "1.2"], capture_output=True, text=True)
check("the report names the fold", "no score: the fold was trained on one class alone" in text.stdout and
      "confusion    undefined: " in text.stdout and " none" in text.stdout, text.stdout)
for command in "run", "bench":
    done = subprocess.run([SGDMARK, command, "--data", folder, "--order", "file", "--compat", "1.2"] +
                          (["--quick", "--json", "-"] if command == "run" else ["--benchmark_filter=epoch/f32/scalar"]),
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)
    check(f"{command} refuses folds that it cannot compare", done.returncode == 2 and not done.stdout and
          "only one row is positive" in done.stderr, (done.returncode, done.stderr))
finish()
