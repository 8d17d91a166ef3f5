#!/bin/bash
# SPDX-License-Identifier: MIT
# What a person at a terminal sees: greys and a progress bar, and neither where they are not wanted.
. "$(dirname "$0")/lib.sh"

if ! script -qec true "$scratch/typescript" > "$scratch/noise" 2>&1; then
    skip "a terminal" "no script (bsdutils), or no terminals to be had"
    finish
fi

# at_terminal COMMAND: what the program writes there; stdin is no terminal.
at_terminal() {
    script -qec "$1" "$scratch/typescript" < /dev/null
}
escape=$(printf '\033')
show="TERM=xterm-256color LC_ALL=C.UTF-8 $sgdmark describe --data synthetic:n=50 --show 7"

at_terminal "env $show" > "$scratch/grey"
equal "a digit takes 14 lines of greys" "$(grep -c "$escape\[38;5;2[0-9]*;48;5;2[0-9]*m▀" "$scratch/grey")" 14
greys=$(grep -o "48;5;[0-9]*m" "$scratch/grey" | sort -u | wc -l)
check "of several shades ($greys)" test "$greys" -gt 3
equal "of the grey palette" "$(grep -o -E '[34]8;5;[0-9]+' "$scratch/grey" | awk -F ';' '$3 < 232 || $3 > 255' | wc -l)" 0
equal "that end with the line" "$(grep -c "▀$escape\[0m" "$scratch/grey")" 14
for setting in NO_COLOR=1 TERM=dumb LC_ALL=C; do
    at_terminal "env ${show/ $sgdmark/ $setting $sgdmark}" > "$scratch/plain"
    equal "$setting: no colour" "$(grep -c "$escape" "$scratch/plain")" 0
    equal "$setting: the digit all the same" "$(tail -n 14 "$scratch/plain" | tr -d '\r' | awk 'length == 28' | wc -l)" 14
done

long="$sgdmark cv --data synthetic:n=6000 --isa scalar --epochs 60"
at_terminal "$long > $scratch/stdout" > "$scratch/bar"
check "a bar with share and time left" grep -q -E '#*\.+ +[0-9]+ %, about [0-9]+ s left' "$scratch/bar"
check "which is wiped at the end" grep -q "$escape\[K\$" <(tr -d '\n' < "$scratch/bar")
equal "none of it on stdout" "$(grep -c "$escape\|s left" "$scratch/stdout")" 0
at_terminal "env NO_COLOR=1 $long > $scratch/stdout" > "$scratch/bar"
check "NO_COLOR: the bar all the same, it has no colour" grep -q ' s left' "$scratch/bar"
at_terminal "env TERM=dumb $long > $scratch/stdout" > "$scratch/bar"
equal "TERM=dumb: no bar" "$(cat "$scratch/bar")" ""
$long 2> "$scratch/errors" > "$scratch/stdout"
equal "no bar into a file" "$(cat "$scratch/errors")" ""
finish
