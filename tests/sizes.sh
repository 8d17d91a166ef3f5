#!/bin/bash
# SPDX-License-Identifier: MIT
# No function is longer than 60 lines, from its signature to its closing brace, and none takes more than 7 parameters.
# Prints the three longest functions and the three longest files.
source "$(dirname "$0")/lib.sh"
most_lines=60 most_parameters=7

if ! ctags --version 2> /dev/null | grep -q '^Universal Ctags'; then
    skip "sizes of functions" "universal-ctags is not installed"
    finish
fi
find src kernels bench -name '*.[ch]' -o -name '*.cc' | sort > "$scratch/files"

# "LINES PARAMETERS FILE:LINE NAME" for every function of the files listed on stdin. A parameter list without commas
# outside parentheses, () and (void) apart, has one parameter.
measure() {
    ctags -f - --excmd=number --fields=neS --kinds-C=f --kinds-C++=f --language-force="$1" -L - | awk -F '\t' '
        {
            line = end = 0
            signature = ""
            for (i = 4; i <= NF; i++) {
                if ($i ~ /^line:/) line = substr($i, 6)
                if ($i ~ /^end:/) end = substr($i, 5)
                if ($i ~ /^signature:/) signature = substr($i, 11)
            }
            depth = parameters = 0
            for (i = 1; i <= length(signature); i++) {
                c = substr(signature, i, 1)
                if (c ~ /[(<[{]/) depth++
                if (c ~ /[])>}]/) depth--
                if (c == "," && depth == 1) parameters++
            }
            if (signature !~ /^\( *(void)? *\)/) parameters++
            print (end ? end - line + 1 : 0), parameters, $2 ":" line, $1
        }'
}
{
    grep '\.cc$\|^bench/[a-z]*\.h$' "$scratch/files" | measure C++
    grep -v '\.cc$\|^bench/[a-z]*\.h$' "$scratch/files" | measure C
} | sort -rn > "$scratch/functions"

# The measure itself: on a function of 61 lines that takes 8 parameters, one of them a function.
{
    echo 'static int long_one(int a, int (*b)(int, int), int c, int d, int e,'
    echo '                    int f, int g, int h) {'
    for i in $(seq 58); do echo "    a += $i;"; done
    echo '}'
} > "$scratch/long.c"
equal "a function's lines and parameters are counted" "$(echo "$scratch/long.c" | measure C | sed 's/ [^ ]* / /2; s|/.*:1 ||')" "61 8 long_one"

# ctags does not know a function whose signature a macro makes: whatever starts at the left margin and ends in a brace
# there is measured, too.
equal "nothing else at the left margin is longer than $most_lines lines" "$(xargs awk -v most=$most_lines '
    FNR == 1 { start = inside = 0 }
    /^(extern "C"|namespace)/ { next }
    /^[A-Za-z_]/ && !start { start = FNR }
    /\{$/ && start { inside = 1 }
    /;$/ && !inside { start = 0 }
    /^}/ {
        if (inside && /^}$/ && FNR - start + 1 > most) print FILENAME ":" start ": " FNR - start + 1 " lines"
        start = inside = 0
    }' < "$scratch/files")" ""

equal "no function is longer than $most_lines lines" "$(awk -v most=$most_lines '$1 > most' "$scratch/functions")" ""
equal "no function takes more than $most_parameters parameters" \
    "$(awk -v most=$most_parameters '$2 > most' "$scratch/functions")" ""
equal "the end of every function is known" "$(awk '$1 == 0' "$scratch/functions")" ""

echo "# The longest of $(wc -l < "$scratch/functions") functions:"
head -n 3 "$scratch/functions" | while read -r lines _ place name; do echo "#   $lines lines: $name, $place"; done
echo "# The longest of $(wc -l < "$scratch/files") files:"
xargs wc -l < "$scratch/files" | grep -v ' total$' | sort -rn | head -n 3 | sed 's/^ */#   /'
finish
