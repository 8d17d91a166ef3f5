#!/bin/bash
# SPDX-License-Identifier: MIT
# `sgdmark run --soak`: cores that compute rightly pass, and one that flips a bit now and then is named. The second half
# builds a copy of the program whose vector backend flips one bit of one sum in every 5000th dot product on one PU.
. "$(dirname "$0")/lib.sh"
needs jq

rows=(--data synthetic:n=600)
out=$("$sgdmark" run --soak 0.005 "${rows[@]}" 2>&1)
equal "sound cores pass" "$?" 0
check "every core is named" test "$(grep -c '^PU .*all equal to the reference' <<<"$out")" -ge 1
"$sgdmark" run --soak 0.005 "${rows[@]}" --json "$scratch/x" >/dev/null 2>"$scratch/err"
equal "--soak with --json is refused" "$?/$(wc -l <"$scratch/err")" 2/1

vector=
for name in avx2 neon; do
    "$sgdmark" kernels | grep -q "^$name  *yes  *yes  *yes" && vector=$name
done
if [ -z "$vector" ]; then
    skip "a core that flips a bit is named" "no avx2 or neon here"
    finish
fi
if [ "$build" != build ] || ! [ -d build/kernels ]; then
    skip "a core that flips a bit is named" "only for the plain build"
    finish
fi

pu=$(awk '/^Cpus_allowed_list/ { n = split($2, part, /[-,]/); print part[n] }' /proc/self/status)
git ls-files -z | tar --null -T - -c | tar -x -C "$scratch"
cp -a build "$scratch/build"
{
    printf '#include <sched.h>\n'
    echo "#define dot_prefetch_u8f32_$vector sound_dot"
    cat "kernels/$vector.c"
    echo "#undef dot_prefetch_u8f32_$vector"
    cat <<EOF
float dot_prefetch_u8f32_$vector(const float *w, const uint8_t *x, size_t d, const uint8_t *l1_row, const uint8_t *l2_row) {
    static unsigned long calls;
    union { float value; unsigned bits; } sum = {sound_dot(w, x, d, l1_row, l2_row)};
    if (sched_getcpu() == $pu && ++calls % 5000 == 0) sum.bits ^= 1U << 12;
    return sum.value;
}
EOF
} >"$scratch/kernels/$vector.c"
if ! output=$(make -C "$scratch" BUILD=build build/sgdmark 2>&1); then
    not_ok "the faulty copy builds" "$output"
    finish
fi
out=$("$scratch/build/sgdmark" run --soak 0.02 "${rows[@]}" --epochs 20 2>&1)
equal "a core that flips a bit fails the run" "$?" 1
check "it is named with epoch and row" grep -qE "^PU $pu +WRONG in [0-9]+ of [0-9]+ fits: first in epoch [0-9]+ at position [0-9]+, row [0-9]+: backend $vector decided" \
    - <<<"$out"
others=$(grep -E '^PU ' <<<"$out" | grep -vE "^PU $pu " | grep -vc 'all equal')
equal "no other core is blamed" "$others" 0
finish
