# SPDX-License-Identifier: MIT
"""Files of nodes as `sgdmark fleet run` writes them, with faults to be found."""
import hashlib
import json
import random
import re

METRICS = {"epoch_ps_per_row": 9000, "slowest_ps_per_row": 9200, "folds_core_ns": 13000000, "folds_all_ns": 15000000,
           "read_all_ns": 11000000, "compute_fs_per_feature": 17000, "memory_fs_per_byte": 90000, "cycle_fs": 300000}
CORES = 64


def noisy(usual, factor, noise):
    return round(usual * factor * random.gauss(1.0, noise))


def node(rank, size, kind=0, slow=1.0, noise=0.005):
    """The facts of a node; `slow`: by how much its clock and all its times are longer."""
    factor = (1 + 0.2 * kind) * slow
    own = {key: random.gauss(1.0, noise) for key in METRICS}
    cores = {"pu": list(range(CORES)), "core": list(range(CORES)), "package": [c // 32 for c in range(CORES)]}
    for key, usual in (("epoch_ps_per_row", 9000), ("epoch_ps_per_row_again", 9000), ("compute_fs_per_feature", 17000),
                       ("memory_fs_per_byte", 90000), ("cycle_fs", 300000)):
        cores[key] = [noisy(usual, factor, noise) for _ in range(CORES)]
    return {"fleet_node": 1, "node": f"n{rank:04}", "run": "slurm-7", "job": "0123456789abcdef", "version": "0.1.0",
            "started": "2026-01-01T00:00:00Z", "launcher": "srun", "rank": rank, "size": size, "status": "done",
            "milliseconds": 30000, "away_permille": 1,
            "group": {"cpu": f"CPU {kind}", "microcode": "0x1", "build": "0123456789abcdef", "backend": "f32/avx512",
                      "memory_gib": 256, "cores": CORES},
            "metrics": {key: [noisy(usual, factor * own[key], noise / 3) for _ in range(2)]
                        for key, usual in METRICS.items()},
            "cores": cores, "checks": {"made": 200, "wrong": 0, "faults": []},
            "environment": {"frequency.governor": "performance", "os.kernel": "6.1"}, "findings": [],
            "fingerprints": {"f32/avx512": "29533d195ca7d0a4"}}


def make_wrong(facts, pu):
    facts["checks"].update(wrong=1, faults=[{"pu": pu, "core": pu, "package": pu // 32,
                                             "what": "avx512 is wrong in 1 of 40 fits"}])


def sealed(facts):
    """The text of the file."""
    whole = {"sgdmark": facts}
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    text = re.sub(r"\\u([0-9a-f]{4})", lambda found: "\\u" + found[1].upper(), text)  # as jansson writes them
    whole["sgdmark"] = facts | {"sha256": hashlib.sha256(text.encode()).hexdigest()}
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False) + "\n"


def write(folder, facts, name=None):
    name = name or f"node-{facts['rank']:05}-{facts['node']}.json"
    path = f"{folder}/{name}"
    with open(path, "w") as file:
        file.write(sealed(facts))
    return path
