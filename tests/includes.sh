#!/bin/bash
# SPDX-License-Identifier: MIT
# The house of src/README.md: which folder may include which, read off the compiler's own dependency files; and who may
# end the process or print, read off the symbols of the objects. Prints the include graph by folder.
source "$(dirname "$0")/lib.sh"

# Folder: what its files may include besides their own folder.
declare -A allowed=(
    [kernels]=""
    [base]=""
    [data]="base kernels"
    [learn]="data base kernels"
    [machine]="base kernels"
    [verify]="machine learn data base kernels"
    [measure]="verify machine learn data base kernels"
    [record]="measure verify machine learn data base kernels"
    [report]="record measure verify machine learn data base kernels"
    [bench]="measure verify machine learn data base kernels"
    [peers]="learn data base kernels"
    [cli]="bench report record measure verify machine learn data base kernels"
)

# folder FILE: the folder of a file as the list above names it.
folder() {
    case $1 in
    src/*/*) set -- "${1#src/}" && echo "${1%%/*}" ;;
    bench/peers/*) echo peers ;;
    *) echo "${1%%/*}" ;;
    esac
}

may() {
    [[ $1 = "$2" || " ${allowed[$1]} " == *" $2 "* ]]
}

# The objects of the program, and what each depends on: "SOURCE FILE" a line. Objects of sources that are gone are left
# out, and headers that are made (version.h).
for dependencies in "$build"/src/*/*.d "$build"/kernels/*.d "$build"/bench/*.d "$build"/peers/*.d; do
    [ -e "$dependencies" ] || continue
    read -r -a files <<< "$(sed -e '/^[^ ].*:$/d' -e 's/^[^ ]*://' -e 's/\\$//' "$dependencies" | tr '\n' ' ')"
    [ -e "${files[0]:-}" ] || continue
    for file in "${files[@]:1}"; do
        case $file in
        "$build"/* | /*) ;; # made, or a library
        *) echo "${files[0]} $file" ;;
        esac
    done
done | sort -u > "$scratch/depends"
cut -d ' ' -f 1 "$scratch/depends" | sort -u > "$scratch/sources"
tr ' ' '\n' < "$scratch/depends" | sort -u > "$scratch/files"

# Every source of the program has been compiled, and a new folder has its line above.
find src kernels bench -name '*.c' -o -name '*.cc' | grep -v -E '^(kernels|bench/peers)/|^src/cli/mpi_main.c$' | sort > "$scratch/all"
equal "every source has its dependency file" "$(comm -23 "$scratch/all" "$scratch/sources")" ""
while read -r file; do folder "$file"; done < "$scratch/files" | sort -u > "$scratch/folders"
equal "every folder is in the list" "$(comm -23 "$scratch/folders" <(printf '%s\n' "${!allowed[@]}" | sort))" ""

# What each object depends on, however indirectly.
faults=()
while read -r source file; do
    from=$(folder "$source") to=$(folder "$file")
    may "$from" "$to" || faults+=("$source depends on $file")
done < "$scratch/depends"
if [ ${#faults[@]} -eq 0 ]; then
    ok "no object depends on a folder that its own may not include ($(wc -l < "$scratch/sources") objects)"
else
    not_ok "no object depends on a folder that its own may not include" "${faults[@]}"
fi

# included FILE: the files of the program that it includes itself. A name is looked up as the compiler does.
included() {
    local name place
    sed -n -E 's/^[ \t]*#[ \t]*include[ \t]*"([^"]+)".*/\1/p' "$1" | while read -r name; do
        for place in "$(dirname "$1")/" src/ kernels/ bench/; do
            [ -e "$place$name" ] || continue
            echo "$1 $place$name"
            break
        done
    done
}
while read -r file; do included "$file"; done < "$scratch/files" | sort -u > "$scratch/includes"

# The direct includes lead to the same files as the dependency files list.
equal "the compiler saw the same includes" \
    "$(comm -3 <(cut -d ' ' -f 2 "$scratch/includes" | sort -u) <(cut -d ' ' -f 2 "$scratch/depends" | sort -u))" ""

# Kernels of other architectures, peers whose library is not installed, and the program for MPI have no dependency file
# here.
for file in kernels/*.[ch] bench/peers/*.[ch] src/cli/mpi_main.c; do included "$file"; done | sort -u - "$scratch/includes" > "$scratch/direct"
faults=()
while read -r source file; do
    from=$(folder "$source") to=$(folder "$file")
    echo "$from $to"
    may "$from" "$to" || faults+=("$source includes $file: $from -> $to")
done < "$scratch/direct" > "$scratch/arrows"
if [ ${#faults[@]} -eq 0 ]; then ok "every arrow is allowed"; else not_ok "every arrow is allowed" "${faults[@]}"; fi

awk '$1 != $2' "$scratch/arrows" | sort | uniq -c | while read -r count from to; do echo "$from $to($count)"; done |
    awk '{ to[$1] = to[$1] " " $2 } END { for (from in to) print "# " from " ->" to[from] }' | sort
equal "there is no circle between folders" \
    "$(tsort "$scratch/arrows" 2>&1 > "$scratch/order" | sed -n 's/^tsort: \([a-z]*\)$/\1/p' | sort -u | paste -s -d ' ')" ""

# includers HEADER: folders whose files include a header of the system.
includers() {
    xargs grep -l -E "^[ \t]*#[ \t]*include[ \t]*<$1" < "$scratch/files" | while read -r file; do folder "$file"; done |
        sort -u | paste -s -d ' '
}
equal "only machine/ includes hwloc" "$(includers 'hwloc[./]')" machine
equal "only verify/ and above reach it" \
    "$(grep -E ' src/machine/' "$scratch/depends" | while read -r source _; do folder "$source"; done | sort -u |
        grep -x -E 'kernels|base|data|learn|peers')" ""

# users PATTERN: "FOLDER SYMBOL SOURCE" for every object that uses a function or variable whose name fits.
while read -r source; do
    object=$build/${source%.*}.o
    [ ! -e "$object" ] || nm -u "$object" | sed "s|^ *[Uw] |$(folder "$source") |; s|\$| $source|"
done < "$scratch/sources" > "$scratch/symbols"
users() {
    grep -E "^[a-z]+ ($1) " "$scratch/symbols"
}
if sanitized; then
    skip "who ends the process and who prints" "$build is built with a sanitizer, which does both"
    finish
fi
equal "nothing below cli/ ends the process" \
    "$(users 'exit|_Exit|quick_exit|abort|v?errx?|error|raise|kill' | grep -v '^cli ')" ""
# A child between fork and exec, or one that tries whether hwloc survives a text, has no other end.
equal "_exit ends only children" "$(users '_exit')" "$(users 'fork' | sed 's/ fork / _exit /')"
# processes.c reads a process's order from standard input and writes what it has timed to standard output.
equal "nothing below cli/ prints on its own" \
    "$(users 'v?printf|__v?printf_chk|puts|putchar|perror|psignal|stderr|_ZSt4c(err|log)|stdout|_ZSt4cout' |
        grep -v -E '^cli |^bench _ZSt4cout |^record stdout src/record/processes.c$')" ""
finish
