#!/bin/bash
# SPDX-License-Identifier: MIT
# A part of the comparison with the live scikit-learn: fixed configurations, then a random draw whose seed is printed.
source "$(dirname "$0")/lib.sh"

if ! /usr/bin/python3 -c 'import sklearn' 2> "$scratch/stderr"; then
    skip "comparison with scikit-learn" "it is not installed (tools/install-deps --oracle)"
    finish
fi

# compares NAME ARGUMENTS...
compares() {
    local name=$1
    shift
    if tools/oracle --binary "$sgdmark" "$@" > "$scratch/output" 2>&1; then
        ok "$name: $(tail -n 1 "$scratch/output")"
    else
        not_ok "$name" "$(cat "$scratch/output")"
    fi
}

# The comparison can fail: a program that trains one epoch too many is found out.
printf '#!/bin/sh\nexec %q "$@" --epochs 6\n' "$(realpath "$sgdmark")" > "$scratch/wrong"
chmod +x "$scratch/wrong"
tools/oracle --binary "$scratch/wrong" --only limit=500 > "$scratch/output" 2>&1
equal "a wrong program is found out" "$? $(grep -c '^FAIL train: coef_' "$scratch/output")" "1 1"

# So is one that shuffles by another version's seed, under any of the parameters.
printf '#!/bin/sh\ncase $1 in train | cv) exec %q "$@" --compat 0.19 ;; *) exec %q "$@" ;; esac\n' \
    "$(realpath "$sgdmark")" "$(realpath "$sgdmark")" > "$scratch/wrong"
tools/oracle --binary "$scratch/wrong" --parameters 5 --seed 5 > "$scratch/output" 2>&1
equal "a wrong program is found out, whatever the parameters" "$?" 1

seed=${SEED:-$((RANDOM << 15 | RANDOM))}
compares "fixed configurations" --quick
compares "random configurations, seed $seed" --random 12 --seed "$seed"
compares "the whole parameter space, seed $seed" --parameters 200 --seed "$seed"
# Rows that end inside a vector, and ones that need less than one.
for shape in 13x11 40x37 3x5; do
    compares "rows of $shape pixels, seed $seed" --data made-up:$shape --random 5 --seed "$seed"
done
if have_mnist; then
    check "sweeps: cross_val_score over order seeds, GridSearchCV" tools/sweep-oracle --binary "$sgdmark" --limit 6000 --seeds 2
else
    skip "sweeps: cross_val_score over order seeds, GridSearchCV" "there is no MNIST (tools/fetch-mnist)"
fi
finish
