#!/bin/bash
# SPDX-License-Identifier: MIT
# A part of the planted faults (tools/check-mutants): MUTANTS=K/N chooses it. Each must be caught.
. "$(dirname "$0")/lib.sh"

if [ -z "${MUTANTS:-}" ]; then
    skip "planted faults" "MUTANTS=K/N chooses a part of them; make check-mutants tries all"
    finish
fi
tools/check-mutants --part "$MUTANTS" > "$scratch/output" 2>&1
status=$?
while read -r verdict fault what; do
    case $verdict in
    caught) ok "part $MUTANTS, $fault: caught by $what" ;;
    SURVIVED | STALE | UNBUILT) not_ok "part $MUTANTS, $fault: $verdict" "$what" ;;
    esac
done < "$scratch/output"
if [ $status -ne 0 ] && [ $tap_failed -eq 0 ]; then not_ok "tools/check-mutants" "$(tail -n 50 "$scratch/output")"; fi
finish
