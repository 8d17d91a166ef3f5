#!/bin/bash
# SPDX-License-Identifier: MIT
# `sgdmark run --soak`: cores that compute rightly pass, and one that flips a bit now and then is named. The second half
# links a copy of the program whose vector backend flips one bit of one sum in every 5000th dot product on one PU.
. "$(dirname "$0")/lib.sh"
needs jq

rows=(--data synthetic:n=600)
out=$("$sgdmark" run --soak 0.005 "${rows[@]}" 2>&1)
equal "sound cores pass" "$?" 0
check "every core is named" test "$(grep -c '^PU .*all equal to the reference' <<<"$out")" -ge 1
"$sgdmark" run --soak 0.005 "${rows[@]}" --json "$scratch/x" >/dev/null 2>"$scratch/err"
equal "--soak with --json is refused" "$?/$(wc -l <"$scratch/err")" 2/1

if sanitized; then
    skip "a core that flips a bit is named" "$build is built with a sanitizer"
    finish
elif [ "$(backends_here bits)" = scalar ]; then
    skip "a core that flips a bit is named" "no backend but scalar runs here"
    finish
fi

vector=$(replaceable_backend)
if [ -z "$vector" ]; then
    not_ok "a core that flips a bit is named" "no object file of a backend holds dot_u8f32, though one runs here"
    finish
fi
pu=$(awk '/^Cpus_allowed_list/ { n = split($2, part, /[-,]/); print part[n] }' /proc/self/status)
build_settings "$vector"
[[ $(< "$build/signature") != *--coverage* ]] || libraries+=(--coverage)
cat > "$scratch/kernel.c" << END
#include <sched.h>
#define dot_prefetch_u8f32_$vector sound_dot
#include "$PWD/kernels/$vector.c"
#undef dot_prefetch_u8f32_$vector
float dot_prefetch_u8f32_$vector(const float *w, const uint8_t *x, size_t d, const uint8_t *l1_row, const uint8_t *l2_row) {
    static unsigned long calls;
    union { float value; unsigned bits; } sum = {sound_dot(w, x, d, l1_row, l2_row)};
    if (sched_getcpu() == $pu && ++calls % 5000 == 0) sum.bits ^= 1U << 12;
    return sum.value;
}
END
faulty_copy() {
    "$compiler" -std=c17 -O2 -ffp-contract=off -D_GNU_SOURCE -Ikernels "${flags[@]}" -c -o "$scratch/kernel.o" \
        "$scratch/kernel.c" &&
        "$linker" -rdynamic -o "$scratch/faulty" "$build/src/cli/main.o" "$scratch/kernel.o" "$build/libsgdmark.a" \
            "${libraries[@]}"
}
check "a build whose $vector flips a bit on PU $pu" faulty_copy
out=$("$scratch/faulty" run --soak 0.02 "${rows[@]}" --epochs 20 2>&1)
equal "a core that flips a bit fails the run" "$?" 1
check "it is named with epoch and row" grep -qE "^PU $pu +WRONG in [0-9]+ of [0-9]+ fits: first in epoch [0-9]+ at position [0-9]+, row [0-9]+: backend $vector decided" \
    - <<<"$out"
others=$(grep -E '^PU ' <<<"$out" | grep -vE "^PU $pu " | grep -vc 'all equal')
equal "no other core is blamed" "$others" 0
finish
