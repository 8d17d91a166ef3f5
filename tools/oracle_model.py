# SPDX-License-Identifier: MIT
"""A second implementation of the whole fit in NumPy, row by row, from scikit-learn's _sgd_fast.pyx; slow, for small
jobs. What is not plain arithmetic comes from outside, so that the same model shows both sides:

    LIBM    exp, log and pow of libm, axpy and scal of the BLAS: what scikit-learn calls
    SLEEF   those of SLEEF's deterministic class, sqrt for a power of 0.5, and plain loops: what sgdmark calls

The model with LIBM must be scikit-learn's fit bit for bit, the model with SLEEF sgdmark's. Where the two models part,
`first_difference` names the step and the call."""
import ctypes
import math

import numpy as np
from scipy.linalg import blas

from oracle_f32 import LANES, WIDE, dot as dot_f32, fused, seed_of, shuffled


class Libm:
    name = "libm"
    exp, log, pow = staticmethod(math.exp), staticmethod(math.log), staticmethod(math.pow)

    @staticmethod
    def reset(w, aw, a, b, wscale):
        """reset_wscale: the new weights and averages."""
        if aw is not None:
            aw = blas.dscal(1.0 / b, blas.daxpy(w, aw.copy(), a=a))
        return blas.dscal(wscale, w.copy()), aw


class Sleef:
    name = "SLEEF"

    def __init__(self):
        library = ctypes.CDLL("libsleef.so.3")
        for name, arguments in (("exp", 1), ("log", 1), ("pow", 2)):
            function = getattr(library, f"Sleef_cinz_{name}d1_u10purec")
            function.restype, function.argtypes = ctypes.c_double, [ctypes.c_double] * arguments
            setattr(self, name, function)
        pow_of_sleef, self.pow = self.pow, lambda x, y: math.sqrt(x) if y == 0.5 else pow_of_sleef(x, y)

    @staticmethod
    def reset(w, aw, a, b, wscale):
        if aw is not None:
            aw = (aw + a * w) * (1.0 / b)
        return w * wscale if wscale > 0 else np.zeros_like(w), aw


class Traced:
    """The calls of another one, with their results."""

    def __init__(self, calls):
        self.calls, self.trace, self.name, self.step = calls, [], calls.name, (0, -1)
        self.reset = calls.reset

    def _noted(self, name, *arguments):
        try:
            result = getattr(self.calls, name)(*arguments)
        except (OverflowError, ValueError):  # Python's math raises where C returns an infinity
            result = math.inf
        self.trace.append((self.step, name, arguments, result))
        return result

    def exp(self, x):
        return self._noted("exp", x)

    def log(self, x):
        return self._noted("log", x)

    def pow(self, x, y):
        return self._noted("pow", x, y)


class Diverged(Exception):
    """Weights that are not finite after this epoch."""

    def __init__(self, epoch):
        super().__init__(f"epoch {epoch}")
        self.epoch = epoch


def _hinge(threshold):
    def value(p, y, calls):
        z = p * y
        return threshold - z if z <= threshold else 0.0

    def slope(p, y, calls):
        return -y if p * y <= threshold else 0.0
    return value, slope


def _log_loss():
    def value(p, y, calls):
        z = p * y
        if z > 18:
            return calls.exp(-z)
        return -z if z < -18 else calls.log(1.0 + calls.exp(-z))

    def slope(p, y, calls):
        z = p * y
        if z > 18.0:
            return calls.exp(-z) * -y
        return -y if z < -18.0 else -y / (calls.exp(z) + 1.0)
    return value, slope


def _modified_huber():
    def value(p, y, calls):
        z = p * y
        return 0.0 if z >= 1.0 else (1.0 - z) * (1.0 - z) if z >= -1.0 else -4.0 * z

    def slope(p, y, calls):
        z = p * y
        return 0.0 if z >= 1.0 else 2.0 * (1.0 - z) * -y if z >= -1.0 else -4.0 * y
    return value, slope


def _squared_hinge():
    def value(p, y, calls):
        z = 1.0 - p * y
        return z * z if z > 0 else 0.0

    def slope(p, y, calls):
        z = 1.0 - p * y
        return -2 * y * z if z > 0 else 0.0
    return value, slope


def _squared_error():
    return (lambda p, y, calls: 0.5 * (p - y) * (p - y)), (lambda p, y, calls: p - y)


def _huber(c):
    def value(p, y, calls):
        r = p - y
        return 0.5 * r * r if abs(r) <= c else c * abs(r) - (0.5 * c * c)

    def slope(p, y, calls):
        r = p - y
        return r if abs(r) <= c else c if r > 0.0 else -c
    return value, slope


def _epsilon_insensitive(epsilon):
    def value(p, y, calls):
        beyond = abs(y - p) - epsilon
        return beyond if beyond > 0 else 0.0

    def slope(p, y, calls):
        return -1.0 if y - p > epsilon else 1.0 if p - y > epsilon else 0.0
    return value, slope


def _squared_epsilon_insensitive(epsilon):
    def value(p, y, calls):
        beyond = abs(y - p) - epsilon
        return beyond * beyond if beyond > 0 else 0.0

    def slope(p, y, calls):
        z = y - p
        return -2 * (z - epsilon) if z > epsilon else 2 * (-z - epsilon) if z < -epsilon else 0.0
    return value, slope


def loss_of(name, epsilon):
    """value(p, y, calls) and slope(p, y, calls)."""
    return {"hinge": lambda: _hinge(1.0), "perceptron": lambda: _hinge(0.0), "log_loss": _log_loss,
            "modified_huber": _modified_huber, "squared_hinge": _squared_hinge, "squared_error": _squared_error,
            "huber": lambda: _huber(epsilon), "epsilon_insensitive": lambda: _epsilon_insensitive(epsilon),
            "squared_epsilon_insensitive": lambda: _squared_epsilon_insensitive(epsilon)}[name]()


class Model:
    """One fit. `config` has the names of tools/oracle; x is of float64, y of bool."""

    def __init__(self, config, x, y, calls, single=False, start=None):
        self.config, self.calls, self.single = config, calls, single
        self.x, self.y = x, np.where(y, 1.0, -1.0)
        self.n, self.d = x.shape
        self.type = np.float32 if single else np.float64
        self.least = 1e-6 if single else 1e-9
        self.wide = np.zeros((self.n, -(-self.d // LANES) * LANES), WIDE) if single else None
        if single:
            self.wide[:, :self.d] = x
        self.w = np.zeros(self.d, self.type)
        self.intercept, self.wscale, self.t = 0.0, 1.0, 1.0
        if start is not None:
            self.w, self.intercept = start[0].astype(self.type), float(start[1])
        self.aw = np.zeros(self.d) if config["average"] else None
        self.a, self.b, self.average_intercept = 0.0, 1.0, 0.0
        self.q, self.u = np.zeros(self.d), 0.0
        self.eta = config["eta0"]
        self.value, self.slope = loss_of(config["loss"], config["epsilon"])
        self.hash, self.updates, self.epochs = 1469598103934665603, 0, 0
        if config["learning_rate"] == "optimal":
            typw = np.sqrt(1.0 / np.sqrt(config["alpha"]))
            self.t0 = float(1.0 / ((typw / max(1.0, self.slope(-float(typw), 1.0, calls))) * config["alpha"]))
        self.weights = self._class_weights(y)
        self.held_out = self._held_out(y)

    def _class_weights(self, y):
        if self.config["class_weight"] == "balanced":
            return len(y) / (2 * np.bincount(y.astype(int)).astype(np.float64))
        return [self.config["class_weight_false"], self.config["class_weight_true"]]

    def _held_out(self, y):
        mask = np.zeros(self.n, bool)
        if self.config["early_stopping"]:
            from sklearn.model_selection import StratifiedShuffleSplit
            split = StratifiedShuffleSplit(test_size=self.config["validation_fraction"],
                                           random_state=self.config["seed"])
            mask[next(split.split(np.zeros((self.n, 1)), y))[1]] = True
        return mask

    # ---- the weights

    def _dot(self, row):
        if self.single:
            padded = np.zeros(self.wide.shape[1], np.float32)
            padded[:self.d] = self.w
            return dot_f32(padded.reshape(-1, LANES), self.wide[row].reshape(-1, LANES))
        return float(np.add.accumulate(self.w * self.x[row])[-1]) + 0.0

    def _add(self, row, step):
        if self.single:
            self.w = fused(self.w, WIDE(np.float32(step / self.wscale)) * self.x[row].astype(WIDE))
        else:
            self.w = self.w + self.x[row] * (step / self.wscale)

    def _averages(self):
        return (self.aw + self.a * self.w.astype(np.float64)) * (1.0 / self.b)

    def _reset(self):
        if self.single:
            if self.aw is not None:
                self.aw = self._averages()
            self.w = (self.w.astype(np.float64) * self.wscale if self.wscale > 0 else 0 * self.x[0]).astype(np.float32)
        else:
            self.w, self.aw = self.calls.reset(self.w, self.aw, self.a, self.b, self.wscale)
        self.a, self.b, self.wscale = 0.0, 1.0, 1.0

    def _average(self, row, step):
        count = self.t - self.config["average"] + 1
        mu = 1.0 / count
        self.aw = self.aw + self.a * self.x[row] * (-step / self.wscale)
        if count > 1:
            self.b /= 1.0 - mu
        self.a += mu * self.b * self.wscale
        self.average_intercept += (self.intercept - self.average_intercept) / count

    def _l1(self):
        z = self.w.astype(np.float64)
        sign = self.wscale * z
        less, more = z - (self.u + self.q) / self.wscale, z + (self.u - self.q) / self.wscale
        new = np.where(sign > 0.0, np.where(less > 0.0, less, 0.0),
                       np.where(sign < 0.0, np.where(more < 0.0, more, 0.0), z))
        self.w = new.astype(self.type)
        self.q = self.q + self.wscale * (self.w.astype(np.float64) - z)

    # ---- the steps

    def _rate(self):
        config = self.config
        if config["learning_rate"] == "optimal":
            return 1.0 / (config["alpha"] * (self.t0 + self.t - 1))
        if config["learning_rate"] == "invscaling":
            return config["eta0"] / self.calls.pow(self.t, config["power_t"])
        return self.eta

    def _step(self, row, p, y, eta):
        """The step of this row; None: it is left out."""
        config = self.config
        if not config["learning_rate"].startswith("pa"):
            return -eta * min(max(self.slope(p, y, self.calls), -1e12), 1e12)
        loss, norm = self.value(p, y, self.calls), float((self.x[row] ** 2).sum())
        if config["learning_rate"] == "pa1":
            if norm == 0:
                return None
            step = min(config["C"], loss / norm)
        else:
            step = loss / (norm + 0.5 / config["C"])
        if config["loss"] in ("hinge", "perceptron"):
            return step * y
        return -step if y - p < 0 else step

    def _train_row(self, row, position):
        config, y = self.config, self.y[row]
        self.calls.step = (self.epochs, position)
        p = self._dot(row) * self.wscale + self.intercept
        eta = self._rate()
        watched = config["tol"] is not None and not config["early_stopping"]
        if watched:
            self.sumloss += self.value(p, y, self.calls)
        step = self._step(row, p, y, eta)
        if step is None:
            return
        step *= self.weights[int(y > 0)]
        ratio = {"l2": 0.0, "l1": 1.0}.get(config["penalty"], config["l1_ratio"])
        if config["penalty"] in ("l2", "elasticnet"):
            shrink = 1.0 - ((1.0 - ratio) * eta * config["alpha"])
            self.wscale *= shrink if shrink > 0 else 0.0
            if self.wscale < self.least:
                self._reset()
        if step != 0.0:
            self._add(row, step)
            if config["fit_intercept"]:
                self.intercept += step
            self.hash = ((self.hash ^ (self.epochs * 60000 + position)) * 1099511628211) % 2**64
            self.updates += 1
        if 0 < config["average"] <= self.t:
            self._average(row, step)
        if config["penalty"] in ("l1", "elasticnet"):
            self.u += ratio * eta * config["alpha"]
            self._l1()
        self.t += 1

    def _score(self):
        right = [((self._dot(row) + self.intercept > 0) == (self.y[row] > 0)) for row in np.flatnonzero(self.held_out)]
        return sum(right) / len(right)

    def _stops(self):
        config, tol = self.config, self.config["tol"]
        trained = self.n - int(self.held_out.sum())
        if config["early_stopping"]:
            score = self._score()
            worse = tol is not None and score < self.best + tol
            self.best = max(self.best, score)
        elif config["compat"] == "0.19":
            stops = tol is not None and self.sumloss > self.best - tol * trained
            self.best = self.sumloss
            return stops
        else:
            worse = tol is not None and self.sumloss > self.best - tol * trained
            self.best = min(self.best, self.sumloss)
        self.bad = self.bad + 1 if worse else 0
        if self.bad < config["n_iter_no_change"]:
            return False
        if config["learning_rate"] == "adaptive" and self.eta > 1e-6:
            self.eta, self.bad = self.eta / 5, 0
            return False
        return True

    def run(self):
        """coef (d,) and intercept. Raises Diverged."""
        config = self.config
        order, seed = list(range(self.n)), seed_of(config["seed"], config["compat"] != "0.19")
        self.best, self.bad = -math.inf if config["early_stopping"] else math.inf, 0
        with np.errstate(all="ignore"):
            for _ in range(config["epochs"]):
                self.sumloss = 0.0
                if config["shuffle"]:
                    order = shuffled(order, seed)
                for position, row in enumerate(order):
                    if not self.held_out[row]:
                        self._train_row(row, position)
                self.epochs += 1
                if not (np.isfinite(self.w).all() and math.isfinite(self.intercept)):
                    raise Diverged(self.epochs)
                if self._stops():
                    break
            return self._result()

    def _result(self):
        averaged = self.aw is not None and self.config["average"] <= self.epochs * self.n
        if self.single and averaged:
            return self._averages().astype(np.float32).astype(np.float64), self.average_intercept
        if self.single:
            return self.w.astype(np.float64) * self.wscale, self.intercept
        self._reset()
        return (self.aw, self.average_intercept) if averaged else (self.w, self.intercept)


def first_difference(one, two):
    """Where two traces part: "epoch 1, row 17: exp(-3.2) is A in libm, B in SLEEF"; None: nowhere."""
    for a, b in zip(one.trace, two.trace):
        if a != b and repr(a) != repr(b):  # NaN is not equal to itself
            (epoch, position), name, arguments, result = a
            inputs = ", ".join(map(repr, arguments))
            other = f"{b[1]}({', '.join(map(repr, b[2]))}) = {b[3]!r}" if a[:3] != b[:3] else repr(b[3])
            return (f"epoch {epoch + 1}, position {position}: {name}({inputs}) is {result!r} in {one.name}, {other} in "
                    f"{two.name}")
    return None
