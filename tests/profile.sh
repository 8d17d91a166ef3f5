#!/bin/bash
# SPDX-License-Identifier: MIT
# tools/profile: it chooses the right events from lists of perf, perf sees what is timed and nothing else, and the kernel
# stands on top. Where perf does not work, what needs it is skipped.
. "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA

while IFS=$'\t' read -r list sample count topdown; do
    equal "events of $list" "$(tools/profile --events "tests/golden/profile/$list.list")" \
        "$(printf 'sample %s\ncount %s\ntopdown %s' "$sample" "$count" "$topdown")"
done < tests/golden/profile/expected.tsv
equal "each list has its line" "$(cut -f 1 tests/golden/profile/expected.tsv | sort)" "$(basename -s .list tests/golden/profile/*.list | sort)"

for wrong in "--frobnicate" "--isa" "--events /no/such/file"; do
    # shellcheck disable=SC2086
    tools/profile $wrong > "$scratch/out" 2> "$scratch/err"
    equal "$wrong: exit status" $? 2
    equal "$wrong: one line" "$(wc -l < "$scratch/out") $(wc -l < "$scratch/err")" "0 1"
done

if sanitized || counting; then
    skip "a profile" "$build runs code of its own beside the kernels"
    finish
elif ! perf record -e cpu-clock -o "$scratch/trial" -- true > "$scratch/out" 2>&1; then
    skip "a profile" "perf does not work here: $(tail -n 1 "$scratch/out" | tr -s '\n ' ' ')"
    finish
fi

# counted PERF...: what perf stat counts of a command that is told of it, and the whole of it, in ms.
mkfifo "$scratch/control" "$scratch/ack"
control=fifo:$scratch/control,$scratch/ack
counted() {
    perf stat -x , -o "$scratch/stat" -e task-clock --delay=-1 --control "$control" -- "$sgdmark" "$@" --perf-ctl "$control" > "$scratch/out" 2> "$scratch/err"
    status=$?
    on_cpu=$(sed -n 's/^\([0-9.]*\),.*task-clock.*/\1/p' "$scratch/stat")
}
# within LOW MS HIGH
within() {
    awk -v low="$1" -v ms="${2:-0}" -v high="$3" 'BEGIN { exit !(ms >= low && ms <= high) }'
}
data=(--data 'synthetic:n=4000,d=784')

# What is counted is what is timed. The wall clock of a busy machine may be longer; the CPU's is not.
counted train "${data[@]}" --isa scalar --epochs 20 --json "$scratch/fit.json"
equal "train under perf: exit status" $status 0
check "train under perf: the fit is counted ($on_cpu ms) and nothing else" within 1 "$on_cpu" "$(jq '.seconds * 1000 + 2' "$scratch/fit.json")"
counted bench "${data[@]}" --isa scalar --engine f32 '--benchmark_filter=^epoch/f32/scalar$' --benchmark_min_time=20x --benchmark_out="$scratch/bench.json"
equal "bench under perf: exit status" $status 0
check "bench under perf: the loop is counted ($on_cpu ms) and nothing else" within 1 "$on_cpu" \
    "$(jq '.benchmarks[0] | .cpu_time * .iterations / 1e6 + 2' "$scratch/bench.json")"
counted bench "${data[@]}" --isa scalar --engine f32 '--benchmark_filter=^epoch/f32/scalar$' --benchmark_min_time=2x --benchmark_repetitions=5
equal "bench under perf, five repetitions: exit status" $status 0
equal "bench under perf: counting begins with each loop and ends with it" \
    "$(grep -c 'Events enabled' "$scratch/err") $(grep -c 'Events disabled' "$scratch/err")" "5 6" # perf begins without counting
run=(run --quick --data 'synthetic:n=300,d=64' --isa scalar --place core --json "$scratch/run.json")
counted "${run[@]}" --perf-case epoch/f32/scalar
equal "run under perf: exit status" $status 0
rounds=$(jq '.sgdmark.experiments[0].schedule.process | length' "$scratch/run.json")
samples=$(grep -c 'Events enabled' "$scratch/err") # a spoiled sample is taken again, twice at most
check "run under perf: $samples samples are counted in $rounds rounds of all processes" test "$samples" -ge "$rounds" -a "$samples" -le $((3 * rounds))
equal "run under perf: counting ends with each" "$(grep -c 'Events disabled' "$scratch/err")" $((samples + 1))
counted "${run[@]}" --perf-case epoch/f32/none
equal "a case that is not timed: exit status" $status 2
check "a case that is not timed: those that are" grep -q -F "'epoch/f32/none' is not timed here; epochs are: " "$scratch/err"
"$sgdmark" train "${data[@]}" --perf-ctl "$control" > "$scratch/out" 2> "$scratch/err"
equal "no perf listens: exit status" $? 2
check "no perf listens: the reason" grep -q "no perf listens to it" "$scratch/err"

best=$("$sgdmark" train "${data[@]}" --json - | jq -r .isa)
check "a profile" tools/profile --program "$sgdmark" --data 'synthetic:n=4000,d=784' --seconds 0.5 --out "$scratch/profile"
share=$(sed -n 's/^ *\([0-9.]*\) %  of the samples are in the program$/\1/p' "$scratch/profile/summary.txt")
check "at least 95 % of the samples are in the program ($share %)" within 95 "$share" 100
top=$(sed -n -E 's/^ *[0-9.]+ %  ([a-z0-9_]+)$/\1/p' "$scratch/profile/summary.txt" | head -n 1)
check "the kernel stands on top ($top)" grep -q -E "^(dot|axpy)_.*_${best//-/}$" <<< "$top"
equal "no check, roof or loading was sampled" "$(grep -E '%' "$scratch/profile/report.txt" | grep -c -i -E 'roof|check|verif|sha256|synth|reference')" 0
check "its code is annotated" grep -q -E '^ +[0-9.]+ .*:' "$scratch/profile/annotate.txt"
check "time per row" grep -q -E '^ +[0-9.]+  ns per row on a CPU$' "$scratch/profile/summary.txt"
check "top-down analysis, or the command for it" grep -q -E 'perf stat -M TopdownL1|[Rr]etiring' "$scratch/profile/summary.txt"
check "the summary fits a screen" test "$(wc -l < "$scratch/profile/summary.txt")" -le 40
if grep -q '^sampled by cpu-clock' "$scratch/profile/summary.txt"; then
    check "why there are no hardware events" grep -q '^sampled by cpu-clock (perf lists no hardware events: ' "$scratch/profile/summary.txt"
fi
finish
