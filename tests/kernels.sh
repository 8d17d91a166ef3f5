#!/bin/bash
# SPDX-License-Identifier: MIT
# `sgdmark kernels --verify` with a seed that nobody chose: every kernel that can run here is right.
source "$(dirname "$0")/lib.sh"

"$sgdmark" kernels --verify > "$scratch/stdout" 2> "$scratch/stderr"
status=$?
seed=$(sed -n 's/^seed //p' "$scratch/stdout")
while read -r backend kernel verdict rest; do
    case $verdict in
    right) ok "seed $seed: $backend $kernel" ;;
    WRONG) not_ok "seed $seed: $backend $kernel" "$rest" ;;
    NOT) skip "$backend $kernel" "${rest#CHECKED  }" ;;
    esac
done < <(sed '1d;$d' "$scratch/stdout")

# What ran and was right goes into the closing list of the suite.
while read -r backend; do
    grep -q "^$backend .* WRONG" "$scratch/stdout" || ledger "$backend" natively
done < <(awk '$3 == "right" { print $1 }' "$scratch/stdout" | sort -u)
equal "exit status and message" "$status$(cat "$scratch/stderr")" $((tap_failed > 0))
check "the last line counts the kernels" grep -q -E '^[1-9][0-9]* of [0-9]+ kernels checked, [0-9]+ wrong' <(tail -n 1 "$scratch/stdout")
finish
