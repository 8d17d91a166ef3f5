#!/bin/bash
# SPDX-License-Identifier: MIT
# What `sgdmark describe` says of MNIST, against the files themselves and its published class counts; how it draws.
. "$(dirname "$0")/lib.sh"
needs jq

# content FILE HEADER: SHA-256 of what follows the header.
content() {
    tail -c "+$(($2 + 1))" "$mnist/$1" | sha256sum | cut -d ' ' -f 1
}

if [ -f "$mnist/train-images-idx3-ubyte" ]; then
    "$sgdmark" describe --json - > "$scratch/mnist.json"
    equal "pixels' SHA-256 is that of the file" "$(json "$scratch/mnist.json" pixels_sha256)" \
        "$(content train-images-idx3-ubyte 16)"
    equal "labels' SHA-256 is that of the file" "$(json "$scratch/mnist.json" labels_sha256)" \
        "$(content train-labels-idx1-ubyte 8)"
    equal "class counts" "$(json "$scratch/mnist.json" class_counts)" \
        "[5923,6742,5958,6131,5842,5421,5918,6265,5851,5949]"
    equal "rows are kept as windows of 576 pixels" "$(json "$scratch/mnist.json" window)" 576
else
    skip "MNIST described" "no data/mnist (tools/fetch-mnist)"
fi

"$sgdmark" describe --data synthetic:n=50 --show 7 > "$scratch/plain"
equal "a digit takes 14 lines of 28 characters" "$(tail -n 14 "$scratch/plain" | awk 'length == 28' | wc -l)" 14
check "there is ink in it" grep -q '@@' "$scratch/plain"
check "no colour into a pipe" sh -c "! grep -q '$(printf '\033')' '$scratch/plain'"
equal "a row that is no square cannot be drawn" \
    "$("$sgdmark" describe --data synthetic:n=50,d=785 --show 7 2>&1 > /dev/null)" \
    "sgdmark describe: --show: the rows of synthetic:n=50,d=785,seed=1 are no images (1 x 785) and cannot be drawn"
finish
