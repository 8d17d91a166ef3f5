#!/bin/bash
# SPDX-License-Identifier: MIT
# Saved models from end to end: predictions are those of training on every backend, NumPy reads the file and what it
# writes of it is read, IDX files of images, ten models in one file, probabilities, damaged files.
source "$(dirname "$0")/lib.sh"
source tests/cli/fixtures.sh
needs jq
unset SGDMARK_ISA

S=synthetic:n=600
m=$scratch/m.npz

# predict MODEL ARGUMENTS...: with $model, writes $scratch/{p,d}.npy and the JSON.
predict() {
    local model=$1
    shift
    "$sgdmark" predict --model "$model" --predictions-out "$scratch/p.npy" --decision-out "$scratch/d.npy" --json - "$@" \
        > "$scratch/json" 2> "$scratch/stderr"
}

# sums: of what the last prediction wrote.
sums() {
    sha256sum < "$scratch/p.npy"
    sha256sum < "$scratch/d.npy"
}

# Every engine: the model and the accuracy of training come back, whatever backend predicts.
for engine in f32 f64 int; do
    "$sgdmark" train --data $S --engine $engine --save "$m" --json "$scratch/t.json" > "$scratch/stdout"
    predict "$m" --data $S
    equal "$engine: accuracy and fingerprint are those of training" \
        "$(jq -c '[.accuracy, .fingerprints[0], .engine]' "$scratch/json")" \
        "$(jq -c '[.accuracy, .fingerprint, .engine]' "$scratch/t.json")"
    first=$(sums)
    for backend in $(backends_here bits); do
        predict "$m" --data $S --isa "$backend"
        equal "$engine: the same bits by $backend" "$(sums)" "$first"
    done
    "$sgdmark" train --data $S --engine $engine --isa scalar --save "$scratch/scalar.npz" > "$scratch/stdout"
    predict "$scratch/scalar.npz" --data $S
    equal "$engine: a model trained by scalar gives the same bits" "$(sums)" "$first"
    cp "$m" "$scratch/$engine.npz"
done
equal "f64 and int agree on every class" "$(
    for engine in f64 int; do
        predict "$scratch/$engine.npz" --data $S
        sha256sum < "$scratch/p.npy"
    done | sort -u | wc -l)" 1
"$sgdmark" train --data $S --save "$scratch/again.npz" > "$scratch/stdout"
check "the same fit gives the same file" cmp "$scratch/f32.npz" "$scratch/again.npz"

# Rows in another order, and part of them.
predict "$scratch/f32.npz" --data $S --order file --split test
equal "other rows" "$(jq -c '[.n, .synthetic]' "$scratch/json")" "[100,true]"

# An IDX file has the decision values of its folder; its rows come in file order.
good "$scratch/good"
{ be32 2051; be32 20; be32 28; be32 28; head -c $((20 * 784)) "$sgdmark"; } > "$scratch/good/t10k-images-idx3-ubyte"
predict "$scratch/f32.npz" --data "$scratch/good" --split test --order file
folder=$(sums)
predict "$scratch/f32.npz" --data "$scratch/good/t10k-images-idx3-ubyte"
equal "an IDX file of images" "$(sums)" "$folder"
gzip -n "$scratch/good/t10k-images-idx3-ubyte"
predict "$scratch/f32.npz" --data "$scratch/good/t10k-images-idx3-ubyte.gz"
equal "the same, packed" "$(sums)" "$folder"
equal "its labels are not known" "$(jq -c '[.accuracy, .confusion]' "$scratch/json")" "[null,null]"

# Damaged files: one line, status 2, nothing written.
size=$(stat -c %s "$m") faults=0
for ((cut = 1; cut < size; cut += size / 23)); do
    head -c "$cut" "$m" > "$scratch/bad.npz"
    rm -f "$scratch/p.npy"
    predict "$scratch/bad.npz" --data $S
    if [ $? != 2 ] || [ "$(wc -l < "$scratch/stderr")" != 1 ] || [ -e "$scratch/p.npy" ]; then faults=$((faults + 1)); fi
done
equal "files cut short are refused" $faults 0

# What NumPy makes of the file, and what is read of that.
python=/usr/bin/python3
if ! $python -c 'import numpy' 2> "$scratch/noise"; then
    skip "NumPy reads and writes models" "python3-numpy is not installed (tools/install-deps --oracle)"
    finish
fi

cat > "$scratch/look.py" << 'END'
import json, sys
import numpy as np
scratch = sys.argv[1]
for engine in ("f32", "f64", "int"):
    model = np.load(f"{scratch}/{engine}.npz")
    params = json.loads(str(model["params"]))
    assert str(model["engine"]) == engine and str(model["dtype"]) == "uint8" and int(model["sgdmark_model"]) == 1
    assert model["coef_"].shape == (1, 784) and model["coef_"].dtype == np.float64
    assert model["intercept_"].shape == (1,) and model["classes_"].tolist() == [False, True]
    assert (params["digit"], params["loss"], params["alpha"], params["epochs"]) == (5, "hinge", 1e-4, 5)
    assert int(model["n_iter_"]) == 5 and float(model["t_"]) == 3001.0
    if engine == "f32":
        assert model["w"].dtype == np.float32
        assert np.array_equal(model["w"].astype(np.float64) * model["wscale"], model["coef_"])
    if engine == "int":
        assert np.allclose(model["integer"] * model["unit"], model["coef_"], rtol=1e-9, atol=1e-12)
    whole = dict(model)
    np.savez(f"{scratch}/{engine}-again.npz", **whole)
    np.savez_compressed(f"{scratch}/{engine}-compressed.npz", **whole)
    swapped = {key: value.astype(value.dtype.newbyteorder(">")) for key, value in whole.items()}
    np.savez(f"{scratch}/{engine}-swapped.npz", **swapped)
    whole["params"] = np.array(json.dumps(params).encode())
    np.savez(f"{scratch}/{engine}-bytes.npz", **whole)
END
check "NumPy finds scikit-learn's attributes, and writes the file in four ways" $python "$scratch/look.py" "$scratch"
for engine in f32 f64 int; do
    predict "$scratch/$engine.npz" --data $S
    first=$(sums)
    for form in again compressed swapped bytes; do
        predict "$scratch/$engine-$form.npz" --data $S || cat "$scratch/stderr"
        equal "$engine: what NumPy wrote ($form) gives the same bits" "$(sums)" "$first"
    done
done

# Ten models in one file.
for digit in {0..9}; do
    "$sgdmark" train --data $S --digit "$digit" --save "$scratch/$digit.npz" > "$scratch/stdout"
    predict "$scratch/$digit.npz" --data $S
    mv "$scratch/d.npy" "$scratch/d$digit.npy"
done
cat > "$scratch/stack.py" << 'END'
import sys
import numpy as np
scratch = sys.argv[1]
models = [dict(np.load(f"{scratch}/{digit}.npz")) for digit in range(10)]
ten = dict(models[0])
for key in ("coef_", "intercept_", "fingerprint", "update_hash", "w", "wscale"):
    ten[key] = np.concatenate([model[key] for model in models])
ten["classes_"] = np.arange(10)
np.savez(f"{scratch}/ten.npz", **ten)
ten["coef_"], ten["w"] = np.asfortranarray(ten["coef_"]), np.asfortranarray(ten["w"])
np.savez(f"{scratch}/ten-fortran.npz", **ten)
END
cat > "$scratch/columns.py" << 'END'
import json, sys
import numpy as np
scratch = sys.argv[1]
decision, digit = np.load(f"{scratch}/d.npy"), np.load(f"{scratch}/p.npy")
singles = np.stack([np.load(f"{scratch}/d{digit}.npy") for digit in range(10)], axis=1)
assert decision.shape == (600, 10) and decision.dtype == np.float64 and np.array_equal(decision, singles)
assert digit.shape == (600,) and digit.dtype == np.int64 and np.array_equal(digit, decision.argmax(axis=1))
assert json.load(open(f"{scratch}/json"))["accuracy"] > 0.5
END
check "ten models are put into one file" $python "$scratch/stack.py" "$scratch"
for form in ten ten-fortran; do
    predict "$scratch/$form.npz" --data $S
    check "$form: decision values (n, 10) are those of the single models, the class is the largest" \
        $python "$scratch/columns.py" "$scratch"
done

# Shapes and values of a single model, on scikit-learn's terms.
cat > "$scratch/values.py" << 'END'
import sys
import numpy as np
scratch, loss, engine = sys.argv[1:4]
decision, predicted = np.load(f"{scratch}/d.npy"), np.load(f"{scratch}/p.npy")
assert decision.shape == (600,) and decision.dtype == np.float64
assert predicted.shape == (600,) and predicted.dtype == bool and np.array_equal(predicted, decision > 0)
if loss != "none":
    proba = np.load(f"{scratch}/proba.npy")
    assert proba.shape == (600, 2) and proba.dtype == np.float64
    rtol, atol = (1e-6, 1e-38) if engine == "f32" and loss == "log_loss" else (1e-14, 0)
    rounded = decision.astype(np.float32).astype(np.float64) if engine == "f32" and loss == "log_loss" else decision
    np.seterr(over="ignore")
    want = 1 / (1 + np.exp(-rounded)) if loss == "log_loss" else (np.clip(decision, -1, 1) + 1) / 2
    assert np.allclose(proba[:, 1], want, rtol=rtol, atol=atol), abs(proba[:, 1] - want).max()
    assert np.array_equal(proba[:, 0], 1 - proba[:, 1])
END
predict "$scratch/f32.npz" --data $S
check "bool classes of float64 decision values" $python "$scratch/values.py" "$scratch" none f32

for loss in log_loss modified_huber; do
    if ! "$sgdmark" train --data $S --loss $loss --save "$m" > "$scratch/stdout" 2> "$scratch/stderr"; then
        skip "probabilities of $loss" "this program cannot train it: $(cat "$scratch/stderr")"
        continue
    fi
    for engine in f32 f64; do
        "$sgdmark" train --data $S --loss $loss --alpha 1 --engine $engine --save "$m" > "$scratch/stdout"
        predict "$m" --data $S --proba-out "$scratch/proba.npy"
        check "$engine: probabilities of $loss" $python "$scratch/values.py" "$scratch" $loss $engine
        first=$(sha256sum < "$scratch/proba.npy")
        for backend in $(backends_here bits); do
            predict "$m" --data $S --isa "$backend" --proba-out "$scratch/proba.npy"
            equal "$engine: the same bits by $backend" "$(sha256sum < "$scratch/proba.npy")" "$first"
        done
    done
done
finish
