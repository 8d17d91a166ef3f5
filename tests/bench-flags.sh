#!/bin/bash
# SPDX-License-Identifier: MIT
# What steers the Google Benchmark driver, and what must not: environment variables, entries of the context, how long and
# how often is timed, what is shown.
source "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA

S=synthetic:n=60
out=$scratch/r.json

# shellcheck source=tests/bench-calls.sh
source tests/bench-calls.sh

# Google Benchmark's variables choose nothing, and are named.
one=(--isa scalar --engine f32 '--benchmark_filter=dot_u8f32/scalar/d:16$' --benchmark_min_time=0.001)
bench_with() {
    env "$@" "$sgdmark" bench --data $S "${one[@]}" "--benchmark_out=$out" > "$scratch/stdout" 2> "$scratch/stderr" < /dev/null
    status=$?
    stdout=$(cat "$scratch/stdout") stderr=$(cat "$scratch/stderr")
}
steering="BENCHMARK_FILTER=epoch BENCHMARK_REPETITIONS=7 BENCHMARK_FORMAT=csv BENCHMARK_REPORT_AGGREGATES_ONLY=true
    BENCHMARK_LIST_TESTS=true BENCHMARK_CONTEXT=commit=abc,who=me BENCHMARK_OUT=$scratch/other.json"
wrong="BENCHMARK_REPETITIONS=0 BENCHMARK_TIME_UNIT=parsec BENCHMARK_MIN_TIME=x BENCHMARK_CONTEXT=="
for set in "$steering" "$wrong"; do
    read -r -a variables <<< "${set//$'\n'/ }"
    bench_with "${variables[@]}" V=2
    said=$(jq -c '[.context.who, (.context.commit == .sgdmark.tool.commit), [.benchmarks[].run_type]]' "$out")
    equal "variables change nothing: ${variables[*]%%=*}" "$status $said$(grep -c '^kernel/' <<< "$stdout") $(left_behind)" \
        '0 [null,true,["iteration"]]1 r.json'
    for variable in "${variables[@]}"; do
        name=${variable%%=*}
        equal "$name is said to be ignored" "$(grep -c -x -F \
            "sgdmark bench: $name is ignored: only options choose (--${name,,})" <<< "$stderr")" 1
    done
    equal "... and V is not the level of the log" "$(grep -c -F 'LOG(2)' <<< "$stderr")" 0
    rm -f "$out"
done
said=$(env BENCHMARK_MIN_TIME=x BENCHMARK_REPETITIONS=y "$sgdmark" kernels 2>&1 > /dev/null)
equal "other commands say nothing of them" "$said" ""

# Entries of the context
bench "${one[@]}" --benchmark_context=branch=main,ref=a=b --benchmark_context=who= "--benchmark_out=$out"
equal "entries of the context are added once" "$status $(jq -c '[.context.branch, .context.ref, .context.who]' "$out")$(
    grep -c -i fail <<< "$stderr")" '0 ["main","a=b",""]0'
keys=$(jq -r '.context | del(.branch, .ref, .who) | keys[]' "$out")
rm -f "$out"
for key in $keys data_note json_schema_version library_version; do
    bench "${one[@]}" "--benchmark_context=a=b,$key=x" "--benchmark_out=$out"
    refuses "a key that is written already: $key" "--benchmark_context: the key '$key'"
done
for entries in "" key =value "a=b," ",a=b" "a=b,,c=d"; do
    bench "${one[@]}" "--benchmark_context=$entries" "--benchmark_out=$out"
    refuses "no KEY=VALUE: '$entries'" '--benchmark_context: .* is not KEY=VALUE'
done
bench "${one[@]}" --benchmark_context=a=b --benchmark_context=c=d,a=e
refuses "a key that is given twice" "--benchmark_context: the key 'a'"

# How long and how often, as every version of Google Benchmark takes it
for time in 0.001s 1e-3s 7x; do
    bench "${one[@]}" "--benchmark_min_time=$time" "--benchmark_out=$out"
    equal "--benchmark_min_time=$time" "$status $(jq -r '.benchmarks[] | .name' "$out") $(grep -c 'scalar/d:16 ' <<< "$stdout")" \
        "0 kernel/dot_u8f32/scalar/d:16 1"
    [ $time != 7x ] || equal "... is 7 iterations" "$(jq -c '[.benchmarks[0].iterations, .sgdmark.samples[0].iterations]' "$out")" '[7,7]'
    rm -f "$out"
done
bench --isa scalar --engine f32 '--benchmark_filter=/scalar$|d:16$' --benchmark_dry_run --benchmark_repetitions=5 --benchmark_min_warmup_time=9 \
    "--benchmark_out=$out"
equal "a dry run times everything once" "$status $(jq -c '[.benchmarks[].repetitions] | unique' "$out") $(
    jq -c '[.benchmarks[] | select(.name | contains("dot_u8f32")) | .iterations] | unique' "$out")" "0 [1] [1]"
equal "... whatever matches the filter" "$(jq -r '.benchmarks[].name' "$out")" \
    "$("$sgdmark" bench --isa scalar --engine f32 '--benchmark_filter=/scalar$|d:16$' --benchmark_list_tests)"
rm -f "$out"
bench "${one[@]}" --v=2
equal "--v is the level of Google Benchmark's log" "$status $(grep -c -F 'LOG(2)' <<< "$stderr" | sed 's/[1-9][0-9]*/some/')" "0 some"

# What is displayed does not change what the file holds: compare needs samples.
bench "${one[@]}" --benchmark_repetitions=3 --benchmark_report_aggregates_only "--benchmark_out=$out"
equal "aggregates only: shown" "$status $(grep -c '^kernel/' <<< "$stdout") $(grep -c 'd:16 ' <<< "$stdout")" "0 4 0"
equal "aggregates only: the file has samples" "$(jq -c '.sgdmark.samples[0].seconds | length' "$out")" 3
check "aggregates only: compare takes it" "$sgdmark" compare "$out" "$out"
jq '.benchmarks |= map(select(.run_type == "aggregate")) | .sgdmark.samples = [] | .sgdmark.schema_version = 1 |
    .sgdmark += {schedule: null, schedule_reason: "none", aa: null, aa_reason: "none", comparisons: []}' "$out" > "$scratch/old"
rm -f "$out"
said=$("$sgdmark" compare "$scratch/old" "$scratch/old" 2>&1)
equal "a file that holds aggregates only is named so" "$? $(grep -c 'holds no samples, only aggregates' <<< "$said")" "2 1"
rm -f "$scratch/old"

# A result that could not be read again is refused before it is measured.
bench --benchmark_repetitions=10000 --benchmark_min_time=0.001 "--benchmark_out=$out"
refuses "a result of more than 64 MiB" 'benchmark_repetitions: 10000 repetitions of [0-9]+ benchmarks make a result of more than 64 MiB'

finish
