#!/bin/bash
# SPDX-License-Identifier: MIT
# The manual page and the completion of bash are made from --help: every command and every option is in both, every
# value that the program names is completed, and the page renders without warnings.
source "$(dirname "$0")/lib.sh"

page=$scratch/sgdmark.1 completion=$scratch/completion
check "the page is made" bash -c "tools/make-man $sgdmark > $page"
check "the completion is made" bash -c "tools/make-completion $sgdmark > $completion"

if command -v groff > /dev/null; then
    groff -man -Tutf8 -ww -rLL=200n "$page" 2> "$scratch/warnings" | sed 's/\x1b\[[0-9;]*m//g; s/.\x08//g; s/‐/-/g' > "$scratch/text"
    equal "it renders without warnings" "$(cat "$scratch/warnings")" ""
else
    skip "it renders without warnings" "groff is not installed"
fi

# section COMMAND: its part of the page, without roff's escapes.
section() {
    sed -n "/^\.SS $1\$/,/^\.S[SH] /p" "$page" | sed '1d; s/\\-/-/g; s/\\&//g; s/\\e/\\/g'
}

# completed WORD...: what is offered for the last word of a command line, one a line.
completed() {
    bash -c '
        source "$1"
        COMP_WORDS=("${@:2}") COMP_CWORD=$(($# - 2))
        _sgdmark
        printf "%s\n" "${COMPREPLY[@]}"' bash "$completion" "$@" | sort
}

mapfile -t commands < <("$sgdmark" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p')
equal "commands are completed" "$(completed "$sgdmark" "" | paste -s)" "$(printf '%s\n' "${commands[@]}" --help --version | sort | paste -s)"
equal "each command has a section" "$(sed -n 's/^\.SS //p' "$page" | paste -s)" "$(printf '%s\n' "${commands[@]}" | paste -s)"
for command in "${commands[@]}"; do
    "$sgdmark" "$command" --help > "$scratch/help"
    sed -n -E 's/^ +(--[A-Za-z0-9_-]+).*/\1/p' "$scratch/help" | sort > "$scratch/options"
    equal "$command: the page has its options" "$(section "$command" | sed -n -E 's/^\.B "(--[A-Za-z0-9_-]+).*/\1/p' | sort)" "$(cat "$scratch/options")"
    equal "$command: its options are completed" "$(completed "$sgdmark" "$command" -- | tr -d '=' | sort | paste -s)" \
        "$(echo --help | sort - "$scratch/options" | paste -s)"
    # Word for word, in its order.
    check "$command: the page says what the help says" diff \
        <(section "$command" | sed -E '/^\.[A-Za-z]/{/^\.B /!d; s/^\.B "?//; s/"$//}' | tr -s ' \n' '\n') \
        <(ARGP_HELP_FMT=rmargin=5000 "$sgdmark" "$command" --help | sed 's/^Usage: //' | tr -s ' \n' '\n')
done

# The values that a refusal lists are those that are completed, in both spellings of an option.
while read -r command option; do
    values=$("$sgdmark" "$command" "$option=?" 2>&1 | sed -n "s/.* '?' is none of //p" | tr -d , | tr ' ' '\n' | sort)
    equal "$command $option: values" "$(completed "$sgdmark" "$command" "$option" "")" "$values"
    equal "$command $option=: values" "$(completed "$sgdmark" "$command" "$option" = "")" "$values"
done << 'LIST'
train --split
train --order
train --compat
train --loss
train --penalty
train --learning-rate
train --engine
cv --estimator
compare --format
kernels --kernel
bench --benchmark_format
bench --benchmark_time_unit
LIST
equal "a value is completed from its beginning" "$(completed "$sgdmark" train --split te)" test
equal "--isa: auto, all and the backends that run here" "$(completed "$sgdmark" run --isa "" | paste -s)" \
    "$({ echo auto; echo all; "$sgdmark" kernels | sed -n 's/ .*runs here.*//p'; } | sort | paste -s)"
equal "--place: placements of this machine" "$(completed "$sgdmark" cv --place "all-c")" all-cores
touch "$scratch/some.json"
equal "--json: files" "$(completed "$sgdmark" train --json "$scratch/so")" "$scratch/some.json"
equal "report: files" "$(completed "$sgdmark" report "$scratch/so")" "$scratch/some.json"
equal "a number is not completed" "$(completed "$sgdmark" train --epochs "")" ""

# make install puts all three in their places, make uninstall takes them away. -o: the program is installed as it is, not
# made anew while other tests run it.
as_it_is=(make -s -o "$sgdmark" BUILD="$build" DESTDIR="$scratch/root" PREFIX=/usr)
check "make install" "${as_it_is[@]}" install
equal "what is installed" "$(cd "$scratch/root" && find . -type f | sort | paste -s)" \
    "$({ [ ! -e "$build/sgdmark-mpi" ] || echo ./usr/bin/sgdmark-mpi; printf "%s\n" ./usr/bin/sgdmark ./usr/share/bash-completion/completions/sgdmark ./usr/share/man/man1/sgdmark.1 ./usr/share/sgdmark/fetch-mnist; } | sort | paste -s)"
check "the program is the one of the build" cmp "$sgdmark" "$scratch/root/usr/bin/sgdmark"
check "make uninstall" "${as_it_is[@]}" uninstall
equal "what is left" "$(find "$scratch/root" -type f)" ""
finish
