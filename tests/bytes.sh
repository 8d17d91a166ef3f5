#!/bin/bash
# SPDX-License-Identifier: MIT
# Names of folders, files, hosts and arguments may hold any bytes: Latin-1, control characters, halves of characters. All
# JSON stays whole, is UTF-8, and says which bytes they were.
source "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA

# rows_in FOLDER: 60 pictures of 4 x 4 pixels.
rows_in() {
    mkdir "$1" && /usr/bin/python3 - "$1" << 'PYTHON'
import os, struct, sys
folder = os.fsencode(sys.argv[1])
with open(folder + b"/train-images-idx3-ubyte", "wb") as images:
    images.write(struct.pack(">4I", 0x803, 60, 4, 4) + bytes(i * 37 % 256 for i in range(960)))
with open(folder + b"/train-labels-idx1-ubyte", "wb") as labels:
    labels.write(struct.pack(">2I", 0x801, 60) + bytes(i % 10 for i in range(60)))
PYTHON
}

# holds NAME FILE EXPRESSION: the file is UTF-8 and JSON without raw control characters (but newlines), for which the
# jq expression is true.
holds() {
    local fault
    fault=$(iconv -f UTF-8 -t UTF-8 "$2" 2>&1 > /dev/null) ||
        { not_ok "$1" "not UTF-8: $fault" "$(head -c 300 "$2" | cat -v)"; return; }
    if LC_ALL=C grep -q -P '[\x01-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]' "$2"; then
        not_ok "$1" "a raw control character" "$(head -c 300 "$2" | cat -v)"
    elif jq -e "$3" "$2" > /dev/null 2> "$scratch/noise"; then
        ok "$1"
    else
        not_ok "$1" "not true: $3" "$(head -c 300 "$2")" "$(cat "$scratch/noise")"
    fi
}

# A folder's name, and what stands for it in JSON.
names=($'\xfcber' $'n\xc3\xa4h' $'e\x1b[31mr\nt\x7f' $'csi\xc2\x9bu' $'rlo\xe2\x80\xae' $'cut\xe2\x82' $'\\xfc')
texts=('\\xfcber' 'näh' 'e\u001b[31mr\nt\u007f' 'csi\u009bu' 'rlo\u202e' 'cut\\xe2\\x82' '\\x5cxfc')
for i in "${!names[@]}"; do
    folder=$scratch/${names[i]} said=${texts[i]}
    rows_in "$folder"
    for command in train cv describe; do
        "$sgdmark" $command --data "$folder" --json - > "$scratch/out.json" 2> "$scratch/stderr"
        status=$?
        [ $status -eq 0 ] || not_ok "$command in $said" "exit status $status" "$(cat -v "$scratch/stderr")"
        holds "$command in a folder called $said" "$scratch/out.json" "(if type == \"array\" then .[0] else . end).data | endswith(\"/$said\")"
    done
done

# A whole run, its file and comparisons of it, under names in Latin-1.
folder=$scratch/$'\xfcber' result=$scratch/$'r\xe9sultat.json'
"$sgdmark" run --quick --data "$folder" --isa scalar --place core --json "$result" > "$scratch/out" 2> "$scratch/stderr"
equal "run: exit status" $? 0
holds "run: where the rows are, and the arguments" "$result" \
    '(.sgdmark.workload.data | endswith("/\\xfcber")) and (.sgdmark.argv | map(endswith("/r\\xe9sultat.json")) | any)'
copy=$scratch/$'B\xfc.json'
cp tests/golden/result.json "$copy"
"$sgdmark" compare --format json "$result" "$result" > "$scratch/out.json" 2> "$scratch/stderr"
equal "compare: exit status" $? 0
holds "compare names the files" "$scratch/out.json" '(.files | length == 2) and (.files[1].path | endswith("/r\\xe9sultat.json"))'
"$sgdmark" compare --format json tests/golden/result.json "$copy" > "$scratch/out.json" 2> "$scratch/stderr"
holds "compare loses no row and no subject" "$scratch/out.json" \
    '(.files | length == 2) and (.benchmarks | length > 0) and (.benchmarks[0].subject | endswith("/B\\xfc.json")) and
     (.subjects | length == 1) and (.subjects[0].subject | endswith("/B\\xfc.json"))'

# Google Benchmark's own JSON.
bench() {
    "$sgdmark" bench --data "$folder" --isa scalar --benchmark_filter='dot_u8f32/scalar/d:16$' --benchmark_min_time=0.001 \
        --benchmark_context=$'who=Ren\xe9e,na\xefve=a\x1bb,caf\xe9=\\xe9' "$@" > "$scratch/out" 2> "$scratch/stderr"
}
bench "--benchmark_out=$scratch/b.json"
equal "bench: exit status" $? 0
holds "bench: the file" "$scratch/b.json" '(.context.data | endswith("/\\xfcber")) and .context["na\\xefve"] == "a\\x1bb" and
    .context["caf\\xe9"] == "\\x5cxe9" and (.benchmarks | length == 1) and (.sgdmark.workload.data | endswith("/\\xfcber"))'
check "bench: no control character on the screen" test -z "$(LC_ALL=C grep -P '[\x01-\x08\x0b-\x1f\x7f-\xff]' "$scratch/out" "$scratch/stderr")"
bench --benchmark_format=json
holds "bench: JSON on the screen" "$scratch/out" '(.context.data | endswith("/\\xfcber")) and (.benchmarks | length == 1)'

# shellcheck disable=SC2317
on_odd_host() {
    /usr/bin/python3 -c 'import socket; socket.sethostname(b"h\xf6st\x1b")' || exit 9
    "$sgdmark" bench --data synthetic:n=60 --isa scalar --benchmark_filter='dot_u8f32/scalar/d:16$' --benchmark_min_time=0.001 \
        --benchmark_format=json "--benchmark_out=$scratch/host.json" > "$scratch/out"
}
export -f on_odd_host
export sgdmark scratch
unshare -u bash -c on_odd_host > "$scratch/noise" 2>&1
case $? in
1 | 9) skip "a host with an odd name" "setting the host's name is not allowed here" ;;
0)
    holds "a host with an odd name: the file" "$scratch/host.json" '.context.host_name == "h\\xf6st\u001b"'
    holds "a host with an odd name: the screen" "$scratch/out" '.context.host_name == "h\\xf6st\u001b"'
    ;;
*) not_ok "a host with an odd name" "$(cat "$scratch/noise")" ;;
esac

# Values are put together in base/json.c only, where none is lost unseen.
equal "no other file appends to JSON unchecked" \
    "$(grep -l -E '\bjson_(object_set|object_set_new|array_append|array_append_new|array_insert|array_insert_new)(_nocheck)?\(' \
        src/*/*.[ch] bench/*.cc bench/*.h | grep -v '^src/base/json\.c$')" ""
finish
