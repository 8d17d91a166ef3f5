#!/bin/bash
# SPDX-License-Identifier: MIT
# A default run times the ten digits in groups that share each read of a row, in an experiment of its own: with the roofs
# of the group, an A/A twin, and every model held to its fit alone. --quick leaves it out, --group decides the size. A
# build whose kernel is wrong for one model of ten is caught in a timed sample and by nothing before.
. "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA

backend=$(replaceable_backend)
if [ -z "$backend" ]; then
    skip "ten digits" "no backend but scalar has float32 kernels of its own here"
    finish
fi
run=(run --data "synthetic:n=600,d=80" --engine f32 --isa "$backend" --place core)

# own NAME FILTER: of the facts of a result.
own() {
    jq -r ".sgdmark | $2" "$scratch/$1.json"
}

"$sgdmark" "${run[@]}" --group 10 --json "$scratch/ten.json" > "$scratch/ten.txt" 2> "$scratch/errors"
equal "a default run: exit status" $? 0
equal "its experiments" "$(own ten '[.experiments[].name] | join(" ")')" "epochs folds digits"
equal "ten digits on one read, its A/A twin, one after the other, and two roofs" \
    "$(own ten '.experiments[2].schedule.cases | sort | join(" ")')" \
    "digits/f32/$backend/place:core/group:1 digits/f32/$backend/place:core/group:10 digits/f32/$backend/place:core/group:10/again roof/compute/f32/$backend/group:10 roof/read/digits-order/group:10"
equal "they are compared once" "$(own ten '.experiments[2].pairs | map(.family) | join(" ")')" group
equal "the group has its roof, and one after the other has none" \
    "$(own ten '[.experiments[2].cases[] | select(.kind == "digits" and .control_of == null) | [.group, .models, (.roof != null)]] | sort | tostring')" \
    '[[1,10,false],[10,10,true]]'
equal "a sample is a row of each fit" "$(own ten '[.experiments[2].cases[] | select(.kind == "digits") | .work] | unique | tostring')" '[6000]'
equal "their times do not decide on those of the run" \
    "$(own ten '.verdict.times.state as $state | [.experiments[0, 1].usable.state] | index($state) != null')" true
equal "the file says how many share a read, and why" "$(own ten '.digits | [.group, .group_reason, .job] | join(", ")')" "10, as asked, f32/$backend"
equal "it is the classifier that train makes of all digits" "$(own ten .digits.fingerprint)" \
    "$("$sgdmark" train --data synthetic:n=600,d=80 --engine f32 --isa "$backend" --digit all --json - | jq -r .fingerprint)"
"$sgdmark" report "$scratch/ten.json" > "$scratch/ten.again" 2> "$scratch/errors"
equal "report reads the file again" $? 0
check "report prints the table" grep -q -E "^TEN DIGITS by f32/$backend on one core: an epoch of all ten, [0-9]+ interleaved rounds in 5 processes$" "$scratch/ten.again"
check "with the share of the group's own roof" grep -q -E '^10 on one read +([0-9.]+ +|- +){7}([0-9]+ % (read|compute)|ALARM)' "$scratch/ten.again"
check "and the comparison" grep -q -E '^10 on one read: [0-9.]+x as fast as one after the other \[[0-9.]+, [0-9.]+\] at 99 %: ' "$scratch/ten.again"
if /usr/bin/python3 -c 'import jsonschema' 2> "$scratch/noise"; then
    check "the file passes the schema" /usr/bin/python3 -c 'import json, jsonschema, sys
jsonschema.Draft202012Validator(json.load(open("results/schema.json"))).validate(json.load(open(sys.argv[1])))' "$scratch/ten.json"
else
    skip "the file passes the schema" "python3-jsonschema is not installed"
fi
"$sgdmark" compare "$scratch/ten.json" "$scratch/ten.json" > "$scratch/compare.txt" 2> "$scratch/errors"
check "compare pairs its rows by name" grep -q "digits/f32/$backend/place:core/group:10 " "$scratch/compare.txt"
check "a page is made of it" "$sgdmark" report "$scratch/ten.json" -o "$scratch/ten.html"

# A file whose digits were edited, with the right hash.
compiler=$(sed -n '1s/ .*//p' "$build/signature")
# edited NAME EDIT WANT: of the cases of ten on one read.
edited() {
    jq ".sgdmark.experiments[2].cases |= map(if .group == 10 then $2 else . end)" "$scratch/ten.json" > "$scratch/edited.json"
    jq --arg hash "$("$scratch/rehash" "$scratch/edited.json")" '.sgdmark.sha256 = $hash' "$scratch/edited.json" > "$scratch/sealed.json"
    "$sgdmark" report "$scratch/sealed.json" > "$scratch/out" 2> "$scratch/errors"
    equal "$1: exit status" $? 2
    check "$1: what is wrong" grep -q "$3" "$scratch/errors"
}
if "$compiler" -std=c17 -o "$scratch/rehash" tests/builds/rehash.c -ljansson -lnettle 2> "$scratch/noise"; then
    edited "another number of fits" ".models = 9" "group:10[a-z/]* has other work than the rows of the workload"
    edited "another group" ".group = 1" "group:10[a-z/]* has another group than its name says"
else
    skip "edited digits" "no file's hash can be made anew here"
fi

# left_out NAME REASON ARGUMENTS...: a run that does not time them, and says why.
left_out() {
    local name=$1 reason=$2
    shift 2
    "$sgdmark" "$@" --json "$scratch/$name.json" > "$scratch/$name.txt" 2> "$scratch/errors"
    equal "$name: no experiment of digits" "$? $(own "$name" '[.experiments[].name] | join(" ")')" "0 epochs folds"
    equal "$name: the reason" "$(own "$name" '.digits | [.group, .group_reason] | tostring')" "[null,\"$reason\"]"
    check "$name: report says so" grep -q "^TEN DIGITS not timed: $reason$" <("$sgdmark" report "$scratch/$name.json")
}
left_out quick "only default and --rigorous runs time them" "${run[@]}" --quick
left_out one-by-one "as asked" "${run[@]}" --group 1

# One model of ten goes wrong in a timed sample, where a row is prefetched that is not the one that is read.
if sanitized; then
    skip "a model that goes wrong" "$build is built with a sanitizer"
    finish
fi
build_settings "$backend"
[[ $(< "$build/signature") != *--coverage* ]] || libraries+=(--coverage)
cat > "$scratch/wrong.c" << END
#define dot_many_u8f32_$backend right_dot_many
#include "$PWD/kernels/$backend.c"
#undef dot_many_u8f32_$backend
void dot_many_u8f32_$backend(double *dot, const float *const *w, size_t models, const struct shared_row *row) {
    static long calls;
    right_dot_many(dot, w, models, row);
    if (models == 10 && row->l1_row != row->x && ++calls > 3000) dot[7] = -dot[7];
}
END
"$compiler" -std=c17 -O2 -ffp-contract=off -D_GNU_SOURCE -Ikernels "${flags[@]}" -c -o "$scratch/wrong.o" "$scratch/wrong.c" &&
    "$linker" -rdynamic -o "$scratch/wrong" "$build/src/cli/main.o" "$scratch/wrong.o" "$build/libsgdmark.a" "${libraries[@]}"
equal "a build that is wrong for digit 7 among ten" $? 0
"$scratch/wrong" run --data synthetic:n=600,d=80 --engine f32 --isa "$backend" --place core --group 10 --json "$scratch/bad.json" \
    > "$scratch/bad.txt" 2> "$scratch/errors"
equal "the run's exit status" $? 1
check "its first line" bash -c "head -n 1 '$scratch/bad.txt' | grep -q '^NOT CORRECT: '"
equal "what failed, and nothing else" "$(own bad '[.verdict.failures[] | .case] | unique | join(" ")')" \
    "digits/f32/$backend/place:core/group:10 digits/f32/$backend/place:core/group:10/again"
check "the digit is named" grep -q 'digit 7: epoch [1-5] of the fit ended with other weights' <(own bad '.verdict.failures[0].what')
equal "its times are dropped, one after the other is timed" \
    "$(own bad '[.experiments[2].cases[] | select(.kind == "digits") | .group] | tostring')" '[1]'
check "the screen has no line of it" bash -c "! grep -q 'Ten digits' '$scratch/bad.txt'"
check "and report reads the file" "$sgdmark" report "$scratch/bad.json"
finish
