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
    # As NumPy's stable argsort has them: label and row of the file, sorted by label.
    tail -c +9 "$mnist/train-labels-idx1-ubyte" | od -An -v -tu1 -w1 | awk '{ print $1, NR - 1 }' | sort -s -n -k 1,1 \
        > "$scratch/sorted"
    for row in 0 432 766 34911 59999; do
        read -r digit place < <(sed -n "$((row + 1))p" "$scratch/sorted")
        equal "X[$row] of the sorted rows" "$("$sgdmark" describe --order sorted --show $row | grep '^row ')" \
            "row $row, X[$row] of the sorted rows, is a $digit (in file order, row $place of the training split)"
    done
    equal "X[34911] is the 5 in row 47944 of the files" "$(sed -n 34912p "$scratch/sorted")" "5 47944"
    "$sgdmark" describe --order sorted --json - > "$scratch/sorted.json"
    equal "the files that were read" "$(json "$scratch/sorted.json" files)" \
        "train-images-idx3-ubyte, train-labels-idx1-ubyte"
    equal "a sorted order has no seed" "$(json "$scratch/sorted.json" order_seed_reason)" "sorted order"
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
