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

# tools/check-mutants, which runs it: what each fault may take follows from a run without any.
# shellcheck source=/dev/null
source <(sed -n '/^limit_of() {/,/^}/p' tools/check-mutants)
printf 'ok   %-24s 3 passed (%d s)\n' quick 2 cli 100 test_long 30 > "$scratch/log"
printf '     skipped: nothing (500 s)\n' >> "$scratch/log"
equal "with a fault: three times the slowest test" "$(limit_of "$scratch/log" quick cli)" 300
equal "another test may take longer" "$(limit_of "$scratch/log" test_long)" 90
equal "a minute at least" "$(limit_of "$scratch/log" quick)" 60
equal "every planted fault can be planted, and names tests" "$(tools/check-mutants --stale)" ""

# tree FAULT-LINE...: a tree with one test, which hangs, fails or passes by the word of a file.
tree() {
    mkdir -p "$scratch/tree/tools" "$scratch/tree/tests/mutants"
    cp tools/check-mutants "$scratch/tree/tools/"
    cp tests/run tests/lib.sh "$scratch/tree/tests/"
    echo calm > "$scratch/tree/word"
    printf '%s\n' "$@" > "$scratch/tree/tests/mutants/faults.tsv"
    cat > "$scratch/tree/tests/word.sh" << 'TEST'
#!/bin/bash
case $(cat word) in
hang) sleep 60 ;;
wrong) echo "not ok 1 - the word" ;;
*) echo "ok 1 - the word" ;;
esac
TEST
    chmod +x "$scratch/tree/tests/word.sh"
    # shellcheck disable=SC2016
    printf 'build/%%:\n\t@mkdir -p $(@D) && printf "#!/bin/sh\\necho []\\n" > $@ && chmod +x $@\n' > "$scratch/tree/Makefile"
    git -C "$scratch/tree" init -q && git -C "$scratch/tree" add -A
}
if ! command -v git > /dev/null; then
    skip "planted faults" "git is not installed"
    finish
fi
tree $'hangs\tword\tcalm\thang\tword' $'fails\tword\tcalm\twrong\tword' $'passes\tword\tcalm\tcool\tword' \
    $'gone\tword\tloud\twrong\tword'
output=$(TEST_TIMEOUT=2 "$scratch/tree/tools/check-mutants" 2>&1)
equal "planted faults: one survives" $? 1
equal "planted faults: what became of each" "$(tr -s ' ' <<< "$output" | sed 's/ (.*//')" "\
caught hangs word: 1 failed, 0 passed, 0 skipped; ran longer than 2 s and was stopped
caught fails word: the word
SURVIVED passes word
STALE gone word does not hold this text once: loud
2 of 4 faults caught"
equal "planted faults: the stale one alone" "$("$scratch/tree/tools/check-mutants" --stale | tr -s ' ')" \
    "STALE gone word does not hold this text once: loud"

finish
