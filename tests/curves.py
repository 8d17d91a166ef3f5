#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The curves of `cv` against the live scikit-learn, from the same decision values: precision_recall_curve, roc_curve
with and without dropped points, average_precision_score and roc_auc_score are equal to the last bit, and so are the
thresholds for a wanted precision or recall. Rows of one pixel have few decision values, so that most of them are tied."""
import csv
import json
import os
import subprocess
import sys
import tempfile

os.chdir(os.path.dirname(os.path.abspath(__file__)) + "/..")
SGDMARK = os.environ.get("BUILD", "build") + "/sgdmark"
sys.dont_write_bytecode = True
sys.path.insert(0, "tests/python")
from tap import check, finish  # noqa: E402


try:
    import numpy as np
    from sklearn import metrics
except ImportError:
    print("ok 1 - curves against scikit-learn # SKIP it is not installed (tools/install-deps --oracle)\n1..1")
    sys.exit(0)
sys.path.insert(0, "tools")
import oracle_rows  # noqa: E402


def same(name, got, want):
    got, want = np.asarray(got, float), np.asarray(want, float)
    check(name, np.array_equal(got, want), f"got  {got}\nwant {want}")


def cross_validate(folder, *arguments):
    """The JSON of cv, its decision values, and the columns of its CSV file."""
    with tempfile.TemporaryDirectory() as out:
        files = ["--decision-out", f"{out}/d.npy", "--curve", f"{out}/c.csv"]
        run = subprocess.run([SGDMARK, "cv", "--data", folder, "--json", "-", *files, *arguments], capture_output=True,
                             text=True, stdin=subprocess.DEVNULL)
        if run.returncode not in (0, 4):
            check(f"cv {arguments}", False, run.stderr)
            finish()
        with open(f"{out}/c.csv") as file:
            rows = list(csv.DictReader(file))
        columns = {key: np.array([float(row[key]) for row in rows]) for key in rows[0]}
        found = json.loads(run.stdout)
        check("exit status 4 says that no threshold has the precision",
              (run.returncode == 4) == (found["at_precision"]["threshold"] is None), run.returncode)
        return found, np.load(f"{out}/d.npy"), columns


def compare(name, folder, labels, wanted, *arguments):
    found, decision, curve = cross_validate(folder, "--order", "file", "--at-precision", wanted, "--at-recall", "0.7",
                                            "--threshold", "0.5", *arguments)
    truth = labels[:len(decision)] == found.get("digit", 5)
    name += f" ({len(curve['threshold']) - 1} thresholds of {len(truth)} rows)"
    precision, recall, thresholds = metrics.precision_recall_curve(truth, decision)
    same(f"{name}: precision", curve["precision"], precision)
    same(f"{name}: recall", curve["recall"], recall)
    same(f"{name}: thresholds", curve["threshold"][:-1], thresholds)
    for dropping in False, True:
        fpr, tpr, roc_thresholds = metrics.roc_curve(truth, decision, drop_intermediate=dropping)
        kept = curve["roc_curve"] == 1 if dropping else np.full(len(curve["recall"]), True)
        word = "with the points that roc_curve keeps" if dropping else "with all points"
        same(f"{name}: false positive rate, {word}", curve["false_positive_rate"][kept][::-1], fpr)
        same(f"{name}: true positive rate, {word}", curve["recall"][kept][::-1], tpr)
        same(f"{name}: thresholds of ROC, {word}", curve["threshold"][kept][::-1][1:], roc_thresholds[1:])
    same(f"{name}: average precision", found["average_precision"], metrics.average_precision_score(truth, decision))
    # scikit-learn adds up trapezia, where this program counts pairs: the last digits may differ.
    area = metrics.roc_auc_score(truth, decision)
    check(f"{name}: ROC AUC", abs(found["roc_auc"] - area) < 1e-12, (found["roc_auc"], area))
    reached = np.flatnonzero(precision[:-1] >= float(wanted))
    same(f"{name}: threshold for precision {wanted}", [found["at_precision"]["threshold"] or []],
         [thresholds[reached[0]] if len(reached) else []])
    highest = np.flatnonzero(recall >= 0.7)[-1]
    same(f"{name}: threshold for recall", found["at_recall"]["threshold"], thresholds[highest])
    for key in "at_precision", "at_recall", "at_threshold":
        point = found[key]
        if point["threshold"] is None:
            continue
        predicted = decision >= point["threshold"]
        same(f"{name}: {key}: confusion", point["confusion"], metrics.confusion_matrix(truth, predicted))
        for score in "precision", "recall":
            want = getattr(metrics, score + "_score")(truth, predicted, zero_division=0)
            same(f"{name}: {key}: {score}", point[score] or 0, want)
        # scikit-learn makes it from the two rounded scores, this program from the counts.
        f1 = metrics.f1_score(truth, predicted, zero_division=0)
        check(f"{name}: {key}: f1", abs(point["f1"] - f1) < 1e-15, (point["f1"], f1))


with tempfile.TemporaryDirectory() as made_up:
    for height, width, limit in (1, 1, 3000), (2, 3, 1000), (28, 28, 2001):
        folder = f"{made_up}/{height}x{width}"
        os.mkdir(folder)
        oracle_rows.make_up(folder, height, width)
        labels = oracle_rows.Rows(folder).y["train"]
        for engine in "f64", "f32":
            for wanted in "0.1", "0.999999":
                compare(f"{height}x{width} pixels, {engine}", folder, labels, wanted, "--engine", engine, "--limit",
                        str(limit))
finish()
