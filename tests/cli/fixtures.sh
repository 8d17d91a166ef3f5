# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by tests/cli.sh: make_fixtures FOLDER writes one tiny data set per fault into FOLDER/<name>/.

# be32 N: four big-endian bytes.
be32() {
    # shellcheck disable=SC2059
    printf "$(printf '\\%03o\\%03o\\%03o\\%03o' $(($1 >> 24 & 255)) $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255)))"
}

# images ROWS [HEIGHT WIDTH]: an IDX3 file of flat grey rows. labels N [LABEL...]: an IDX1 file, 0..9 in turn.
images() {
    be32 2051; be32 "$1"; be32 "${2:-28}"; be32 "${3:-28}"
    head -c $(($1 * ${2:-28} * ${3:-28})) /dev/zero | tr '\0' '\100'
}
labels() {
    be32 2049; be32 "$1"
    local i
    for ((i = 0; i < $1; i++)); do
        # shellcheck disable=SC2059
        printf "\\$(printf %03o $((i % 10)))"
    done
}

# columns ROWS: labels as QMNIST has them, in the first of eight columns of 32 bits.
columns() {
    local i
    be32 3074; be32 "$1"; be32 8
    for ((i = 0; i < $1; i++)); do
        # shellcheck disable=SC2059
        printf "\\0\\0\\0\\$(printf %03o $((i % 10)))"
        printf '\1%.0s' {1..28}
    done
}

# good FOLDER: 60 training and 20 test rows of all ten digits.
good() {
    mkdir -p "$1"
    images 60 > "$1/train-images-idx3-ubyte"
    labels 60 > "$1/train-labels-idx1-ubyte"
    images 20 > "$1/t10k-images-idx3-ubyte"
    labels 20 > "$1/t10k-labels-idx1-ubyte"
}

# other_names BASE: the same rows under other names and in other folders.
other_names() {
    local base=$1 file set part
    good "$base/kaggle" && good "$base/unpacked"
    for file in "$base"/kaggle/*; do mv "$file" "${file/-idx/.idx}" && mkdir "$file" && : > "$file/notes"; done
    for file in "$base"/unpacked/*; do mv "$file" "$file.new" && mkdir "$file" && mv "$file.new" "$file/${file##*/}"; done
    good "$base/above/MNIST/raw" && mkdir "$base/above/MNIST/processed"
    good "$base/two/MNIST" && good "$base/two/Fashion"
    mkdir "$base/emnist" "$base/qmnist"
    for set in digits mnist; do
        images 60 > "$base/emnist/emnist-$set-train-images-idx3-ubyte"
        labels 60 > "$base/emnist/emnist-$set-train-labels-idx1-ubyte"
    done
    for part in train test; do
        images 60 > "$base/qmnist/qmnist-$part-images-idx3-ubyte"
        columns 60 > "$base/qmnist/qmnist-$part-labels-idx2-int"
    done
}

make_fixtures() {
    local base=$1 name x=train-images-idx3-ubyte y=train-labels-idx1-ubyte
    for name in good gzip no-images no-labels folder-as-file empty empty-labels short-header truncated truncated-labels \
        over-long over-long-labels magic magic-labels swapped dims zero-dims huge-dims overflow counts label-10 zero-rows \
        gzip-corrupt gzip-crc gzip-truncated gzip-empty gzip-short gzip-garbage gzip-zeros absent few-members one-member $'\xfcber'; do
        good "$base/$name"
    done
    gzip -n "$base"/gzip/*
    rm "$base/no-images/$x" "$base/no-labels/$y"
    rm "$base/folder-as-file/$x" && mkdir "$base/folder-as-file/$x"
    : > "$base/empty/$x"
    : > "$base/empty-labels/$y"
    be32 2051 > "$base/short-header/$x"
    truncate -s -1 "$base/truncated/$x"
    truncate -s -1 "$base/truncated-labels/$y"
    printf x >> "$base/over-long/$x"
    printf x >> "$base/over-long-labels/$y"
    { be32 2052; images 60 | tail -c +5; } > "$base/magic/$x"
    { be32 2051; labels 60 | tail -c +5; } > "$base/magic-labels/$y"
    cp "$base/good/$y" "$base/swapped/$x"
    images 60 27 28 > "$base/dims/$x"
    images 60 0 28 > "$base/zero-dims/$x"
    { be32 2051; be32 4294967295; be32 4294967295; be32 4294967295; } > "$base/overflow/$x"
    { be32 2051; be32 4000000000; be32 28; be32 28; } > "$base/huge-dims/$x"
    images 59 > "$base/counts/$x"
    { labels 60 | head -c -1; printf '\012'; } > "$base/label-10/$y"
    images 0 > "$base/zero-rows/$x"
    labels 0 > "$base/zero-rows/$y"

    gzip -n "$base"/gzip-*/"$x"
    # The second half of the compressed bytes, scrambled; the file's length stays.
    local gz=$base/gzip-corrupt/$x.gz size
    size=$(stat -c %s "$gz")
    { head -c $((size / 2)) "$gz"; head -c $((size - size / 2)) /dev/zero | tr '\0' '\252'; } > "$gz.new"
    mv "$gz.new" "$gz"
    # Its checksum alone.
    gz=$base/gzip-crc/$x.gz
    { head -c -8 "$gz"; printf 'abcd'; tail -c 4 "$gz"; } > "$gz.new"
    mv "$gz.new" "$gz"
    truncate -s -12 "$base/gzip-truncated/$x.gz"
    : > "$base/gzip-empty/$x.gz"
    images 60 | head -c -1 | gzip -n > "$base/gzip-short/$x.gz"

    printf x >> "$base/gzip-garbage/$x.gz"
    printf '\0\0' >> "$base/gzip-zeros/$x.gz"
    other_names "$base"

    # No row is a 5; only two rows are; only one is.
    labels 60 | tr '\5' '\6' > "$base/absent/$y"
    { labels 60 | head -c -2 | tr '\5' '\6'; printf '\5\5'; } > "$base/few-members/$y"
    { labels 60 | head -c -1 | tr '\5' '\6'; printf '\5'; } > "$base/one-member/$y"
}
