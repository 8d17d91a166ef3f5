# SPDX-License-Identifier: MIT
"""tools/oracle --parameters N: configurations drawn from the whole parameter space against the live scikit-learn.

Engine f64 must have scikit-learn's bits where scikit-learn's arithmetic is its own. Where that calls libm (log_loss,
invscaling) or the BLAS (averages), the model of oracle_model.py with these calls must have scikit-learn's bits, with
SLEEF's sgdmark's; the relative difference between the two is printed, and beyond 1e-6 the first step at which they
part: an exception, which is counted. Engine f32 must have the model's bits on every backend, engine int those of f64
or refuse. Compat 0.19, which is not installed, is held against the model alone. Every configuration ends as one of:
bits, bounded, exception, model, diverged (on both sides in the same epoch), refused (by both)."""
import json
import math
import os
import random
import re
import subprocess
import tempfile

import numpy as np
from sklearn.linear_model import PassiveAggressiveClassifier, SGDClassifier
from sklearn.model_selection import StratifiedKFold

import oracle_model
from oracle_rows import Rows, fingerprint, make_up

BOUND = 1e-6
DEFAULTS = {"data": "made-up:7x9", "digit": 5, "limit": 120, "order": "file", "order_seed": 42, "split": "train",
            "seed": 42, "compat": "1.2", "loss": "hinge", "penalty": "l2", "alpha": 1e-4, "l1_ratio": 0.15,
            "epochs": 5, "fit_intercept": True, "shuffle": True, "epsilon": 0.1, "learning_rate": "optimal",
            "eta0": 0.0, "power_t": 0.5, "C": 1.0, "class_weight": "none", "class_weight_false": 1.0,
            "class_weight_true": 1.0, "average": 0, "tol": None, "n_iter_no_change": 5, "early_stopping": False,
            "validation_fraction": 0.1, "folds": 0}
LOSSES = ["hinge", "log_loss", "modified_huber", "squared_hinge", "perceptron", "squared_error", "huber",
          "epsilon_insensitive", "squared_epsilon_insensitive"]
NO_OPTION = ("data", "folds", "fit_intercept", "shuffle", "early_stopping", "tol")


# ---- configurations


def _power(rng, low, high):
    return float(f"{10 ** rng.uniform(low, high):.3g}")


def _draw(rng, sources):
    config = {"data": rng.choice(sources), "digit": rng.randrange(10), "limit": rng.randint(40, 220),
              "order": rng.choice(["notebook", "file"]), "order_seed": rng.randrange(2**32),
              "seed": rng.choice([0, 42, 2**32 - 1] + [rng.randrange(2**32)] * 5), "loss": rng.choice(LOSSES),
              "penalty": rng.choice(["l2", "l2", "l1", "elasticnet", "none"]), "epochs": rng.randint(1, 8),
              "learning_rate": rng.choice(["optimal", "optimal", "constant", "invscaling", "adaptive", "pa1", "pa2"]),
              "alpha": rng.choice([0.9999, 10.0, 0.0] + [_power(rng, -8, 0)] * 9),
              "folds": rng.choice([0, 0, 2, 3])}
    if rng.random() < 0.9 or config["learning_rate"] != "optimal":
        config["eta0"] = _power(rng, -7, 0)
    if rng.random() < 0.04:
        config["eta0"] = 0.0
    if rng.random() < 0.5:
        config.update(l1_ratio=rng.choice([0.0, 1.0, 0.15, round(rng.random(), 3)]), power_t=rng.choice(
            [0.5, 0.25, 1.0, 0.0, -0.5, round(rng.uniform(-1, 2), 2)]), epsilon=rng.choice([0.0, 0.1, _power(rng, -3, 1)]),
                      C=_power(rng, -4, 2))
    if rng.random() < 0.3:
        config["average"] = rng.choice([1, 10, rng.randint(1, 2000)])
    weights = rng.random()
    if weights < 0.2:
        config["class_weight"] = "balanced"
    elif weights < 0.4:
        config.update(class_weight_false=_power(rng, -2, 2), class_weight_true=_power(rng, -2, 2))
    if rng.random() < 0.2:
        config["fit_intercept"] = False
    if rng.random() < 0.15:
        config["shuffle"] = False
    if rng.random() < 0.5:
        config.update(tol=rng.choice([0.0, 1e-3, 0.1, _power(rng, -6, 3)]), epochs=rng.randint(2, 40),
                      n_iter_no_change=rng.choice([1, 2, 5]), limit=rng.randint(40, 80))
    if rng.random() < 0.25:
        config.update(early_stopping=True, validation_fraction=rng.choice([0.1, 0.5, round(rng.uniform(0.02, 0.9), 2)]))
    if rng.random() < 0.1:
        config.update(compat="0.19", early_stopping=False, n_iter_no_change=5, validation_fraction=0.1)
    return config


def drawn(count, seed):
    rng = random.Random(seed)
    sources = ["made-up:7x9", "made-up:3x5", "made-up:11x13"]
    if os.path.isdir("data/mnist"):
        sources.append("data/mnist")
    for _ in range(count):
        yield {**DEFAULTS, **_draw(rng, sources)}


def parse(text):
    config = dict(DEFAULTS)
    for item in text.split(",") if text else []:
        name, _, value = item.partition("=")
        kind = type(DEFAULTS[name])
        config[name] = {"None": None}.get(value, float(value) if value != "None" else None) if name == "tol" else (
            value == "True" if kind is bool else kind(value))
    return config


def is_exact(config):
    """Is all arithmetic scikit-learn's own?"""
    return config["loss"] != "log_loss" and config["learning_rate"] != "invscaling" and not config["average"]


def has_integer_form(config):
    return (config["loss"] in ("hinge", "perceptron") and config["penalty"] == "l2" and not config["average"] and
            config["learning_rate"] == "optimal" and config["tol"] is None and not config["early_stopping"] and
            config["class_weight"] == "none" and config["class_weight_false"] == config["class_weight_true"] == 1.0)


# ---- the two sides


class Refused(Exception):
    """The parameters, or these rows with them."""


class Failed(Exception):
    """The program did what it must not."""


def estimator(config):
    weights = {"none": None, "balanced": "balanced"}[config["class_weight"]]
    if (config["class_weight_false"], config["class_weight_true"]) != (1.0, 1.0):
        weights = {False: config["class_weight_false"], True: config["class_weight_true"]}
    shared = dict(max_iter=config["epochs"], tol=config["tol"], shuffle=config["shuffle"], class_weight=weights,
                  fit_intercept=config["fit_intercept"], random_state=config["seed"], average=config["average"],
                  early_stopping=config["early_stopping"], n_iter_no_change=config["n_iter_no_change"],
                  validation_fraction=config["validation_fraction"])
    penalty = None if config["penalty"] == "none" else config["penalty"]
    aggressive = config["learning_rate"] in ("pa1", "pa2")
    if aggressive and config["loss"] == "hinge" and penalty is None:
        return PassiveAggressiveClassifier(C=config["C"], loss={"pa1": "hinge", "pa2": "squared_hinge"}[
            config["learning_rate"]], **shared)
    clf = SGDClassifier(loss=config["loss"], penalty=penalty, alpha=config["alpha"], l1_ratio=config["l1_ratio"],
                        epsilon=config["epsilon"], learning_rate=config["learning_rate"], eta0=config["eta0"],
                        power_t=config["power_t"], **shared)
    if aggressive:  # SGDClassifier has no C, and passes 1 on
        clf.fit = lambda x, y: (clf._validate_params(), clf._more_validate_params(), clf._fit(
            x, y, alpha=clf.alpha, C=config["C"], loss=clf.loss, learning_rate=clf.learning_rate))[-1]
    return clf


def fit_theirs(config, x, y):
    """coef, intercept, epochs. Raises Diverged or Refused."""
    try:
        clf = estimator(config)
        clf.fit(x, y)
    except ValueError as error:
        found = re.search(r"overflow occurred at epoch #(\d+)", str(error))
        if found:
            raise oracle_model.Diverged(int(found[1])) from error
        raise Refused(str(error)) from error
    coef, intercept = clf.coef_.ravel(), float(clf.intercept_[0])
    return coef, intercept, clf.n_iter_


def options_of(config, data):
    options = ["--data", data]
    for name, value in config.items():
        if name not in NO_OPTION:
            options += ["--" + name.replace("_", "-"), repr(value) if isinstance(value, float) else str(value)]
    if config["tol"] is not None:
        options += ["--tol", repr(config["tol"])]
    return options + [flag for flag, given in (("--no-fit-intercept", not config["fit_intercept"]),
                                               ("--no-shuffle", not config["shuffle"]),
                                               ("--early-stopping", config["early_stopping"])) if given]


def run_ours(binary, command, *options):
    """The JSON of a command. Raises Diverged or Refused, with one line."""
    done = subprocess.run([binary, command, *map(str, options), "--json", "-"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    if done.returncode == 0:
        return json.loads(done.stdout)
    found = re.search(r"the fit diverged in epoch (\d+)", done.stderr)
    if done.stderr.count("\n") != 1 or done.returncode not in (1, 2) or (done.returncode == 1) != bool(found):
        raise Failed(f"exit status {done.returncode}: {done.stderr.strip()}")
    if found:
        raise oracle_model.Diverged(int(found[1]))
    raise Refused(done.stderr.strip())


def fit_ours(binary, options, folder):
    path = os.path.join(folder, "coef.npy")
    ours = run_ours(binary, "train", *options, "--engine", "f64", "--coef-out", path)
    return np.load(path).ravel(), ours["intercept"], ours["n_iter"], ours


def end_of(function, *arguments):
    """What a fit ends with, or the exception that it raises."""
    try:
        return function(*arguments)
    except (Refused, oracle_model.Diverged) as end:
        return end


# ---- comparison


def same_bits(one, two):
    """Of coef and intercept."""
    a, b = np.append(one[0], one[1]), np.append(two[0], two[1])
    return a.tobytes() == b.tobytes()


def relative(one, two):
    """The largest difference of two fits, as a share of the largest weight."""
    a, b = np.append(one[0], one[1]), np.append(two[0], two[1])
    largest = np.abs(b).max()
    return float(np.abs(a - b).max() / largest) if largest > 0 else float(np.abs(a - b).max())


def run_model(config, x, y, calls, single=False):
    traced = oracle_model.Traced(calls)
    model = oracle_model.Model(config, x, y, traced, single)
    end = end_of(model.run)
    return model, traced, end


class Outcome:
    def __init__(self):
        self.kind, self.found, self.note = "bits", [], ""

    def wrong(self, what):
        self.found.append(what)


def compare_ends(outcome, ours, theirs, who):
    """Both refused or both diverged, in the same epoch? True where neither did."""
    if isinstance(ours, Refused) or isinstance(theirs, Refused):
        outcome.kind = "refused"
        if type(ours) is not type(theirs):
            outcome.wrong(f"sgdmark: {describe(ours)}; {who}: {describe(theirs)}")
        return False
    diverged = [isinstance(end, oracle_model.Diverged) for end in (ours, theirs)]
    if any(diverged):
        outcome.kind = "diverged"
        if not all(diverged) or ours.epoch != theirs.epoch:
            outcome.wrong(f"sgdmark: {describe(ours)}; {who}: {describe(theirs)}")
        return False
    return True


def describe(end):
    return f"{type(end).__name__}: {end}" if isinstance(end, Exception) else "a model"


def compare_bits(outcome, ours, theirs, who):
    if not same_bits(ours, theirs):
        outcome.wrong(f"sgdmark f64 and {who}: the weights differ by {relative(ours, theirs):.2g} of the largest")
    if ours[2] != theirs[2]:
        outcome.wrong(f"sgdmark f64 took {ours[2]} epochs, {who} {theirs[2]}")


def compare_through_models(outcome, config, x, y, ours, theirs):
    """Where libm or the BLAS decides: each side against the model with its own calls, then the one against the other."""
    mine, my_trace, my_end = run_model(config, x, y, oracle_model.Sleef())
    libm, its_trace, its_end = run_model(config, x, y, oracle_model.Libm())
    for who, end, model, model_end in (("sgdmark", ours, mine, my_end), ("scikit-learn", theirs, libm, its_end)):
        if isinstance(end, Exception) or isinstance(model_end, Exception):
            if type(end) is not type(model_end) or end.epoch != model_end.epoch:
                outcome.wrong(f"{who}: {describe(end)}; its model: {describe(model_end)}")
        elif not same_bits(end, model_end) or end[2] != model.epochs:
            outcome.wrong(f"{who} and its model differ by {relative(end, model_end):.2g}, in {end[2]} and "
                          f"{model.epochs} epochs")
    where = oracle_model.first_difference(my_trace, its_trace)
    far = math.inf if isinstance(ours, Exception) or isinstance(theirs, Exception) or ours[2] != theirs[2] else relative(
        ours, theirs)
    if isinstance(ours, Exception) and isinstance(theirs, Exception):
        outcome.kind = "diverged"
    else:
        outcome.kind = "bounded" if far <= BOUND else "exception"
        outcome.note = f"relative difference {far:.2g}" + (f"; {where}" if where and far > BOUND else "")
    if far > BOUND and not where and outcome.kind == "exception":
        outcome.wrong("no call of libm explains the difference")
    ulps = max((abs(a[3] - b[3]) / math.ulp(b[3]) for a, b in zip(my_trace.trace, its_trace.trace)
                if a[:3] == b[:3] and math.isfinite(b[3]) and b[3] != 0), default=0.0)
    if ulps > 1.0:
        outcome.wrong(f"a call is {ulps} units in the last place from libm's")


def compare_f32(outcome, config, x, y, options, binary, folder):
    path = os.path.join(folder, "coef32.npy")
    def ours():
        found = run_ours(binary, "train", *options, "--engine", "f32", "--isa", ",".join(compare_f32.backends),
                         "--coef-out", path)
        return found if isinstance(found, list) else [found]
    found = end_of(ours)
    model, _, end = run_model(config, x, y, oracle_model.Sleef(), single=True)
    if isinstance(found, Exception) or isinstance(end, Exception):
        if type(found) is not type(end) or getattr(found, "epoch", 0) != getattr(end, "epoch", 0):
            outcome.wrong(f"sgdmark f32: {describe(found)}; its model: {describe(end)}")
        return
    for one in found:
        if one["fingerprint"] != fingerprint(*end) or one["update_hash"] != f"{model.hash:016x}":
            outcome.wrong(f"f32/{one['isa']}: fingerprint {one['fingerprint']}, that of the model {fingerprint(*end)}")


def compare_int(outcome, config, ours, options, binary, folder):
    path = os.path.join(folder, "coefint.npy")
    end = end_of(lambda: run_ours(binary, "train", *options, "--engine", "int", "--coef-out", path))
    if isinstance(end, Refused):
        reason = "no integer form" in str(end) or "have no integer form" in str(end)
        if not reason or (has_integer_form(config) and "row visits" not in str(end) and "alpha" not in str(end)):
            outcome.wrong(f"sgdmark int: {end}")
    elif not has_integer_form(config) or isinstance(end, Exception):
        outcome.wrong(f"sgdmark int: {describe(end)}")
    elif not same_bits((np.load(path).ravel(), end["intercept"]), ours):
        outcome.wrong("sgdmark int has other weights than f64")


def compare_cv(outcome, config, x, y, options, binary):
    """Every fold of an exact configuration, by its fingerprint."""
    folds = config["folds"]
    if min(y.sum(), len(y) - y.sum()) < folds:
        return
    ends = [end_of(fit_theirs, config, x[train], y[train]) for train, _ in StratifiedKFold(folds).split(x, y)]
    ours = end_of(run_ours, binary, "cv", *options, "--engine", "f64", "--folds", folds)
    failed = [end for end in ends if isinstance(end, Exception)]
    if failed or isinstance(ours, Exception):
        if not failed or type(ours) is not type(failed[0]):
            outcome.wrong(f"cv: {describe(ours)}; scikit-learn: {[describe(end) for end in ends]}")
        return
    theirs = [fingerprint(coef, intercept) for coef, intercept, _ in ends]
    if ours["fold_n_iter"] != [end[2] for end in ends]:
        outcome.wrong(f"cv: epochs {ours['fold_n_iter']}, scikit-learn {[end[2] for end in ends]}")
    if ours["fold_fingerprint"] != theirs:
        outcome.wrong(f"cv: fold_fingerprint {ours['fold_fingerprint']}, scikit-learn {theirs}")


def compare(config, rows, binary):
    outcome = Outcome()
    x, labels = rows.take(config["split"], config["order"], config["order_seed"], config["limit"])
    y = labels == config["digit"]
    options = options_of(config, rows.folder)
    live = config["compat"] == "1.2"
    with tempfile.TemporaryDirectory() as folder:
        ours = end_of(fit_ours, binary, options, folder)
        theirs = end_of(fit_theirs, config, x, y) if live or config["learning_rate"] != "adaptive" else Refused("too new")
        if not live or (not is_exact(config) and not isinstance(theirs, Refused) and not isinstance(ours, Refused)):
            if live:
                compare_through_models(outcome, config, x, y, ours, theirs)
            elif not isinstance(ours, Refused):
                model, _, end = run_model(config, x, y, oracle_model.Sleef())
                outcome.kind = "model"
                if compare_ends(outcome, ours, end, "the model"):
                    compare_bits(outcome, ours, (*end, model.epochs), "the model")
            else:
                compare_ends(outcome, ours, theirs, "scikit-learn")
        elif compare_ends(outcome, ours, theirs, "scikit-learn"):
            compare_bits(outcome, ours, theirs, "scikit-learn")
        if isinstance(ours, Refused) and isinstance(theirs, Refused):
            return outcome
        compare_f32(outcome, config, x, y, options, binary, folder)
        if not isinstance(ours, Exception):
            compare_int(outcome, config, ours, options, binary, folder)
        if live and is_exact(config) and config["folds"]:
            compare_cv(outcome, config, x, y, options, binary)
    return outcome


class Sources:
    """The rows of each --data, read once; made-up ones are written where both sides find them."""

    def __init__(self, folder):
        self.folder, self.rows = folder, {}

    def get(self, data):
        if data not in self.rows:
            where = data
            made_up = re.fullmatch(r"made-up:(\d+)x(\d+)", data)
            if made_up:
                where = os.path.join(self.folder, data.replace(":", "-"))
                os.mkdir(where)
                make_up(where, int(made_up[1]), int(made_up[2]), 600, 100)
            self.rows[data] = Rows(where)
        return self.rows[data]


def main(arguments, seed):
    counts, failed, worst = {}, 0, 0.0
    only = arguments.only is not None
    backends = json.loads(subprocess.run([arguments.binary, "kernels", "--json", "-"], capture_output=True, text=True,
                                         check=True).stdout)
    compare_f32.backends = [b["name"] for b in backends
                            if b["parity"] == "bits" and b["compiled"] and b["cpu"] and b["os"]]
    with tempfile.TemporaryDirectory() as folder:
        sources = Sources(folder)
        for config in [parse(arguments.only)] if only else drawn(arguments.parameters, seed):
            try:
                outcome = compare(config, sources.get(config["data"]), arguments.binary)
            except Failed as failure:
                outcome = Outcome()
                outcome.kind = "failed"
                outcome.wrong(str(failure))
            counts[outcome.kind] = counts.get(outcome.kind, 0) + 1
            text = ",".join(f"{name}={value}" for name, value in config.items() if value != DEFAULTS[name])
            if outcome.kind == "bounded":
                worst = max(worst, float(outcome.note.split()[-1]))
            if outcome.kind == "exception":
                print(f"exception: {outcome.note}\n     {text}", flush=True)
            if outcome.found:
                failed += 1
                print(f"FAIL {'; '.join(outcome.found)}\n     again: tools/oracle --binary {arguments.binary} "
                      f"--parameters 1 --only {text}", flush=True)
    total = sum(counts.values())
    kinds = ", ".join(f"{counts[kind]} {kind}" for kind in sorted(counts))
    print(f"{total} configurations of the parameter space: {kinds}; largest bounded relative difference {worst:.2g}; "
          f"{failed} failed")
    return 1 if failed or not total else 0
