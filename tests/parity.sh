#!/bin/bash
# Every backend that promises the scalar backend's bits trains the same model for each of the ten digits; the fast-math
# ones reach the same metrics on the default job.
source "$(dirname "$0")/lib.sh"

data=$mnist
have_mnist || data=synthetic:n=6000

# model BACKEND DIGIT: fingerprint and update hash of one fit.
model() {
    "$sgdmark" train --data "$data" --isa "$1" --digit "$2" --json - > "$scratch/json" 2> "$scratch/stderr" ||
        cat "$scratch/stderr"
    echo "$(json "$scratch/json" isa) $(json "$scratch/json" fingerprint) $(json "$scratch/json" update_hash)"
}

tests/ledger --native "$sgdmark" bits > "$scratch/exact"
tests/ledger --native "$sgdmark" tolerance > "$scratch/inexact"
check "there is a scalar backend" grep -qx scalar "$scratch/exact"

for digit in {0..9}; do
    reference=$(model scalar "$digit")
    check "scalar, digit $digit: a model with a fingerprint" grep -q -E '^scalar [0-9a-f]{16} [0-9a-f]{16}$' <<< "$reference"
    while read -r backend; do
        [ "$backend" = scalar ] ||
            equal "$backend, digit $digit: the scalar model" "$(model "$backend" "$digit")" "${reference/#scalar/$backend}"
    done < "$scratch/exact"
done

# metrics BACKEND
metrics() {
    "$sgdmark" cv --data "$data" --isa "$1" --json - > "$scratch/json"
    for key in fold_accuracy confusion precision recall f1; do json "$scratch/json" $key; done
}
while read -r backend; do
    if have_mnist; then
        equal "$backend: the scalar metrics" "$(metrics "$backend")" "$(metrics scalar)"
    else
        skip "$backend: the scalar metrics" "$mnist is not there; they are promised on MNIST"
    fi
done < "$scratch/inexact"

finish
