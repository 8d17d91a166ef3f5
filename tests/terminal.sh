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

# help COLUMNS [SETTING]: the help of run at a terminal of this width.
help() {
    at_terminal "stty cols $1; env ${2:-} $sgdmark run --help" | tr -d '\r'
}
# longest: columns of the longest line of standard input, without that of an option whose values alone are 50 wide.
longest() {
    awk '!/--class-weight=/ && length($0) > most { most = length($0) } END { print most + 0 }'
}
"$sgdmark" run --help > "$scratch/help"
words=$(sed '/^Examples:/,$d' "$scratch/help" | tr -s ' \n' '\n')
for columns in 30 40 59 60 80 100 200; do
    help $columns > "$scratch/fitted"
    fits=$((columns < 40 ? 40 : columns > 100 ? 100 : columns))
    check "help at $columns columns is no wider" test "$(longest < "$scratch/fitted")" -lt $fits
    equal "help at $columns columns has the same words" "$(sed '/^Examples:/,$d' "$scratch/fitted" | tr -s ' \n' '\n')" "$words"
done
check "help at 100 columns uses them" test "$(help 100 | longest)" -gt 90
check "help into a file stays within 79" test "$(longest < "$scratch/help")" -le 79
equal "help follows ARGP_HELP_FMT where it is set" "$(help 200 ARGP_HELP_FMT=rmargin=50 | longest)" \
    "$(ARGP_HELP_FMT=rmargin=50 "$sgdmark" run --help | longest)"

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
