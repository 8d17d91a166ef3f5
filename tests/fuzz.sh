#!/bin/bash
# The fuzzing targets, for a moment each: they must build, and hold on every seed and on the first thousands of its
# mutations. `make fuzz` runs them for longer.
. "$(dirname "$0")/lib.sh"

if ! echo 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n) { return p && n > 9; }' |
    clang -fsanitize=fuzzer,address,undefined -x c -o "$scratch/probe" - 2> /dev/null; then
    skip "broken input is refused in good order" "needs clang with libFuzzer (tools/install-deps --dev)"
    finish
fi
check "broken input is refused in good order" make fuzz FUZZ_SECONDS=2
finish
