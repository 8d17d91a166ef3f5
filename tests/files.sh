#!/bin/bash
# SPDX-License-Identifier: MIT
# What commands write, they write to where the path leads: through descriptors and pipes, behind links, in place where a
# file cannot be replaced. What was measured is not thrown away because it cannot be written.

# Under root a fault of the program could replace names of /dev, for the whole machine. So the test gives itself a copy of
# /dev; where it may not, it leaves those names out.
if [ "$(id -u)" = 0 ] && [ -z "${COPY_OF_DEV:-}" ]; then
    COPY_OF_DEV=$(mktemp -d)
    export COPY_OF_DEV
    if unshare -m mount -t tmpfs none "$COPY_OF_DEV" 2> /dev/null; then
        # shellcheck disable=SC2016
        unshare -m bash -c 'mount -t tmpfs none "$COPY_OF_DEV" && cd "$COPY_OF_DEV" &&
            cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom . && ln -s /proc/self/fd fd &&
            ln -s fd/0 stdin && ln -s /proc/self/fd/1 stdout && ln -s /proc/self/fd/2 stderr &&
            mount --bind "$COPY_OF_DEV" /dev && cd "$OLDPWD" && exec "$0"' "$0"
        status=$?
        rmdir "$COPY_OF_DEV"
        exit $status
    fi
    rmdir "$COPY_OF_DEV"
    COPY_OF_DEV=none
fi
. "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA
program=$(realpath "$sgdmark")
home=$PWD
rows=synthetic:n=100,d=16
quick=(run --quick --data "$rows" --isa "$(backends_here bits | tail -n 1)" --place core)

# Every option that names an output, with what its content holds.
options=$scratch/options
cat > "$options" << 'END'
{|train --data synthetic:n=100 --json
NUMPY|train --data synthetic:n=100 --coef-out
{|cv --data synthetic:n=100 --json
NUMPY|cv --data synthetic:n=100 --predictions-out
NUMPY|cv --data synthetic:n=100 --decision-out
{|describe --data synthetic:n=100 --json
PNG|describe --data synthetic:n=100 --show 0 --png
[|kernels --json
{|topo --json
<?xml|topo --export
{|bench --data synthetic:n=60 --engine f64 --benchmark_filter=epoch --benchmark_min_time=0.001 --benchmark_out
name,|bench --data synthetic:n=60 --engine f64 --benchmark_filter=epoch --benchmark_min_time=0.001 --benchmark_out_format=csv --benchmark_out
END

# holds FILE TEXT
holds() {
    grep -a -q -F -- "$2" "$1"
}

# each_option NAME FUNCTION: runs the function for every option in an empty folder of its own; it gets the text and the
# command without the file, and prints what is wrong.
each_option() {
    local text command faults=() fault folder=$scratch/each
    while IFS='|' read -r text command; do
        rm -rf "$folder" && mkdir "$folder"
        # shellcheck disable=SC2086
        fault=$(cd "$folder" && "$2" "$text" $command 2>&1)
        [ -z "$fault" ] || faults+=("$command: $fault")
    done < "$options"
    if [ ${#faults[@]} -eq 0 ]; then ok "$1"; else not_ok "$1" "${faults[@]}"; fi
}

# The functions of each_option.
# shellcheck disable=SC2317
behind_links() {
    local text=$1
    shift
    echo old > target && chmod 640 target && ln -s target link
    "$program" "$@" link > report 2> errors || echo "status $? $(cat errors)"
    holds target "$text" || echo "the link's target is not written"
    [ "$(readlink link)" = target ] || echo "the link is gone"
    [ "$(stat -c %a target)" = 640 ] || echo "permissions are not kept"
    ln target hard && inode=$(stat -c %i target)
    echo old > target
    "$program" "$@" hard > report 2> errors || echo "status $? $(cat errors)"
    holds target "$text" && holds hard "$text" || echo "a hard link lost its file"
    [ "$(stat -c %i target hard | sort -u)" = "$inode" ] || echo "another file"
    [ "$(echo *)" = "errors hard link report target" ] || echo "left behind: $(echo *)"
}
# shellcheck disable=SC2317
through_descriptors() {
    local text=$1 name
    shift
    for name in /dev/fd/3 /proc/self/fd/3; do
        "$program" "$@" "$name" > report 2> errors 3> file || echo "$name: status $? $(cat errors)"
        holds file "$text" || echo "$name: nothing in the file"
    done
    mkfifo pipe
    timeout 20 cat pipe > file &
    timeout 20 "$program" "$@" pipe > report 2> errors || echo "pipe: status $? $(cat errors)"
    wait $!
    holds file "$text" || echo "pipe: nothing came through"
    [ -p pipe ] || echo "the pipe is gone"
    "$program" "$@" /dev/full > report 2> errors
    [ $? -eq 2 ] || echo "full device: status $?"
    rm -f sgdmark.* # where the work went instead
}

each_option "links are followed and kept, hard links and permissions too" behind_links
each_option "descriptors and pipes are written through" through_descriptors

# Standard output by any name is that of "-": nothing else goes there.
names_of_stdout() {
    for name in - /dev/stdout /dev/fd/1 /proc/self/fd/1; do
        "$sgdmark" train --data $rows --json $name > "$scratch/out" 2> "$scratch/err"
        equal "--json $name is the JSON alone" "$? $(jq -r .engine "$scratch/out" 2>&1) $(cat "$scratch/err")" "0 f32 "
    done
    "$sgdmark" train --data $rows --json /dev/stdout | jq -r .engine > "$scratch/out" 2>&1
    equal "--json /dev/stdout into a pipe" "$(cat "$scratch/out")" f32
    echo before > "$scratch/out"
    "$sgdmark" train --data $rows --json /dev/stdout >> "$scratch/out"
    equal "--json /dev/stdout appends where the shell does" "$(head -n 1 "$scratch/out")" before
    "$sgdmark" train --data $rows --json /dev/stderr > "$scratch/out" 2> "$scratch/err"
    equal "--json /dev/stderr" "$(jq -r .engine "$scratch/err" 2>&1) $(grep -c '^fingerprint' "$scratch/out")" "f32 1"
}
if [ "${COPY_OF_DEV:-}" = none ]; then
    skip "names of standard output" "root may not make a copy of /dev here, and a fault would replace the names"
else
    names_of_stdout
fi

# What takes rights over the system: a file system of our own, where names of /dev may be replaced by mistake.
# shellcheck disable=SC2317
in_a_namespace() {
    mount -t tmpfs none "$T" || exit 9
    cd "$T" && mkdir dev full mounted || exit 9
    cp -a /dev/null /dev/urandom dev/ && ln -s /proc/self/fd dev/fd && ln -s /proc/self/fd/1 dev/stdout
    mount --bind dev /dev && mount -t tmpfs -o size=16k none full || exit 9
    "$program" train --data synthetic:n=100 --json /dev/stdout > out 2> err
    echo "stdout: $? $(readlink /dev/stdout) $(grep -c '"fingerprint"' out)"
    echo old > source && touch mounted/file && mount --bind source mounted/file || exit 9
    "$program" train --data synthetic:n=100 --json mounted/file > report 2> err
    echo "mounted: $? $(grep -c '"fingerprint"' source) $(ls mounted)"
    "$program" cv --data synthetic:n=6000 --json full/cv.json --decision-out full/d.npy > report 2> err
    echo "full: $? $(ls full) $(stat -c %s d.npy)"
    cat err >&2
    mount -o remount,ro,bind mounted/file
    "$program" train --data synthetic:n=100 --json mounted/file > report 2> err
    echo "read-only: $? $(cat err)"
}
T=$scratch/namespace
mkdir "$T"
export -f in_a_namespace
export program T
timeout 60 unshare -m bash -c in_a_namespace > "$scratch/said" 2> "$scratch/err"
if [ $? -eq 9 ] || [ ! -s "$scratch/said" ]; then
    skip "mounted files, full disks, names of /dev" "mounting is not allowed here"
else
    equal "/dev/stdout stays a link, also for root" "$(sed -n 's/^stdout: //p' "$scratch/said")" "0 /proc/self/fd/1 1"
    equal "a mounted file is written in place" "$(sed -n 's/^mounted: //p' "$scratch/said")" "0 1 file"
    equal "a full disk: the array goes to the current folder, the JSON where it should" \
        "$(sed -n 's/^full: //p' "$scratch/said")" "2 cv.json 48128"
    check "and one line says so" grep -q -x "sgdmark cv: full/d.npy: cannot be written: No space left on device; it is in ./d.npy instead" "$scratch/err"
    check "a read-only mount is refused at the start" \
        grep -q "^read-only: 2 sgdmark train: --json: mounted/file: cannot be opened for writing: Read-only" "$scratch/said"
fi

# Two outputs of one command, and standard output.
cd "$scratch" || exit 1
ln -s a.json b.json
refused() {
    local name=$1 want=$2
    shift 2
    "$program" "$@" > out.txt 2> err
    equal "$name: refused" "$? $(wc -l < err) $(grep -c -- "$want" err) $(echo a.json*)" "2 1 1 a.json*"
}
refused "two names of one file" "--json and --coef-out name one file" train --data $rows --json a.json --coef-out ./b.json
refused "two arrays in one file" "--predictions-out and --decision-out name one file" \
    cv --data $rows --predictions-out a.json --decision-out a.json
refused "JSON and export in one file" "--export and --json name one file" topo --export a.json --json b.json
refused "the report's file" "--json: standard output goes to out.txt, too" train --data $rows --json out.txt
[ "${COPY_OF_DEV:-}" = none ] || refused "an array beside --json -" "--json and --coef-out name one file" \
    train --data $rows --json - --coef-out /dev/stdout
"$program" train --data $rows --json /dev/null --coef-out /dev/null > /dev/null 2> err
equal "devices may be given twice" "$? $(cat err)" "0 "
"$program" train --data $rows --json x.json --json a.json > report 2> err
equal "the last of an option counts" "$? $(cat err) $(echo [abx].json)" "0  a.json b.json"
rm -f [ab].json

# Default names: two runs in one second are two results.
mkdir twice && cd twice || exit 1
"$program" "${quick[@]}" > report.1 2>&1 &
"$program" "${quick[@]}" > report.2 2>&1
wait $!
equal "two runs at once are two results" "$(find results -name '*.json' | wc -l) $(find results | wc -l)" "2 3"
equal "each says which is its own" "$(sed -n 's/^Saved //p' report.? | sort)" "$(find results -name '*.json' | sort)"

# A run that cannot write its result where it should, which it finds out at its end. Once it has a child it has tried the
# path and is timing.
timing() {
    while kill -0 "$1" 2> /dev/null && [ -z "$(cat /proc/"$1"/task/*/children)" ]; do sleep 0.02; done
}
mkfifo pipe
mkdir gone
"$program" "${quick[@]}" --json gone/r.json > report 2> err &
timing $!
rm -r gone
wait $!
equal "a folder that vanishes: status" $? 2
equal "one line says where the result is" "$(cat err)" \
    "sgdmark run: gone/r.json: cannot be created: No such file or directory; it is in ./r.json instead"
check "which is whole" "$program" report r.json
"$program" "${quick[@]}" --json unread.json > pipe 2> err &
true < pipe
wait $!
equal "a reader that goes: status" $? 2
equal "one line says where the result is" "$(cat err)" \
    "sgdmark run: standard output: cannot be written: Broken pipe; the result is in unread.json"
check "which is whole" "$program" report unread.json
"$program" "${quick[@]}" > /dev/full 2> err
equal "an answer that cannot be written leaves the result" "$? $(sed 's/results.*/R/' err) $(find results | wc -l)" \
    "2 sgdmark run: standard output: cannot be written: No space left on device; the result is in R 4"
"$program" train --data $rows --json - > /dev/full 2> err
equal "JSON that standard output does not take is kept" "$? $(cat err) $(jq -r .engine sgdmark.json)" \
    "2 sgdmark train: the JSON cannot be written: No space left on device; it is in ./sgdmark.json instead f32"

# A limit on the size of files, also of those that are no output.
for blocks in 1 4; do
    rm -rf limited && mkdir limited && cd limited || exit 1
    (ulimit -f $blocks; TMPDIR=$PWD "$program" "${quick[@]}" --json r.json 2> ../err | cat > /dev/null; exit "${PIPESTATUS[0]}")
    equal "files of $blocks KiB at most: status, one line, nothing left" \
        "$? $(wc -l < ../err) $(grep -c 'r.json: cannot be written: File too large' ../err) $(ls)" "2 1 1 "
    cd ..
done

cd "$home" || exit 1
finish
