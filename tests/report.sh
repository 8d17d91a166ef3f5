#!/bin/bash
# SPDX-License-Identifier: MIT
# A run is recorded whole: `sgdmark report` prints from the file alone what `run` printed, the file passes the schema,
# and every experiment has an A/A of its own: a noisy second experiment withholds its own verdicts and no others.
. "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA

# The first screen of a report: all before its tables.
screen_of() {
    sed '/^machine  /,$d' "$1" | sed '$d'
}

run_and_report() {
    local name=$1
    shift
    "$sgdmark" run --quick --json "$scratch/$name.json" "$@" > "$scratch/$name.txt" 2> "$scratch/$name.err"
    equal "$name: exit status of run" "$?" 0
    "$sgdmark" report "$scratch/$name.json" > "$scratch/$name.again" 2> "$scratch/$name.err"
    equal "$name: exit status of report" "$?" 0
    screen_of "$scratch/$name.again" > "$scratch/screen"
    check "$name: report prints the screen of the run again" diff <(head -n "$(wc -l < "$scratch/screen")" "$scratch/$name.txt") "$scratch/screen"
    check "$name: of at most 40 lines with the next steps ($(wc -l < "$scratch/screen"))" test "$(wc -l < "$scratch/screen")" -le 37
    equal "$name: and at most 78 columns" "$(awk 'length > 78 && !/^Saved /' "$scratch/screen")" ""
    equal "$name: the last line says that rows were synthetic" "$(tail -n 1 "$scratch/$name.txt")" "SYNTHETIC rows, not MNIST."
    check "$name: tables follow the screen" bash -c "sed '1,/^machine  /d' '$scratch/$name.again' | grep -q '^PARITY'"
}

run_and_report synthetic --data synthetic:n=600
run_and_report one-backend --data synthetic:n=400,d=50 --isa scalar --place core --notebook
equal "without --notebook a run prints one line of it" "$(grep '^notebook ' "$scratch/synthetic.again")" \
    "notebook     accuracy $(jq -r '.sgdmark.notebook | (.fold_accuracy | join(" ")), .precision, .recall' "$scratch/synthetic.json" |
        paste -s | awk -F '\t' '{ printf "%s, precision %.4g, recall %.4g (step by step: --notebook)", $1, $2, $3 }')"
check "with --notebook it prints all steps" grep -q '^10 Trade-off ' "$scratch/one-backend.txt"
"$sgdmark" report --notebook "$scratch/synthetic.json" > "$scratch/walk.txt"
check "report --notebook prints them from any file" grep -q '^10 Trade-off ' "$scratch/walk.txt"
check "and draws the digit" grep -q '^ \{15\}.*[#%@]' "$scratch/walk.txt"
"$sgdmark" run --quick --data synthetic:n=400 --place core --json - > "$scratch/stdout.json" 2> "$scratch/noise"
check "a file from --json - is the same kind of file" "$sgdmark" report "$scratch/stdout.json"

for name in synthetic one-backend stdout; do
    if ! /usr/bin/python3 -c 'import jsonschema' 2> "$scratch/noise"; then
        skip "$name: the file passes the schema" "python3-jsonschema is not installed"
        continue
    fi
    check "$name: the file passes the schema" /usr/bin/python3 -c 'import json, jsonschema, sys
jsonschema.Draft202012Validator(json.load(open("results/schema.json"))).validate(json.load(open(sys.argv[1])))' \
        "$scratch/$name.json"
done

# Numbers that a run prints are in the file: each experiment with its schedule, A/A, cases and pairs.
own() {
    jq -r ".sgdmark | $2" "$scratch/$1.json"
}
equal "the experiments" "$(own synthetic '[.experiments[].name] | join(" ")')" "epochs folds"
equal "each has a schedule of its cases" \
    "$(own synthetic '[.experiments[] | (.schedule.cases | length) == (.cases | length)] | all')" true
equal "each has an A/A twin among its own cases" \
    "$(own synthetic '[.experiments[] | ([.cases[] | select(.control_of != null) | .name] | sort) == ([.controls[].first] | sort)] | all')" true
equal "every timed case has one for its control" \
    "$(own synthetic '[.experiments[] | .cases[] | select(.kind == "epoch" or .kind == "folds") | .control != null] | all')" true
equal "the rounds come from three processes" \
    "$(own synthetic '[.experiments[] | .schedule.process | unique == [0, 1, 2]] | all')" true
equal "each case has the median of each process" \
    "$(own synthetic '[.experiments[].cases[].process_medians | length] | unique | join(" ")')" 3
equal "the verdict has two parts" "$(own synthetic '.verdict | [.correct, (.times | has("state"))] | all')" true
equal "the screen has them, too" "$(grep -c -E '^(CORRECT +yes|TIMES +(usable|not usable))' "$scratch/synthetic.txt")" 2
equal "every pair names cases of its own experiment" \
    "$(own synthetic '[.experiments[] | [.cases[].name] as $names | .pairs[] | (.subject, .base) | IN($names[])] | all')" true
equal "folds have shares of roofs and contention" \
    "$(own synthetic '.experiments[1] | ([.cases[] | select(.kind == "folds" and .control_of == null) | .roof.percent > 0] | all)')" true

# A program whose second experiment is noisy: the A/A twins of the folds take 60 times as long.
if counting || sanitized; then
    skip "a noisy second experiment" "$build is instrumented"
elif build_settings scalar && cat > "$scratch/noisy.c" << 'END' &&
#include "measure/fold_pool.h"
#include <string.h>
#include <time.h>
void slow_fold_pool_run(struct fold_pool *pool);
static struct { const void *placement, *plan, *backend; enum fold_task task; struct fold_pool *pool; } made[64];
static unsigned count;
struct fold_pool *__real_fold_pool_new(const struct topology *, const struct placement *, const struct cv_plan *,
                                       const struct backend *, unsigned, enum fold_task, struct error *);
struct fold_pool *__wrap_fold_pool_new(const struct topology *topology, const struct placement *placement,
                                       const struct cv_plan *plan, const struct backend *backend, unsigned repeats,
                                       enum fold_task task, struct error *err) {
    struct fold_pool *pool = __real_fold_pool_new(topology, placement, plan, backend, repeats, task, err);
    if (count == 64) return pool;
    made[count].placement = placement;
    made[count].plan = plan;
    made[count].backend = backend;
    made[count].task = task;
    made[count++].pool = pool;
    return pool;
}
/* A twin has all that an earlier pool has. */
static int is_twin(const struct fold_pool *pool) {
    for (unsigned i = 0; i < count; i++) {
        if (made[i].pool != pool) continue;
        for (unsigned k = 0; k < i; k++)
            if (made[k].placement == made[i].placement && made[k].plan == made[i].plan &&
                made[k].backend == made[i].backend && made[k].task == made[i].task)
                return 1;
    }
    return 0;
}
static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
void __real_fold_pool_run(struct fold_pool *pool);
void __wrap_fold_pool_run(struct fold_pool *pool) {
    double begin = now();
    __real_fold_pool_run(pool);
    if (!is_twin(pool)) return;
    double wanted = begin + 60.0 * (now() - begin);
    while (now() < wanted)
        continue;
}
END
    "$compiler" -std=c17 -O2 -D_GNU_SOURCE -Isrc -Ikernels -c -o "$scratch/noisy.o" "$scratch/noisy.c" &&
    "$linker" -rdynamic -Wl,--wrap=fold_pool_new,--wrap=fold_pool_run -o "$scratch/noisy" "$build/src/cli/main.o" \
        "$scratch/noisy.o" "$build/libsgdmark.a" "${libraries[@]}"; then
    sgdmark_before=$sgdmark
    sgdmark=$scratch/noisy
    run_and_report noisy --data synthetic:n=600 --isa scalar
    sgdmark=$sgdmark_before
    equal "a noisy twin: the A/A of the folds says so" "$(own noisy '[.experiments[1].controls[].state] | unique | join(" ")')" noisy
    equal "a noisy twin: the cases that it covers are not usable" \
        "$(own noisy '[.experiments[1].cases[] | select(.kind == "folds" and .control_of == null) | .unusable != null] | all')" true
    equal "a noisy twin: every fold verdict is withheld in the file" \
        "$(own noisy '[.experiments[1].pairs[].verdict] | unique | join(" ")')" "$( [ "$(own noisy '.experiments[1].pairs | length')" = 0 ] || echo withheld)"
    if [ "$(own noisy '.experiments[0].usable.state')" != "not usable" ]; then
        equal "a noisy twin: epochs keep their verdicts" \
            "$(own noisy '[.experiments[0].pairs[].verdict | select(. == "withheld")] | length')" 0
    else
        skip "a noisy twin: epochs keep their verdicts" "the machine itself was noisy during the epochs"
    fi
    check "a noisy twin: the screen says so" grep -q '^verdicts are withheld: ' "$scratch/noisy.again"
    "$scratch/noisy" run --quick --data synthetic:n=600 --isa scalar --json "$scratch/again.json" > "$scratch/noise" 2>&1
    "$sgdmark" compare --format json "$scratch/noisy.json" "$scratch/again.json" > "$scratch/compared.json"
    equal "a noisy twin: compare gives the folds no verdict" "$(jq '[.benchmarks[] | select(.name | startswith("cv/"))] |
        length > 0 and all(.verdict == "withheld" or .verdict == "unknown")' "$scratch/compared.json")" true
    if jq -e -s 'all(.sgdmark.experiments[0].usable.state != "not usable")' "$scratch/noisy.json" "$scratch/again.json" \
        > "$scratch/noise"; then
        equal "a noisy twin: compare keeps the epochs" "$(jq '[.benchmarks[] | select(.name | startswith("epoch/"))] |
            length > 0 and all(.verdict != "withheld")' "$scratch/compared.json")" true
    else
        skip "a noisy twin: compare keeps the epochs" "the machine itself was noisy during the epochs"
    fi
else
    not_ok "a build with a noisy second experiment" "it does not link"
fi

# What cannot be printed is refused in one line.
refused() {
    local said
    said=$("$sgdmark" report "$2" 2>&1 > "$scratch/noise")
    equal "$1: exit status" "$?" 2
    check "$1: $said" grep -q "$3" <<< "$said"
}
refused "a file of schema 1" tests/golden/result-schema-1.json "schema 1"
"$sgdmark" bench --data synthetic:n=60 --isa scalar --benchmark_filter='dot_u8f32/scalar/d:16$' \
    --benchmark_min_time=0.001 --benchmark_out="$scratch/bench.json" > "$scratch/noise" 2>&1
refused "a file of bench" "$scratch/bench.json" "no experiments"
refused "a file that is not there" "$scratch/none.json" "No such file"
finish
