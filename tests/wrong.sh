#!/bin/bash
# SPDX-License-Identifier: MIT
# A backend that computes wrongly is named and never timed: one that the kernels' check finds out, one that is wrong only
# on rows of a length that it does not try, so that the models differ, and one that decides wrongly from the 65th row of a
# call on. train and cv refuse to work with it. Links copies of the program with such kernels.
. "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA

backend=$(replaceable_backend)
if sanitized; then
    skip "wrong kernels" "$build is built with a sanitizer"
    finish
elif [ "$(backends_here bits)" = scalar ]; then
    skip "wrong kernels" "no backend but scalar runs here"
    finish
elif [ -z "$backend" ]; then
    not_ok "wrong kernels" "no object file of a backend holds dot_u8f32, though one runs here"
    finish
fi

build_settings "$backend"
[[ $(< "$build/signature") != *--coverage* ]] || libraries+=(--coverage)

# wrong PROGRAM CONDITION: links it; its dot products have the other sign where the condition on the length d holds.
wrong() {
    cat > "$1.c" << END
#define dot_u8f32_$backend right_dot
#define dot_prefetch_u8f32_$backend right_dot_prefetch
#include "$PWD/kernels/$backend.c"
#undef dot_u8f32_$backend
#undef dot_prefetch_u8f32_$backend
float dot_u8f32_$backend(const float *w, const uint8_t *x, size_t d) {
    return right_dot(w, x, d) * (($2) ? -1.0F : 1.0F);
}
float dot_prefetch_u8f32_$backend(const float *w, const uint8_t *x, size_t d, const uint8_t *l1_row, const uint8_t *l2_row) {
    return right_dot_prefetch(w, x, d, l1_row, l2_row) * (($2) ? -1.0F : 1.0F);
}
END
    "$compiler" -std=c17 -O2 -ffp-contract=off -D_GNU_SOURCE -Ikernels "${flags[@]}" -c -o "$1.o" "$1.c" &&
        "$linker" -rdynamic -o "$1" "$build/src/cli/main.o" "$1.o" "$build/libsgdmark.a" "${libraries[@]}"
}

# wrong_decisions PROGRAM FACTOR: links it; the decision on row i of a call is multiplied by the factor.
wrong_decisions() {
    cat > "$1.c" << END
#define decision_u8f32_$backend right_decision
#include "$PWD/kernels/$backend.c"
#undef decision_u8f32_$backend
void decision_u8f32_$backend(double *decision, const struct batch *batch, const struct linear_model *model) {
    right_decision(decision, batch, model);
    for (size_t i = 0; i < batch->n; i++)
        decision[i] *= $2;
}
END
    "$compiler" -std=c17 -O2 -ffp-contract=off -D_GNU_SOURCE -Ikernels "${flags[@]}" -c -o "$1.o" "$1.c" &&
        "$linker" -rdynamic -o "$1" "$build/src/cli/main.o" "$1.o" "$build/libsgdmark.a" "${libraries[@]}"
}

# refuses NAME PROGRAM WHAT ARGUMENTS...: status 1, nothing trained, and one line that names what failed its self-check.
refuses() {
    local name=$1 program=$2 what=$3
    shift 3
    "$program" "$@" > "$scratch/out.txt" 2> "$scratch/errors"
    equal "$name: exit status" $? 1
    equal "$name: one line says why" "$(wc -l < "$scratch/errors")" 1
    check "$name: backend, kernel and what differs" grep -q -E \
        "^sgdmark [a-z]+: (f32|int)/$backend fails its self-check and does no work: $backend $what" "$scratch/errors"
    check "$name: no work was done" awk '/fingerprint|accuracy/ { exit 1 }' "$scratch/out.txt"
}

# times_of FILE NAME: how often a result file has a time of it.
times_of() {
    jq --arg name "$2" '[.benchmarks[] | select(.run_name == $name and (.real_time // 0) > 0)] | length' "$1"
}

rows=(--data "synthetic:n=600,d=400") timed=epoch/f32/$backend
check "a build with dot products that are wrong on rows of 400" wrong "$scratch/rows" "d == 400"
check "a build with dot products that are wrong on odd lengths" wrong "$scratch/odd" "d % 2"

# Models that differ
"$scratch/rows" run --quick "${rows[@]}" --json "$scratch/run.json" > "$scratch/run.txt" 2> "$scratch/errors"
equal "run: exit status" $? 1
check "run: the first line says so" bash -c "head -n 1 '$scratch/run.txt' | grep -q '^NOT CORRECT: '"
check "run: no answer" bash -c "! grep -q '^ANSWER' '$scratch/run.txt'"
check "run: the screen says what failed" grep -q -E '^CORRECT  no      [1-9][0-9]* of [1-9][0-9]* checks failed' "$scratch/run.txt"
"$sgdmark" report "$scratch/run.json" > "$scratch/run.txt"
check "run: the parity table says so" grep -q -E "^f32/$backend .*FAIL: needs the same bits as f32/scalar, has " "$scratch/run.txt"
check "run: and the verdict" grep -q '^CORRECT no: ' "$scratch/run.txt"
equal "run: it has no times, the scalar backend has" "$(times_of "$scratch/run.json" "$timed") $(
    test "$(times_of "$scratch/run.json" epoch/f32/scalar)" -gt 2 && echo some)" "0 some"
check "run: the file says why" grep -q '"error_message": "its parity check failed"' "$scratch/run.json"
check "run: the receipt has not passed" grep -q '"passed": false' "$scratch/run.json"
check "run: CORRECT says no" grep -q -E '^CORRECT no: [1-9][0-9]* of [1-9][0-9]* checks failed:$' "$scratch/run.txt"
check "run: with the command that repeats it" grep -q -E "^    repeat it: sgdmark run --engine f32 --isa $backend --data 'synthetic:n=600,d=400'$" "$scratch/run.txt"
equal "run: the file has the same" "$(jq -c '.sgdmark.verdict | [.correct, (.failures | length > 0), (.failures[0] | keys)]' "$scratch/run.json")" \
    '[false,true,["case","command","process","round","what"]]'
"$scratch/rows" bench "${rows[@]}" "--benchmark_filter=$timed|epoch/f32/scalar" --benchmark_min_time=0.001 \
    "--benchmark_out=$scratch/bench.json" > "$scratch/bench.txt" 2> "$scratch/errors"
equal "bench: exit status" $? 1
check "bench: no time, but the reason" grep -q "^$timed ERROR OCCURRED: 'its parity check failed" "$scratch/bench.txt"
check "bench: the scalar backend is timed" grep -q -E '^epoch/f32/scalar +[0-9.]+ ' "$scratch/bench.txt"
"$scratch/rows" run --soak 0.002 "${rows[@]}" > "$scratch/soak.txt" 2> "$scratch/errors"
equal "soak: exit status" $? 1
check "soak: the first wrong decision is named" grep -q -E \
    "^WRONG PU [0-9]+ .*: fit of $backend, engine f32, epoch 1, row [0-9]+: " "$scratch/soak.txt"

# Wrong kernels that these rows do not show
"$scratch/odd" kernels --verify --isa "$backend" --kernel dot_u8f32 > "$scratch/verify.txt"
equal "kernels --verify: exit status" $? 1
check "kernels --verify: backend, kernel, length and values" grep -q -E \
    "^$backend +dot_u8f32 +WRONG .*length [0-9]*[13579],.* the result is .* not .*--seed" "$scratch/verify.txt"
"$scratch/odd" bench "${rows[@]}" "--benchmark_filter=$timed" --benchmark_min_time=0.001 > "$scratch/bench.txt" 2> "$scratch/errors"
equal "bench: exit status of a wrong kernel" $? 1
check "bench: and the reason" grep -q "^$timed ERROR OCCURRED: 'its kernel check failed" "$scratch/bench.txt"

# No unchecked kernel does work
refuses "train" "$scratch/rows" "dot_prefetch_u8f32: length 400, .* the result is .* not " train "${rows[@]}" --isa "$backend"
command=$(sed -n 's/.*; again: sgdmark //p' "$scratch/errors")
check "train: the command that repeats it" grep -q -x -E \
    "kernels --verify --isa $backend --kernel dot_prefetch_u8f32 --seed [0-9]+ --length 400" <<< "$command"
read -r -a words <<< "$command"
"$scratch/rows" "${words[@]}" > "$scratch/verify.txt"
equal "train: it repeats it" "$? $(grep -c WRONG "$scratch/verify.txt")" "1 1"
check "train: another backend works" "$scratch/rows" train "${rows[@]}" --isa scalar
check "train: the kernel is right on other rows" "$scratch/rows" train --data synthetic:n=600,d=401 --isa "$backend"
"$scratch/rows" train "${rows[@]}" --isa all --json "$scratch/train.json" > "$scratch/out.txt" 2> "$scratch/errors"
equal "train --isa all: exit status" $? 1
check "train --isa all: the others did their work" grep -q '"isa": "scalar"' "$scratch/train.json"
equal "train --isa all: this one did not" "$(grep -c "\"isa\": \"$backend\"" "$scratch/train.json")" 0

check "a build whose decisions are wrong from row 64 on" wrong_decisions "$scratch/far" "(i >= 64 ? -1.0 : 1.0)"
refuses "cv, rows from 64 on" "$scratch/far" "decision_u8f32: length .* decision [0-9]+ of [0-9]+ is .* not " \
    cv "${rows[@]}" --isa "$backend"
"$scratch/far" kernels --verify --isa "$backend" --kernel decision_u8f32 > "$scratch/verify.txt"
equal "kernels --verify, rows from 64 on: exit status" $? 1
check "kernels --verify, rows from 64 on: the row" grep -q -E "decision (6[4-9]|[7-9][0-9]|[1-9][0-9]{2,}) of " "$scratch/verify.txt"

# Parity compares decisions: nothing else tells these apart, not even a metric.
check "a build whose decisions are too large by a ten-millionth" wrong_decisions "$scratch/near" 1.0000001
"$scratch/near" run --soak 0.0001 --data synthetic:n=600 --engine f32 --isa "$backend" > "$scratch/run.txt" 2> "$scratch/errors"
equal "run, decisions a little off: exit status" $? 1
check "run, decisions a little off: the parity table" grep -q -E \
    "^f32/$backend .*FAIL: decisions differ from f32/scalar by 1e-07 of the largest, 0 is allowed" "$scratch/run.txt"
finish
