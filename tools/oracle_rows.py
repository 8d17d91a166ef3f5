"""What the oracle shares: the rows, read and ordered by NumPy alone."""
import gzip
import os
import struct
import sys

import numpy as np

FILES = {"train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
         "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")}


def _read(folder, name):
    path = os.path.join(folder, name)
    with open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz") as file:
        data = file.read()
    dimensions = data[3]
    shape = struct.unpack(f">{dimensions}I", data[4:4 + 4 * dimensions])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def _write(folder, name, array):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape))
        file.write(array.tobytes())


def make_up(folder, height, width, n_train=6000, n_test=1000):
    """Writes four IDX files of digit-like rows: ten noisy templates inside an empty border."""
    rng = np.random.RandomState(height * 1000 + width)
    templates = rng.randint(1, 256, (10, height, width)) * (rng.random_sample((10, height, width)) < 0.3)
    border = min(height, width) // 6
    templates[:, :border], templates[:, height - border:] = 0, 0
    for split, n in (("train", n_train), ("test", n_test)):
        labels = rng.randint(0, 10, n).astype(np.uint8)
        noise = rng.randint(-40, 41, (n, height, width)) * (rng.random_sample((n, height, width)) < 0.7)
        images = np.where(templates[labels] > 0, np.clip(templates[labels] + noise, 0, 255), 0)
        _write(folder, FILES[split][0], images.astype(np.uint8))
        _write(folder, FILES[split][1], labels)


class Rows:
    """The data set of one folder; take() gives rows in the orders that --split, --order and --limit name."""

    def __init__(self, folder):
        self.folder = folder
        self.x, self.y = {}, {}
        for split, (images, labels) in FILES.items():
            x = _read(folder, images)
            self.x[split] = x.reshape(len(x), -1)
            self.y[split] = _read(folder, labels)
        self._kept = None

    def size(self, split):
        return sum(len(self.y[part]) for part in self._parts(split))

    @staticmethod
    def _parts(split):
        return ("train", "test") if split == "all" else (split,)

    def labels(self, split, order, order_seed, limit):
        x, y = self._ordered(split, order, order_seed)
        return y[:limit]

    def take(self, split, order, order_seed, limit):
        """float64 rows and their labels: what scikit-learn is given."""
        x, y = self._ordered(split, order, order_seed)
        return x[:limit].astype(np.float64), y[:limit]

    def _ordered(self, split, order, order_seed):
        key = (split, order, order_seed)
        if self._kept and self._kept[0] == key:
            return self._kept[1]
        x, y = [], []
        for part in self._parts(split):
            sort = np.argsort(self.y[part], kind="stable") if order in ("sorted", "notebook") else slice(None)
            x.append(self.x[part][sort])
            y.append(self.y[part][sort])
        x, y = np.concatenate(x), np.concatenate(y)
        if order == "notebook":
            shuffle = np.random.RandomState(order_seed).permutation(len(y))
            x, y = x[shuffle], y[shuffle]
        self._kept = (key, (x, y))
        return x, y


def fingerprint(coef, intercept):
    """FNV-1a 64 of coef and intercept as little-endian float64."""
    value = 14695981039346656037
    for byte in np.append(coef.ravel(), intercept).astype("<f8").tobytes():
        value = ((value ^ byte) * 1099511628211) & (2**64 - 1)
    return f"{value:016x}"


def stop(message):
    """One line on stderr, exit status 2."""
    sys.exit(print(f"tools/oracle: {message}", file=sys.stderr) or 2)
