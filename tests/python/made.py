# SPDX-License-Identifier: MIT
"""Result files for tests of `compare`: the recorded one (schema 2), variants of it, and made ones of schema 3 whose processes
scatter as a test wants. They have no hash that fits: build/tests/unsealed reads them."""
import copy
import json
import math
import os
import random
import tempfile
import uuid

GOOD = json.load(open("tests/golden/result.json"))
scratch = tempfile.TemporaryDirectory()


def write(name, content):
    path = os.path.join(scratch.name, name)
    with open(path, "w") as f:
        f.write(content if isinstance(content, str) else json.dumps(content))
    return path


def other_run(result):
    result["sgdmark"]["run_id"] = str(uuid.uuid4())


def variant(name, change):
    """The recorded result after change(result), as the file of another run."""
    result = copy.deepcopy(GOOD)
    other_run(result)
    change(result)
    return write(name, result)


ROUNDS = 4  # of each process
TWIN = "epoch/f32/avx2/again"
FACTORS = {"epoch/f32/scalar": 4e-3, "epoch/f32/avx2": 1.5e-3, "read/epoch-order": 1e-3, "read/L1": 1e-5}


def times(name, run, processes, spread):
    """Rounds of each process, whose medians scatter by `spread` (relative), the same for the same name and run."""
    for process in range(processes):
        own = FACTORS[name] * math.exp(spread * random.Random(f"{name} {run} {process}").gauss(0, 1))
        for r in range(ROUNDS):
            yield own * (1 + 0.001 * (r - 1.5))


def roof_of(name, seconds, kind):
    roof = copy.deepcopy(GOOD["sgdmark"]["roofs"][0])
    roof.update(name=name, seconds=seconds)
    case = {key: GOOD["sgdmark"]["experiments"][0]["cases"][0][key] for key in ("summary", "rates")}
    case.update(name="roof/" + name, kind=kind, workers=1, work=47040000, disturbed=0)
    case.update({key: None for key in ("roof", "whole_roof")}, roof_reason="a roof", whole_roof_reason="a roof")
    return roof, case


def modern(run, processes=5, spread=0.002):
    """A result of schema 3: the same two epochs, their roofs, and an A/A case that covers both."""
    result = copy.deepcopy(GOOD)
    other_run(result)
    own = result["sgdmark"]
    own["schema_version"] = 3
    rounds = processes * ROUNDS
    iterations = {row["name"]: row for row in result["benchmarks"] if row["run_type"] == "iteration"}
    result["benchmarks"] = []
    for sample in own["samples"]:
        seconds = list(times(sample["name"], run, processes, spread))
        sample.update(seconds=seconds, cpu_seconds=seconds, disturbed=[None] * rounds)
        row = iterations[sample["name"]]
        result["benchmarks"] += [{**row, "repetition_index": i, "real_time": x * 1e9} for i, x in enumerate(seconds)]
    epochs = own["experiments"][0]
    own["roofs"] = []
    for case in epochs["cases"]:
        case.update(control=TWIN, unusable=None, roof={"read": "roof/read/epoch-order"})
        case.pop("roof_reason", None)
    for name, kind in (("read/epoch-order", "read roof"), ("read/L1", "cache roof")):
        roof, case = roof_of(name, list(times(name, run, processes, 0.001)), kind)
        own["roofs"].append(roof)
        epochs["cases"].append(case)
    epochs["rounds"] = rounds
    epochs["schedule"]["process"] = [r // ROUNDS for r in range(rounds)]
    epochs["controls"] = [{**epochs.pop("aa"), "first": TWIN, "second": "epoch/f32/avx2"}]
    epochs["usable"] = {"state": "usable", "above": None, "reason": None, "advice": None}
    for receipt in own["receipts"]["parity"]:
        receipt["prefetch"] = "8,16"
    return result


def modern_file(name, run, change=lambda result: None, **options):
    result = modern(run, **options)
    change(result)
    return write(name, result)


def scale(result, factor, only="", kinds=("seconds", "cpu_seconds")):
    """Every time of the benchmarks whose name holds `only` becomes factor times as long."""
    for sample in result["sgdmark"]["samples"]:
        if only in sample["name"]:
            for kind in kinds:
                sample[kind] = [x * factor for x in sample[kind]]
    for row in result["benchmarks"]:
        if only in row["name"]:
            row["real_time"] *= factor


def rename(result):
    for part in result["benchmarks"] + result["sgdmark"]["samples"]:
        for key in ("name", "run_name"):
            if key in part:
                part[key] = part[key].replace("epoch/f32/scalar", "epoch/f32/plain")


def put(*path_and_value):
    """A change that sets one value: put("sgdmark", "status", "incomplete")."""
    *path, key, value = path_and_value

    def change(result):
        for step in path:
            result = result[step]
        result[key] = value

    return change
