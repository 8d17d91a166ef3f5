#!/bin/bash
# SPDX-License-Identifier: MIT
# `sgdmark sweep`: points are those of `cv` alone; killed and interrupted sweeps go on and end in the same bytes; so do
# shares under --share, mpirun, parallel and srun; memory does not grow with the points; NumPy reads the arrays.
source "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA

rows=(--data 'synthetic:n=1500,d=64')
grid=(--vary order-seed=0..39 --vary 'alpha=1e-4,1e-5' --epochs 40)

# sweep FOLDER [OPTION...]: the sweep of this test.
sweep() {
    "$sgdmark" sweep "${rows[@]}" "${grid[@]}" --out "$scratch/$1" "${@:2}"
}

# start FOLDER: the same in the background; sets child.
start() {
    "$sgdmark" sweep "${rows[@]}" "${grid[@]}" --out "$scratch/$1" > /dev/null 2> "$scratch/stderr" &
    child=$!
}

started=$EPOCHREALTIME
check "a sweep of 80 points" sweep whole --json "$scratch/summary.json"
took=$((${EPOCHREALTIME/./} - ${started/./})) # microseconds
points=$scratch/whole/points.jsonl
equal "one line for each, in order" "$(jq -s -c 'map(.point) == [range(80)]' "$points")" true
equal "--json is the summary" "$(cat "$scratch/summary.json")" "$(cat "$scratch/whole/summary.json")"
equal "the file of points holds neither host nor path nor time" \
    "$(grep -c -w -F -e "$(hostname)" -e "$scratch" -e seconds -e synthetic "$points")" 0
equal "times, host and path are beside it" \
    "$(jq -s -c '[.[0].host, .[0].data, (.[1:] | length)]' "$scratch/whole/times.jsonl")" "[\"$(hostname)\",\"${rows[1]}\",80]"

# Points 3 and 77 alone, by cv.
for point in 3 77; do
    read -r alpha seed < <(jq -r "select(.point == $point) | .params | \"\(.alpha) \(.order_seed)\"" "$points")
    "$sgdmark" cv "${rows[@]}" --alpha "$alpha" --order-seed "$seed" --epochs 40 --json "$scratch/cv.json" > /dev/null
    what='{fold_accuracy, confusion, precision, recall, f1, roc_auc, fold_updates, fold_fingerprint}'
    equal "point $point is what cv computes alone" "$(jq -c "select(.point == $point) | $what" "$points")" \
        "$(jq -c "$what" "$scratch/cv.json")"
done

# Other workers, another backend, another folder.
sweep again --place core --isa scalar > /dev/null
same_sweep again "one worker and the scalar backend give the same bytes"

# ---- Killed, interrupted, and what may not be resumed

# Each time from the start: killed, then given again. A line that is not whole may stand at the end alone.
faults=()
for _ in {1..6}; do
    rm -rf "$scratch/killed"
    start killed
    moment=$((took * (RANDOM % 900) / 1000))
    sleep "$(printf '%d.%06d' $((moment / 1000000)) $((moment % 1000000)))"
    before=$(cat "$scratch"/killed/points.jsonl* 2> /dev/null | wc -l)
    kill -KILL $child 2> /dev/null
    wait $child 2> /dev/null
    cat "$scratch"/killed/points.jsonl* 2> /dev/null | head -n "$before" | jq -e .point > /dev/null || [ "$before" -eq 0 ] ||
        faults+=("a line is not whole")
    sweep killed > /dev/null || faults+=("it does not go on")
    cmp "$points" "$scratch/killed/points.jsonl" > /dev/null || faults+=("other bytes")
    again=$(jq -s '[.[] | select(.point) | .point] | length' "$scratch/killed/times.jsonl")
    [ "$again" -le 82 ] || faults+=("$((again - 80)) points were computed twice")
done
equal "kill -9 at six moments: the same command goes on, loses no finished point and ends in the same bytes" "${faults[*]}" ""
same_sweep killed "and in the same arrays and summary"

start interrupted
until [ -s "$scratch/interrupted/points.jsonl.part" ] || ! kill -0 $child 2> /dev/null; do :; done
kill -TERM $child
wait $child
equal "SIGTERM: ends by the signal" $? 143
kept=$(wc -l < "$scratch/interrupted/points.jsonl.part")
equal "and says what is kept" "$(cat "$scratch/stderr")" \
    "sgdmark sweep: interrupted; $kept points are kept in $scratch/interrupted, and the same command goes on"
sweep interrupted > /dev/null
same_sweep interrupted "it goes on, too"
equal "what was there was not computed again" "$(jq -s '[.[] | select(.point) | .point] | length' "$scratch/interrupted/times.jsonl")" 80

err=$("$sgdmark" sweep "${rows[@]}" --vary order-seed=0..39 --out "$scratch/whole" 2>&1)
equal "another sweep in the same folder is refused" "$?/$(grep -c 'is of another sweep: "points" differs' <<< "$err")" 2/1

# ---- Points that fail

out=$("$sgdmark" sweep "${rows[@]}" --vary alpha=1e-300,1e-4 --out "$scratch/diverging" 2>&1)
equal "a point that diverges is null with its reason, and the sweep goes on" \
    "$? $(jq -s -c 'map([.mean_accuracy == null, .fingerprint == null, (.reason // "" | startswith("the fit diverged"))])' "$scratch/diverging/points.jsonl")" \
    '0 [[true,true,true],[false,false,false]]'
check "the report says so" grep -q '^failed  1 points have no outcome; the first is point 0: the fit diverged' <<< "$out"
"$sgdmark" sweep "${rows[@]}" --vary alpha=1e-300,1e-299 --out "$scratch/all-diverging" > "$scratch/out" 2>&1
equal "exit status 1 where every point fails" $? 1

# ---- Shares

for share in 1 2 3 4; do sweep shares --share $share/4 > /dev/null & done
wait
check "four shares are joined" "$sgdmark" sweep --gather "$scratch/shares"
same_sweep shares "--share: the bytes of the whole"

rm "$scratch/shares/points-2-of-4.jsonl"
err=$("$sgdmark" sweep --gather "$scratch/shares" 2>&1 > /dev/null)
equal "missing points are named" "$? $(head -n 1 <<< "$err" | cut -c 1-50)" "1 missing      20 of 80 points: 1, 5, 9, 13, 17, 21,"
sweep shares --share 2/4 > /dev/null
head -n 3 "$scratch/shares/points-2-of-4.jsonl" > "$scratch/shares/points-9-of-9.jsonl"
err=$("$sgdmark" sweep --gather "$scratch/shares" 2>&1 > /dev/null)
equal "doubled points are named" "$? $err" "0 doubled      3 of 80 points: 1, 5, 9"
same_sweep shares "and do no harm"
sed 's/"reason"/"raisin"/; s/"f1":0/"f1":1/' "$scratch/shares/points-2-of-4.jsonl" > "$scratch/shares/points-9-of-9.jsonl"
err=$("$sgdmark" sweep --gather "$scratch/shares" 2>&1 > /dev/null)
equal "an edited file is refused" "$?/$(grep -c 'points-9-of-9.jsonl: line 1: the numbers of point 1 contradict' <<< "$err")" 2/1

# launched FOLDER NAME: what a launcher has left there is gathered.
launched() {
    equal "$2: each process had its share" "$(cd "$scratch/$1" && echo points-*)" \
        "points-1-of-4.jsonl points-2-of-4.jsonl points-3-of-4.jsonl points-4-of-4.jsonl"
    "$sgdmark" sweep --gather "$scratch/$1" > /dev/null
    same_sweep "$1" "$2: the bytes of the whole"
}
sweep_command=("$sgdmark" sweep "${rows[@]}" "${grid[@]}")

if command -v mpirun > /dev/null; then
    if OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 timeout 60 mpirun --oversubscribe -n 4 \
        "${sweep_command[@]}" --out "$scratch/mpi" > "$scratch/out" 2>&1; then
        launched mpi mpirun
    else
        not_ok "mpirun: each process had its share" "$(cat "$scratch/out")"
    fi
else
    skip "mpirun" "openmpi-bin is not installed (tools/install-deps --test)"
fi

if parallel --version 2> /dev/null | grep -q '^GNU parallel'; then
    export PARALLEL_HOME=$scratch/home
    mkdir -p "$PARALLEL_HOME"
    parallel --will-cite -N0 "${sweep_command[@]@Q}" --out "$scratch/parallel" --share /4 ::: 1 2 3 4 > "$scratch/out" 2>&1
    launched parallel "parallel"
else
    skip "parallel" "parallel is not installed (tools/install-deps --test)"
fi

# shellcheck source=tests/slurm.sh
. tests/slurm.sh
if slurm_begin "$scratch/slurm"; then
    trap 'slurm_end; rm -rf "$scratch"' EXIT
    timeout 60 srun --overcommit -N2 -n4 "${sweep_command[@]}" --out "$scratch/srun" > "$scratch/out" 2>&1
    launched srun srun
    # The script of sbatch is one process, though Slurm gives it a rank and a number of tasks.
    printf '#!/bin/bash\nexec %s\n' "${sweep_command[*]@Q} --out $scratch/sbatch" > "$scratch/script"
    timeout 60 sbatch --wait -n4 --overcommit -o "$scratch/out" "$scratch/script" > /dev/null 2>&1
    same_sweep sbatch "the script of sbatch computes the whole"
    slurm_end
else
    skip "srun" "$slurm_why"
fi

equal "--share /4 without a launcher is refused" "$(sweep x --share /4 2>&1 | grep -c 'takes the number of the share from')" 1

# ---- Memory, and the arrays

python=/usr/bin/python3
if ! $python -c 'import numpy' 2> /dev/null; then
    skip "memory and arrays" "python3-numpy is not installed (tools/install-deps --test)"
    finish
fi

# peak COMMAND...: the most memory that it took, in MB.
peak() {
    $python -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)' "$@"
}
if sanitized; then
    skip "memory" "$build is built with a sanitizer, which needs more of it"
else
    big=(--data synthetic:n=60000 --epochs 1)
    beyond=$(($(peak "$sgdmark" sweep "${big[@]}" --vary order-seed=0..5 --place core --out "$scratch/big") - $(peak "$sgdmark" describe "${big[@]:0:2}")))
    check "one worker on 60000 rows takes $beyond MB beyond the rows: at most 32" test $beyond -le 32
    tiny=("$sgdmark" sweep --data 'synthetic:n=100,d=16' --epochs 1)
    few=$(peak "${tiny[@]}" --vary order-seed=0..9 --out "$scratch/few")
    many=$(peak "${tiny[@]}" --vary order-seed=0..9999 --out "$scratch/many")
    check "10000 points take $((many - few)) MB more than 10: at most 24" test $((many - few)) -le 24
fi

$python - "$scratch/whole" "$scratch/diverging" > "$scratch/arrays" 2>&1 << 'END'
import json, sys
import numpy as np
folder, diverging = sys.argv[1:]
points = [json.loads(line) for line in open(folder + "/points.jsonl")]
arrays = np.load(folder + "/points.npz")
summary = json.load(open(folder + "/summary.json"))
def check(name, good):
    print(f"{'ok' if good else 'not_ok'}|{name}")
def column(key):
    return np.array([point[key] for point in points])
for key in ("point", "fold_accuracy", "mean_accuracy", "precision", "recall", "f1", "roc_auc", "confusion"):
    check(f"numpy.load: {key}", (arrays[key] == column(key)).all() and arrays[key].shape == column(key).shape)
for key in ("alpha", "order_seed"):
    check(f"numpy.load: {key}", (arrays[key] == [point["params"][key] for point in points]).all())
check("numpy.load: fingerprint", [f"{x:016x}" for x in arrays["fingerprint"]] == list(column("fingerprint")))
check("numpy.load: failed points are NaN", np.isnan(np.load(diverging + "/points.npz")["mean_accuracy"]).tolist() == [True, False])
check("the mean accuracy is numpy.mean", (arrays["fold_accuracy"].mean(axis=1) == arrays["mean_accuracy"]).all())
check("the best point is numpy.argmax", summary["best"]["point"] == arrays["mean_accuracy"].argmax())
for metric in summary["metrics"]:
    x = arrays[metric["metric"]]
    want = [x.min(), *np.percentile(x, [5, 50, 95]), x.max()]
    check(f"{metric['metric']}: quantiles are numpy's", np.allclose([metric[k] for k in ("min", "p5", "median", "p95", "max")], want, rtol=1e-14))
    check(f"{metric['metric']}: histogram is numpy's", metric["histogram"] == np.histogram(x, bins=24)[0].tolist())
try:
    from sklearn.model_selection import ParameterGrid
except ImportError:
    print("skip|the order is ParameterGrid's")
else:
    want = list(ParameterGrid({"order_seed": list(range(40)), "alpha": [1e-4, 1e-5]}))
    check("the order is ParameterGrid's", [point["params"] for point in points] == want)
END
equal "the arrays are read" $? 0
while IFS='|' read -r verdict name; do
    case $verdict in
    ok) ok "$name" ;;
    skip) skip "$name" "scikit-learn is not installed (tools/install-deps --oracle)" ;;
    *) not_ok "${name:-$verdict}" ;;
    esac
done < "$scratch/arrays"
finish
