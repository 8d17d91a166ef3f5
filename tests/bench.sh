#!/bin/bash
# SPDX-License-Identifier: MIT
# The Google Benchmark driver: names, the result file, refusals.
source "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA

S=synthetic:n=600
out=$scratch/r.json

# shellcheck source=tests/bench-calls.sh
source tests/bench-calls.sh

# Names
bench --benchmark_list_tests
names=$stdout
backend='[a-z0-9-]+' engine='f(32|64)|int'
pattern="kernel/[a-z0-9_]+/$backend/d:[0-9]+(/ws:(L1|L2|LLC|memory))?(/k:[0-9]+)?|(epoch|cv)/($engine)/$backend"
pattern="$pattern|rows/($engine)/$backend/n:[0-9]+"
equal "every name follows the pattern" "$(grep -v -x -E -c "$pattern" <<< "$names")" 0
equal "no name is there twice" "$(sort <<< "$names" | uniq -d)" ""
check "the names are the same under another CPU affinity and another --data" \
    diff <(echo "$names") <(taskset -c "$(nproc --all | awk '{ print $1 - 1 }')" "$sgdmark" bench --data /none --benchmark_list_tests=true)
for name in $(backends_here bits) $(backends_here tolerance); do
    equal "$name: kernels of eight lengths and four working sets, an epoch, folds, rows" \
        "$(grep -c "^kernel/dot_u8i16/$name/" <<< "$names") $(grep -c "^epoch/int/$name$" <<< "$names")$(
            grep -c "^cv/int/$name$" <<< "$names")$(grep -c "^rows/int/$name/n:32$" <<< "$names")" "12 111"
done
equal "engine f64 has its epoch and folds" "$(grep -c -E '^(epoch|cv)/f64/scalar$' <<< "$names")" 2
bench --isa scalar --engine f32 --benchmark_list_tests
equal "--isa and --engine choose" "$(grep -v -c /scalar <<< "$stdout") $(grep -c /f64/ <<< "$stdout")" "0 0"
equal "gigabytes are left out without a filter" "$(grep -c n:8000000 <<< "$names")" 0
bench --benchmark_list_tests '--benchmark_filter=^rows/f32/scalar/n:8000000$'
equal "and there with one" "$stdout" rows/f32/scalar/n:8000000

# A short run and its file
quick='^kernel/dot_u8f32/scalar/d:(16|784)$|^(epoch|cv)/.*/scalar$|^rows/f32/scalar/n:32$'
bench "--benchmark_filter=$quick" --benchmark_min_time=0.001 --benchmark_repetitions=3 "--benchmark_out=$out"
equal "a short run: exit status" "$status" 0
if [ -s "$out" ]; then
    equal "nothing but the file is left" "$(left_behind)" r.json
    check "it has the three parts" grep -c -x -E '  "(context|benchmarks|sgdmark)": [[{]' "$out"
    for key in schema_version version commit build_type data pixels_sha256 permutation_hash seed dispatch_asked \
        dispatch_chosen hardware_counters; do
        check "context: $key" grep -q -E "^    \"$key\": \"[^\"]+\"" "$out"
    done
    equal "the data is called synthetic" "$(grep -c -E '^    "data": "synthetic:n=600' "$out")" 1
    equal "every repetition is there" "$(grep -c '"repetition_index": 2' "$out")" 9
    equal "times are in ns" "$(grep '"time_unit"' "$out" | sort -u | tr -d ' ,')" '"time_unit":"ns"'
    rows=$(grep -c '"run_name"' "$out")
    equal "every row has its rates" "$(grep -c '"items_per_second"' "$out") $(grep -c '"bytes_per_second"' "$out")" \
        "$rows $rows"
    rows=$(grep -c -E '"run_name": "(epoch|cv|rows)/(f32|int)/scalar' "$out")
    equal "what trains stands beside its roofs" \
        "$(grep -c '"percent_of_read_roof"' "$out") $(grep -c '"percent_of_compute_roof"' "$out")" "$((rows + 14)) $rows"
    check "the kernels' check is recorded" grep -q -E '"detail": "[1-9][0-9]* calls of [0-9]+ kernels compared"' "$out"
else
    not_ok "the result file" "$stderr"
fi
compare=$(dpkg -L libbenchmark-tools 2> /dev/null | grep '/compare\.py$')
if [ -s "$out" ] && [ -n "$compare" ] && /usr/bin/python3 -c 'import scipy' 2> /dev/null; then
    check "compare.py loads it" /usr/bin/python3 "$compare" --no-color benchmarks "$out" "$out"
    equal "compare.py compares every benchmark" "$(/usr/bin/python3 "$compare" --no-color benchmarks "$out" "$out" |
        grep -c -E '^(kernel|epoch|cv|rows)/.*_pvalue')" 9
else
    skip "compare.py loads it" "Debian's libbenchmark-tools or python3-scipy is not installed"
fi
"$sgdmark" compare --format json "$out" "$out" > "$scratch/itself.json"
equal "sgdmark compare takes it, also against itself: every ratio is 1" \
    "$? $(jq -c '[.benchmarks[].ratio] | length > 0 and all(. == 1)' "$scratch/itself.json")" "0 true"
rm -f "$scratch/itself.json"

# What is shown: other formats
rm -f "$out"
bench --benchmark_filter=dot_u8f32/scalar/d:16 --benchmark_min_time=0.001 --benchmark_format=csv \
    "--benchmark_out=$out" --benchmark_out_format=csv
equal "CSV: shown and written" "$status $(grep -c '^"kernel/dot_u8f32/scalar/d:16",' "$out")$(
    grep -c '^"kernel/dot_u8f32/scalar/d:16",' <<< "$stdout")" "0 11"
rm -f "$out"

# An interrupted run leaves no file.
"$sgdmark" bench --data $S --benchmark_filter=dot_u8f32/scalar/d:16 --benchmark_min_time=60 "--benchmark_out=$out" \
    > /dev/null 2>&1 &
sleep 1
kill $!
wait $! 2> /dev/null
equal "interrupted: no file" "$(left_behind)" ""

# Refusals
bench --benchmark_filter=no_such_name "--benchmark_out=$out"
refuses "a filter that matches nothing" 'filter.*no_such_name'
bench "--benchmark_filter=(" "--benchmark_out=$out"
refuses "a filter that is no regular expression" 'filter'
bench --benchmark_fliter=x "--benchmark_out=$out"
refuses "an unknown option of Google Benchmark" 'benchmark_fliter'
bench --no-such-option
refuses "an unknown option" 'no-such-option'
bench surplus
refuses "a surplus argument" 'surplus'
for flag in min_time=x min_time=-1 min_time=s min_time=0x min_time=1.5x min_time=3m dry_run=perhaps repetitions=0 format=xml out_format=xml color=blue list_tests=maybe time_unit=years \
    out=; do
    bench --benchmark_filter=scalar/d:16 "--benchmark_$flag"
    refuses "--benchmark_$flag" "benchmark_${flag%%=*}"
done
bench --isa no-such-isa
refuses "an unknown backend" 'no-such-isa'
bench --benchmark_filter=dot_u8f32/scalar/d:16 --benchmark_min_time=0.001 --benchmark_out=/no/such/folder/r.json
equal "a folder that is not there" "$status $(grep -c '^sgdmark bench: --benchmark_out: /no/such/folder/r.json: ' <<< "$stderr")" "2 1"

finish
