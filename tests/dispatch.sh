#!/bin/bash
# SPDX-License-Identifier: MIT
# Processors that lack one feature each, and a system that does not save vector registers: which backends are offered
# then. Under QEMU's user-mode emulation; the list alone, no kernel runs.
source "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA

if sanitized; then
    skip "processors that lack one feature" "$build is built with a sanitizer"
    finish
fi
if [ "$(uname -m)" != x86_64 ] || ! command -v qemu-x86_64 > "$scratch/which"; then
    skip "processors that lack one feature" "needs qemu-x86_64 (tools/install-deps --test) and a build for x86-64"
    finish
fi

# offered PROCESSOR: "name:cpu,os" of the avx2 and autovec-v3 backends, and the chosen one.
offered() {
    qemu-x86_64 -cpu "$1" "$sgdmark" kernels --json - 2> "$scratch/stderr" | jq -r '
        def state: "\(.name):\(if .cpu then "cpu" else "-" end),\(if .os then "os" else "-" end)";
        [(.[] | select(.name | IN("avx2", "autovec-v3")) | state), "chosen:\(.[] | select(.chosen) | .name)"] | join(" ")'
}

while IFS='|' read -r processor want why; do
    equal "$processor: $why" "$(offered "$processor")" "$want"
done << 'END'
Haswell|autovec-v3:cpu,os avx2:cpu,os chosen:avx2|all is there
Haswell,-avx2|autovec-v3:-,os avx2:-,os chosen:scalar|AVX2 is needed
Haswell,-fma|autovec-v3:-,os avx2:-,os chosen:scalar|FMA is needed with AVX2
Haswell,-bmi2|autovec-v3:-,os avx2:cpu,os chosen:avx2|x86-64-v3 needs BMI2
Haswell,-f16c|autovec-v3:-,os avx2:cpu,os chosen:avx2|x86-64-v3 needs F16C
Haswell,-movbe|autovec-v3:-,os avx2:cpu,os chosen:avx2|x86-64-v3 needs MOVBE
Haswell,-abm|autovec-v3:-,os avx2:cpu,os chosen:avx2|x86-64-v3 needs LZCNT
Haswell,-xsave|autovec-v3:cpu,- avx2:cpu,- chosen:scalar|a system that does not save ymm registers
Westmere|autovec-v3:-,- avx2:-,- chosen:scalar|a processor before AVX
END

for backend in avx2 autovec-v3; do
    qemu-x86_64 -cpu Haswell,-xsave "$sgdmark" train --data synthetic:n=100 --isa $backend > "$scratch/stdout" 2> "$scratch/stderr"
    status=$?
    equal "--isa $backend is refused where its registers are not saved" \
        "$status $(grep -c "^sgdmark train: --isa: .*$backend (the operating system does not save" "$scratch/stderr")" "2 1"
done
finish
