#!/bin/bash
# SPDX-License-Identifier: MIT
# Every backend that promises the scalar backend's bits trains the same model for each of the ten digits; the fast-math
# ones reach the same metrics on the default job.
source "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA

data=$mnist
have_mnist || data=synthetic:n=6000

# model BACKEND DIGIT: backend, fingerprint and update hash of one fit.
model() {
    "$sgdmark" train --data "$data" --isa "$1" --digit "$2" --json - > "$scratch/json" || return
    echo "$(json "$scratch/json" isa) $(json "$scratch/json" fingerprint) $(json "$scratch/json" update_hash)"
}

# metrics BACKEND
metrics() {
    "$sgdmark" cv --data "$data" --isa "$1" --json - > "$scratch/json" || return
    local key
    for key in isa fold_accuracy confusion precision recall f1; do json "$scratch/json" $key; done
}

declare -a scalar
for digit in {0..9}; do
    scalar[digit]=$(model scalar "$digit")
    check "scalar, digit $digit: a model" grep -q -x -E 'scalar [0-9a-f]{16} [0-9a-f]{16}' <<< "${scalar[digit]}"
done
equal "each digit has its own model" "$(printf '%s\n' "${scalar[@]}" | sort -u | wc -l)" 10
ledger scalar natively

for backend in $(backends_here bits); do
    failed_before=$tap_failed
    for digit in {0..9}; do
        equal "$backend, digit $digit: the scalar model" "$(model "$backend" "$digit")" \
            "${scalar[digit]/#scalar/$backend}"
    done
    [ "$tap_failed" -ne "$failed_before" ] || ledger "$backend" natively
done

scalar_metrics=$(metrics scalar)
for backend in $(backends_here tolerance); do
    if ! have_mnist; then
        skip "$backend: the scalar metrics" "$mnist is not there, and they are promised on MNIST"
    else
        failed_before=$tap_failed
        equal "$backend: the scalar metrics" "$(metrics "$backend")" "${scalar_metrics/#scalar/$backend}"
        [ "$tap_failed" -ne "$failed_before" ] || ledger "$backend" natively
    fi
done

finish
