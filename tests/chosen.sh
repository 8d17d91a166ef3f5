#!/bin/bash
# SPDX-License-Identifier: MIT
# `run --engine E --isa A,B` times those and the engine's scalar backend, and nothing of another engine; the references are
# verified all the same.
. "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA

# timed ARGUMENTS...: what a run has verified, and what it has timed: "f64/scalar f32/scalar | cv/f32/scalar/place:core epoch/f32/scalar", sorted.
timed() {
    "$sgdmark" run --quick --place core --data synthetic:n=300 "$@" --json - > "$scratch/json" 2> "$scratch/errors" ||
        not_ok "run $*" "$(cat "$scratch/errors")"
    jq -r '.sgdmark | ([.receipts.parity[] | .engine + "/" + .backend] | join(" ")) + " | " +
        ([.experiments[].cases[].name | select(test("^(epoch|cv)/") and (endswith("/again") | not))] | sort | join(" "))' "$scratch/json"
}

best=$(backends_here bits | tail -n 1)
if [ "$best" = scalar ]; then
    skip "a vector backend of engine int" "none runs here"
    equal "--engine int" "$(timed --engine int --isa scalar)" \
        "f64/scalar f32/scalar int/scalar | cv/int/scalar/place:core epoch/int/scalar"
else
    equal "--engine int and one backend" "$(timed --engine int --isa "$best")" \
        "f64/scalar f32/scalar int/scalar int/$best | cv/int/$best/place:core epoch/int/$best epoch/int/scalar"
fi
equal "--engine f64" "$(timed --engine f64 --isa scalar)" \
    "f64/scalar f32/scalar | cv/f64/scalar/place:core epoch/f64/scalar"
equal "--engine f32 on the scalar backend" "$(timed --engine f32 --isa scalar)" \
    "f64/scalar f32/scalar | cv/f32/scalar/place:core epoch/f32/scalar"
equal "--isa alone: every engine" "$(timed --isa scalar)" \
    "f64/scalar f32/scalar int/scalar | cv/f32/scalar/place:core epoch/f32/scalar epoch/f64/scalar epoch/int/scalar"

# Two names; the order is the registry's.
two=$("$sgdmark" kernels --json - | jq -r '[.[] | select(.compiled and .cpu and .os and .name != "scalar")][:2] | map(.name) | join(" ")')
if [ "$(wc -w <<< "$two")" -eq 2 ]; then
    read -r first second <<< "$two"
    equal "--isa with two names" "$(timed --engine f32 --isa "$second,$first" | sed 's/ | .*//')" \
        "f64/scalar f32/scalar f32/$first f32/$second"
else
    skip "--isa with two names" "two backends beside scalar do not run here"
fi
finish
