"""A model of engine f32 in NumPy, written from the definition of the 64-lane reduction; slow, for small jobs."""
import numpy as np

LANES = 64
# Products of a float32 and a byte are exact in the long double.
WIDE = np.longdouble


def fused(addend, product):
    """addend + product, rounded once to float32. The sum in the long double may be inexact, and then lie just between
    two float32: its error decides."""
    addend = addend.astype(WIDE)
    total = addend + product
    rest = total - addend
    error = (addend - (total - rest)) + (product - rest)
    rounded = total.astype(np.float32)
    if error.any():
        below = np.nextafter(total, WIDE(-np.inf)).astype(np.float32)
        above = np.nextafter(total, WIDE(np.inf)).astype(np.float32)
        tie = (error != 0) & (below != above) & (total == (below.astype(WIDE) + above.astype(WIDE)) / 2)
        rounded = np.where(tie, np.where(error > 0, above, below), rounded)
    return rounded


def seed_of(state, newer):
    """The seed of the epoch shuffle that random_state gives: its first draw before scikit-learn 0.21, else its second."""
    rng = np.random.RandomState(state)
    if newer:
        rng.randint(1, 2**31 - 1)
    return int(rng.randint(0, 2**31 - 1))


def shuffled(order, seed):
    order, n, s = list(order), len(order), seed or 1
    for i in range(n - 1):
        s ^= s << 13 & 0xFFFFFFFF
        s ^= s >> 17
        s ^= s << 5 & 0xFFFFFFFF
        j = i + (s & 0x7FFFFFFF) % (n - i)
        order[i], order[j] = order[j], order[i]
    return order


def dot(w, x):
    """w, x: (chunks, 64). Lane l takes the features l, l + 64, ... in turn; then the lanes fold in halves."""
    lanes = np.zeros(LANES, np.float32)
    for product in w.astype(WIDE) * x:
        lanes = fused(lanes, product)
    while len(lanes) > 1:
        half = len(lanes) // 2
        lanes = lanes[:half] + lanes[half:]
    return float(lanes[0])


def fit(x, y, alpha, epochs, seed, newer):
    """coef (d,), intercept and update hash of engine f32 on rows x and labels y."""
    n, d = x.shape
    rows = np.zeros((n, -(-d // LANES) * LANES), WIDE)
    rows[:, :d] = x
    rows = rows.reshape(n, -1, LANES)
    w = np.zeros(rows.shape[1:], np.float32)
    wscale, intercept, t, updates = 1.0, 0.0, 1.0, 1469598103934665603
    typical = np.sqrt(1.0 / np.sqrt(alpha))
    t0 = 1.0 / (typical / max(1.0, -1.0) * alpha)
    order, shuffle_seed = range(n), seed_of(seed, newer)
    for epoch in range(epochs):
        order = shuffled(order, shuffle_seed)
        for position, row in enumerate(order):
            sign = 1.0 if y[row] else -1.0
            decision = dot(w, rows[row]) * wscale + intercept
            eta = 1.0 / (alpha * (t0 + t - 1.0))
            wscale *= max(0.0, 1.0 - eta * alpha)
            if wscale < 1e-6:
                w = (w.astype(np.float64) * wscale).astype(np.float32)
                wscale = 1.0
            if decision * sign <= 1.0:
                step = WIDE(np.float32(eta * sign / wscale))
                w = fused(w, step * rows[row])
                intercept += eta * sign
                updates = ((updates ^ (epoch * 60000 + position)) * 1099511628211) % 2**64
            t += 1.0
    return w.astype(np.float64).ravel()[:d] * wscale, intercept, f"{updates:016x}"
