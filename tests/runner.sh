#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/run itself: a test that fails, crashes, hangs, stops half-way or reports nothing must turn the suite red.
source "$(dirname "$0")/lib.sh"

fake=$scratch/build
mkdir -p "$fake/tests"
printf '#!/bin/sh\necho "[]"\n' > "$fake/sgdmark"
chmod +x "$fake/sgdmark"

# suite NAME WANT STATUS LINES: the suite with one program of these shell lines ends with the line WANT and this status.
suite() {
    printf '#!/bin/bash\n%s\n' "$4" > "$fake/tests/test_fake"
    chmod +x "$fake/tests/test_fake"
    local output status
    output=$(TEST_TIMEOUT=2 tests/run "$fake" test_fake 2>&1)
    status=$?
    equal "$1" "$(tail -n 1 <<< "$output"), status $status" "$2, status $3"
}

suite "a test that passes" "2 passed, 0 failed, 0 skipped" 0 'echo "ok 1 - a"; echo "ok 2 - b"; echo 1..2'
suite "a skip is counted" "1 passed, 0 failed, 1 skipped" 0 'echo "ok 1 - a"; echo "ok 2 - b # SKIP why"'
suite "a skip in the style of cmocka" "1 passed, 0 failed, 1 skipped" 0 'echo "ok 1 - a"; echo "not ok 2 # SKIP b"'
suite "a failure" "1 passed, 1 failed, 0 skipped" 1 'echo "ok 1 - a"; echo "not ok 2 - b"; exit 1'
suite "a failure with exit status 0" "0 passed, 2 failed, 0 skipped" 1 'echo "not ok 1 - b"'
suite "an exit status without a failure" "1 passed, 1 failed, 0 skipped" 1 'echo "ok 1 - a"; exit 3'
suite "a crash" "1 passed, 1 failed, 0 skipped" 1 'echo "ok 1 - a"; kill -SEGV $$'
suite "a hang" "1 passed, 1 failed, 0 skipped" 1 'echo "ok 1 - a"; sleep 60'
suite "an end before the plan is done" "1 passed, 1 failed, 0 skipped" 1 'echo 1..2; echo "ok 1 - a"'
suite "no result" "0 passed, 1 failed, 0 skipped" 1 'true'
rm "$fake/tests/test_fake"
equal "no test at all" "$(tests/run "$fake" test_fake > "$scratch/output"; echo $?)" 1

finish
