#!/bin/bash
# SPDX-License-Identifier: MIT
# The names that SLEEF's functions have after release 3.9: the kernels compile and link with them, all backends still
# give the same bits, and golden bits of the other class are skipped by the class's name. No such release is needed: the
# same names exist before, beside those that are used.
source "$(dirname "$0")/lib.sh"

if sanitized; then
    skip "later names of SLEEF's functions" "$build is built with a sanitizer"
    finish
fi
if [ "$(uname -m)" = x86_64 ] && ! grep -q -w fma /proc/cpuinfo; then
    skip "later names of SLEEF's functions" "the CPU lacks FMA"
    finish
fi

cat > "$scratch/sleef.h" << 'END'
#include_next <sleef.h>
#undef SLEEF_VERSION_MINOR
#define SLEEF_VERSION_MINOR 10
END
build_settings scalar
read -r -a common <<< "$(setting cflags)"
[[ $(< "$build/signature") != *--coverage* ]] || libraries+=(--coverage)

# The kernels of this architecture that call SLEEF, and what names its functions beside them.
objects=()
for suffix in scalar avx2 avx512 neon; do
    [ -e "$build/kernels/$suffix.o" ] || continue
    read -r -a flags <<< "$(setting "$suffix")"
    check "kernels/$suffix.c compiles with the later names" "$compiler" -isystem "$scratch" "${common[@]}" "${flags[@]}" -Werror \
        -c -o "$scratch/$suffix.o" "kernels/$suffix.c"
    equal "kernels/$suffix.c uses no earlier name" "$(nm -u "$scratch/$suffix.o" | grep -E 'Sleef_[cf]inz')" ""
    check "kernels/$suffix.c calls a later name" grep -q -E 'Sleef_exp' <(nm -u "$scratch/$suffix.o")
    objects+=("$scratch/$suffix.o")
done
for source in src/verify/sigmoid_error src/verify/kernel_spec tests/unit/test_transcendental; do
    read -r -a flags <<< "$(pkg-config --cflags cmocka)"
    check "$source.c compiles with the later names" "$compiler" -isystem "$scratch" "${common[@]}" "${flags[@]}" "-I$build" \
        -Werror -c -o "$scratch/${source##*/}.o" "$source.c"
    objects+=("$scratch/${source##*/}.o")
done
read -r -a cmocka <<< "$(pkg-config --libs cmocka)"
if "$linker" -rdynamic -o "$scratch/program" "${objects[@]}" "$build/libsgdmark.a" "${cmocka[@]}" "${libraries[@]}" \
    > "$scratch/log" 2>&1; then
    CMOCKA_MESSAGE_OUTPUT=stdout "$scratch/program" > "$scratch/log" 2>&1
    equal "every backend gives the same bits, within the same bounds" "$?$(grep FAILED "$scratch/log")" 0
    check "the golden bits of the other class are skipped by name" grep -q -x -E \
        'no golden bits are known of class fma in this step' "$scratch/log"
    check "and only they are" grep -q -x -F '[  SKIPPED ] 1 test(s), listed below:' "$scratch/log"
else
    not_ok "a program of them links" "$(tail -n 5 "$scratch/log")"
fi

equal "the class is fma with the later names" "$(sed -n 's/.*, class //p' "$scratch/log")" fma
finish
