#!/bin/bash
# SPDX-License-Identifier: MIT
# A signal in the middle of a write is answered with one line, and leaves no temporary file. A library that is loaded before
# the program sends it when the file has its bytes and is not yet in its place.
. "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA
result=$scratch/result.json
said="interrupted, nothing written"

compiler=$(sed -n '1s/ .*//p' "$build/signature")
cat > "$scratch/signal.c" << 'END'
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
int fsync(int fd) {
    int number = atoi(getenv("SIGNAL"));
    if (getenv("IGNORED")) signal(number, SIG_IGN);
    kill(getpid(), number);
    return (int)syscall(SYS_fsync, fd);
}
END
if sanitized; then
    skip "signals in the middle of a write" "$build is built with a sanitizer, whose library must be loaded first"
    finish
elif ! "$compiler" -shared -fPIC -o "$scratch/signal.so" "$scratch/signal.c" 2> "$scratch/noise"; then
    skip "signals in the middle of a write" "$compiler makes no libraries for this machine"
    finish
fi
command=(train --data 'synthetic:n=100,d=16' --json "$result")
for signal in HUP INT QUIT TERM ALRM USR1 USR2 XCPU; do
    number=$(kill -l $signal)
    echo old > "$result"
    { # bash itself says how it ended
        (ulimit -c 0; exec env --default-signal LD_PRELOAD="$scratch/signal.so" SIGNAL="$number" "$sgdmark" "${command[@]}" \
            > "$scratch/report" 2> "$scratch/output")
    } 2> "$scratch/noise"
    equal "SIG$signal in the middle of a write: one line, the signal's status, nothing but the old file" \
        "$? $(cat "$scratch/output") $(compgen -G "$result*") $(cat "$result")" \
        "$((128 + number)) sgdmark train: $said $result old"
done
LD_PRELOAD=$scratch/signal.so SIGNAL=1 IGNORED=1 "$sgdmark" "${command[@]}" > "$scratch/report" 2> "$scratch/output"
equal "a signal that is ignored does nothing" "$? $(cat "$scratch/output") $(compgen -G "$result*")" "0  $result"
env --ignore-signal=HUP LD_PRELOAD="$scratch/signal.so" SIGNAL=1 "$sgdmark" "${command[@]}" > "$scratch/report" 2> "$scratch/output"
equal "nor one that was ignored from the start (nohup)" "$? $(cat "$scratch/output") $(compgen -G "$result*")" "0  $result"
ln "$result" "$scratch/hard"
{ env --default-signal LD_PRELOAD="$scratch/signal.so" SIGNAL=15 "$sgdmark" "${command[@]}" > "$scratch/report" 2> "$scratch/output"; } 2> "$scratch/noise"
equal "a file that is written in place is finished first" "$? $(cat "$scratch/output") $(jq -r .engine "$scratch/hard")" \
    "143 sgdmark train: interrupted; what was written before is whole f32"
rm "$result"
if script -qec true "$scratch/typescript" > "$scratch/noise" 2>&1; then
    script -qec "env --default-signal LD_PRELOAD=$scratch/signal.so SIGNAL=15 $sgdmark ${command[*]} > $scratch/report" "$scratch/typescript" \
        < /dev/null > "$scratch/output"
    equal "at a terminal the line of the progress bar is wiped" "$(head -n 1 "$scratch/output" | cat -v)" \
        "^M^[[Ksgdmark train: $said^M"
else
    skip "at a terminal the line of the progress bar is wiped" "no script (bsdutils), or no terminals to be had"
fi
finish
