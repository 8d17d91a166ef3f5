#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""--digit all against the scikit-learn that is installed: coef_ and intercept_ of the ten fits, folds over ten classes,
predictions, the confusion matrix and the scores are equal to the last bit, for plain fits, balanced weights, tolerance,
early stopping and averages; where scikit-learn calls libm, within 1e-6. Each fit equals a single fit with its digit and
its seed, on every engine, and the workers of a placement change no bit."""
import json
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
sys.dont_write_bytecode = True
try:
    import numpy as np
    from sklearn import metrics
    from sklearn.linear_model import SGDClassifier
    from sklearn.model_selection import StratifiedKFold, cross_val_predict, cross_validate
except ImportError as missing:
    print(f"ok 1 - ten classes against scikit-learn # SKIP {missing} (tools/install-deps --oracle)\n1..1")
    sys.exit(0)
sys.path.insert(0, "tools")
import oracle_rows  # noqa: E402

warnings.simplefilter("ignore")
FOLDER = scratch.name
oracle_rows.make_up(FOLDER, 12, 11, 3000, 400)
ROWS = oracle_rows.Rows(FOLDER)


def run(command, *options):
    done = subprocess.run([SGDMARK, command, "--data", FOLDER, *options, "--json", "-"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr


def loaded(name):
    return np.load(f"{scratch.name}/{name}.npy")


def same_scores(found, truth, predicted):
    """The confusion matrix and all scores of a result, against sklearn.metrics."""
    precision, recall, f1, support = metrics.precision_recall_fscore_support(truth, predicted, zero_division=0)
    each = [(one["precision"], one["recall"], one["f1"], one["support"]) for one in found["per_class"]]
    each = [tuple(0 if value is None else value for value in one) for one in each]
    good = each == list(zip(precision.tolist(), recall.tolist(), f1.tolist(), support.tolist()))
    for kind in "macro", "weighted":
        want = metrics.precision_recall_fscore_support(truth, predicted, average=kind, zero_division=0)[:3]
        good &= (found[kind]["precision"], found[kind]["recall"], found[kind]["f1"]) == tuple(map(float, want))
    good &= found["confusion"] == metrics.confusion_matrix(truth, predicted).tolist()
    return good and found["accuracy"] == metrics.accuracy_score(truth, predicted)


def compare(name, engine, options, parameters, limit=900, order="notebook", folds=3, exact=True):
    """One configuration: the fit, and the folds."""
    x, y = ROWS.take("train", order, 42, limit)
    shared = ["--digit", "all", "--compat", "1.2", "--engine", engine, "--order", order, "--limit", str(limit), *options]
    theirs = SGDClassifier(**{"max_iter": 5, "tol": None, "random_state": 42, **parameters})
    equal = np.array_equal if exact else lambda a, b: np.allclose(a, b, rtol=1e-6, atol=0)

    fitted = theirs.fit(x, y)
    ours = run("train", *shared, "--coef-out", f"{scratch.name}/coef.npy")
    good = isinstance(ours, dict) and equal(loaded("coef"), fitted.coef_) and ours["n_iter"] == fitted.n_iter_ and \
        equal([fit["intercept"] for fit in ours["fits"]], fitted.intercept_) and same_scores(ours, y, fitted.predict(x))
    check(f"{name}, {engine}: fit", good, ours)

    validated = cross_validate(theirs, x, y, cv=StratifiedKFold(folds), return_estimator=True)
    decision = cross_val_predict(theirs, x, y, cv=StratifiedKFold(folds), method="decision_function")
    predicted = cross_val_predict(theirs, x, y, cv=StratifiedKFold(folds))
    ours = run("cv", *shared, "--folds", str(folds), "--predictions-out", f"{scratch.name}/p.npy", "--decision-out",
               f"{scratch.name}/d.npy")
    good = isinstance(ours, dict) and ours["fold_accuracy"] == validated["test_score"].tolist() and \
        loaded("p").dtype == np.int64 and np.array_equal(loaded("p"), predicted) and \
        loaded("d").shape == decision.shape and np.allclose(loaded("d"), decision, rtol=1e-6, atol=1e-6) and \
        same_scores(ours, y, predicted)
    for fold, one in enumerate(validated["estimator"]):
        good = good and equal([fit["intercept"] for fit in ours["fold_fits"][fold]], one.intercept_)
        if exact and good:
            good = [fit["fingerprint"] for fit in ours["fold_fits"][fold]] == \
                [oracle_rows.fingerprint(one.coef_[c], one.intercept_[c]) for c in range(10)]
    check(f"{name}, {engine}: {folds} folds", good, ours)


for engine in "f64", "int":
    compare("plain", engine, [], {})
    compare("other parameters", engine, ["--seed", "7", "--alpha", "1e-3", "--epochs", "3", "--loss", "perceptron"],
            {"random_state": 7, "alpha": 1e-3, "max_iter": 3, "loss": "perceptron"}, 1011, "file", 7)
    compare("few rows", engine, [], {}, 100, "file", 5)
compare("balanced weights", "f64", ["--class-weight", "balanced"], {"class_weight": "balanced"}, 701)
compare("tolerance", "f64", ["--epochs", "200", "--tol", "1e-3"], {"max_iter": 200, "tol": 1e-3})
compare("early stopping", "f64", ["--epochs", "100", "--tol", "1e-3", "--early-stopping"],
        {"max_iter": 100, "tol": 1e-3, "early_stopping": True})
compare("early stopping, a third held out, balanced", "f64",
        ["--epochs", "50", "--tol", "1e-3", "--early-stopping", "--validation-fraction", "0.33", "--seed", "3",
         "--class-weight", "balanced"],
        {"max_iter": 50, "tol": 1e-3, "early_stopping": True, "validation_fraction": 0.33, "random_state": 3,
         "class_weight": "balanced"}, 777)
compare("l1", "f64", ["--penalty", "l1", "--learning-rate", "constant", "--eta0", "1e-3"],
        {"penalty": "l1", "learning_rate": "constant", "eta0": 1e-3})
compare("averages", "f64", ["--average", "500"], {"average": 500}, exact=False)
compare("log loss", "f64", ["--loss", "log_loss"], {"loss": "log_loss"}, exact=False)

# Each fit is the single fit of its digit and seed.
for compat in "0.19", "1.2":
    for engine in "f32", "f64", "int":
        shared = ["--compat", compat, "--engine", engine]
        ours = run("train", "--digit", "all", *shared)
        wrong = []
        for fit in ours["fits"]:
            single = run("train", "--digit", str(fit["digit"]), "--seed", str(fit["seed"]), *shared)
            keys = "fingerprint", "update_hash", "update_hash_by_epoch", "intercept", "updates"
            if [fit[key] for key in keys] != [single[key] for key in keys]:
                wrong.append((fit, single))
        seeds = {fit["seed"] for fit in ours["fits"]}
        check(f"{engine}, compat {compat}: the ten fits are single fits", not wrong, wrong)
        check(f"{engine}, compat {compat}: their seeds", seeds == {42} if compat == "0.19" else len(seeds) == 10, seeds)

# Workers.
alone, shared = (run("cv", "--digit", "all", *place) for place in ([], ["--place", "all-pus"]))
different = ("seconds", "place", "workers", "fold_fits", "self_check", "group_reason")
check("workers change nothing", {key: value for key, value in alone.items() if key not in different} ==
      {key: value for key, value in shared.items() if key not in different}, (alone, shared))

# Commands of one digit.
for command in ["run"], ["bench"], ["sweep", "--vary", "seed=1,2"]:
    done = subprocess.run([SGDMARK, *command, "--data", FOLDER, "--digit", "all"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)
    check(f"{command[0]} refuses --digit all in one line", done.returncode == 2 and done.stdout == "" and
          done.stderr.count("\n") == 1 and "only train and cv take all" in done.stderr, done)

# A saved model predicts as in training: coef_, classes_, decision values by argmax.
x, y = ROWS.take("test", "file", 42, 400)
made = run("train", "--digit", "all", "--engine", "f64", "--save", f"{scratch.name}/m.npz")
ours = run("predict", "--model", f"{scratch.name}/m.npz", "--split", "test", "--order", "file", "--predictions-out",
           f"{scratch.name}/p.npy", "--decision-out", f"{scratch.name}/d.npy", "--png", f"{scratch.name}/c.png")
model = np.load(f"{scratch.name}/m.npz")
decision = x @ model["coef_"].T + model["intercept_"]
check("predict by a saved model", np.allclose(loaded("d"), decision) and
      np.array_equal(loaded("p"), loaded("d").argmax(axis=1)) and same_scores(ours, y, loaded("p")), ours)
check("its parameters", json.loads(str(model["params"]))["digit"] == "all" and model["classes_"].tolist() == list(range(10))
      and [f"{value:016x}" for value in model["fingerprint"]] == [fit["fingerprint"] for fit in made["fits"]])
with open(f"{scratch.name}/c.png", "rb") as file:
    head = file.read(24)
check("the heat map is a PNG file of 528 x 528 pixels",
      head[:8] == b"\x89PNG\r\n\x1a\n" and head[16:24] == (528).to_bytes(4, "big") * 2, head)

# A digit that does not occur counts for no mean; one that is never predicted has no precision, and counts as 0.
x, y = ROWS.take("test", "sorted", 42, 90)
ours = run("predict", "--model", f"{scratch.name}/m.npz", "--split", "test", "--order", "sorted", "--limit", "90",
           "--predictions-out", f"{scratch.name}/p.npy")
want = [metrics.precision_recall_fscore_support(y, loaded("p"), average=kind, zero_division=0)[:3]
        for kind in ("macro", "weighted")]
got = [tuple(ours[kind][score] for score in ("precision", "recall", "f1")) for kind in ("macro", "weighted")]
check("means over the digits that occur", got == [tuple(map(float, one)) for one in want], (got, want))
check("scores without a denominator are null", all(
    (one["recall"] is None) == (one["support"] == 0) for one in ours["per_class"]), ours)
finish()
