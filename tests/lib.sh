# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by every shell test: TAP lines, a scratch folder, fields of JSON output. Tests run in the repository's root.
set -u
unset SGDMARK_DATA
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

build=${BUILD:-build}
sgdmark=$build/sgdmark
mnist=data/mnist
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

tap_count=0
tap_failed=0

# ok NAME / not_ok NAME [LINE...] / skip NAME WHY: one result each; the lines of a failure say what was seen.
ok() {
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1"
}

not_ok() {
    tap_count=$((tap_count + 1))
    tap_failed=$((tap_failed + 1))
    echo "not ok $tap_count - $1"
    shift
    [ $# -eq 0 ] || printf '%s\n' "$@" | sed 's/^/# /'
}

skip() {
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1 # SKIP $2"
}

# equal NAME GOT WANT
equal() {
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got  $2" "want $3"; fi
}

# check NAME COMMAND...: passes when the command does.
check() {
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then ok "$name"; else not_ok "$name" "$* failed" "$output"; fi
}

# same_sweep FOLDER NAME: the files of this sweep in the scratch folder are those of the sweep `whole`, to the byte.
same_sweep() {
    local file differing=()
    for file in points.jsonl points.npz summary.json sweep.json; do
        cmp -s "$scratch/whole/$file" "$scratch/$1/$file" || differing+=("$file")
    done
    equal "$2" "${differing[*]}" ""
}

# finish: the plan, and the exit status of the whole test.
finish() {
    echo "1..$tap_count"
    exit $((tap_failed > 0))
}

# needs PROGRAM [PACKAGE]: ends the test, as skipped, where a program that it takes is not installed.
needs() {
    if command -v "$1" > /dev/null; then return; fi
    skip "the rest of this test" "${2:-$1} is not installed (tools/install-deps --test)"
    finish
}

# json FILE KEY: the value of a key of the outermost object, without white space; nothing where there is no such key.
json() {
    jq -c -r --arg key "$2" 'if has($key) then .[$key] else empty end' "$1"
}

have_mnist() {
    [ -e $mnist/train-images-idx3-ubyte ] || [ -e $mnist/train-images-idx3-ubyte.gz ]
}

# The program was built with a sanitizer, whose shadow memory emulators and memory limits do not bear.
sanitized() {
    grep -q -E '__(asan|tsan|ubsan)' "$sgdmark"
}

# The program counts what it executes (make coverage), and writes files of its own at its end.
counting() {
    grep -q __gcov_dump "$sgdmark"
}

# setting KEY: of the build.
setting() {
    make -s showconfig BUILD="$build" | sed -n "s/^$1 *//p"
}

# build_settings BACKEND: leaves what its kernels are compiled and a program of the build is linked with in compiler,
# flags, linker and libraries.
# shellcheck disable=SC2034
build_settings() {
    read -r -a libraries <<< "$(setting libs)"
    read -r -a flags <<< "$(setting "$1")"
    compiler=$(sed -n '1s/ .*//p' "$build/signature")
    linker=$(sed -n '1s/^[^ ]* \([^ ]*\) .*/\1/p' "$build/signature")
}

# ledger BACKEND WHERE: this backend has been executed and was right, for the suite's closing list.
ledger() {
    [ -z "${LEDGER:-}" ] || echo "$1|$2" >> "$LEDGER"
}

# backend_table: one line per backend of the program under test: name|parity|runs here (yes, no)|reason.
backend_table() {
    "$sgdmark" kernels --json - | jq -r '.[] |
        "\(.name)|\(.parity)|\(if .compiled and .cpu and .os then "yes" else "no" end)|\(.reason)"'
}

# backends_here PARITY: names of the backends that run on this machine and promise "bits" or "tolerance".
backends_here() {
    backend_table | awk -F '|' -v parity="$1" '$2 == parity && $3 == "yes" { print $1 }'
}

# replaceable_backend: the best backend that runs here and has float32 kernels in an object file of its own, so that a
# test can link others in their place; nothing where there is none.
replaceable_backend() {
    local name
    for name in $(backends_here bits); do
        if [ "$name" = scalar ] || [ ! -e "$build/kernels/$name.o" ]; then continue; fi
        ! nm "$build/kernels/$name.o" | grep -q " T dot_u8f32_$name$" || echo "$name"
    done | tail -n 1
}

# backend_named SUFFIX: the name of the backend whose kernels end in it (avxvnni: avx-vnni).
backend_named() {
    "$sgdmark" kernels --json - | jq -r --arg suffix "${1//_/}" '.[].name | select(gsub("-"; "") == $suffix)'
}
