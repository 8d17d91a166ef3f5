#!/bin/bash
# SPDX-License-Identifier: MIT
# Identical code trains with the same prefetch distances in each process; tools/tuning notices where it does not.
. "$(dirname "$0")/lib.sh"
needs jq

export ROUNDS=0
check "five starts of each job choose the same" env BUILD="$build" tools/tuning 5 --data synthetic:n=600

# A program that chooses something else in every third start of one backend.
cat > "$scratch/sgdmark" << END
#!/bin/bash
case "\$*" in
*" all "*) echo '[{"isa": "one"}, {"isa": "two"}]' ;;
*" two "*)
    count=\$((\$(cat "$scratch/count" 2> /dev/null) + 1))
    echo \$count > "$scratch/count"
    echo "{\"prefetch\": \"\$((count % 3 == 0 ? 8 : 20)),1\"}"
    ;;
*) echo '{"prefetch": "20,1"}' ;;
esac
END
chmod +x "$scratch/sgdmark"
BUILD=$scratch tools/tuning 6 > "$scratch/table" 2>&1
equal "a choice that differs ends with status 1" $? 1
equal "and is named" "$(grep -cE '^f32/two +20,1 \(4\), 8,1 \(2\) +66\.7 % DIFFERS$' "$scratch/table")" 1
equal "others are not" "$(grep -c DIFFERS "$scratch/table")" 2
tools/tuning none > "$scratch/table" 2>&1
equal "a number of starts that is none is refused" $? 2
finish
