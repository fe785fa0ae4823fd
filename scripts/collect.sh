#!/bin/sh
# collect.sh LOGS: adds up the steps of scripts/test.sh and prints `N passed, N failed`; fails when any test did.
#
# A step counts what its runner says: `test result:` lines of cargo test, else its last line `N passed, N failed`.
# A step that says nothing counts as one test; one that failed without naming a failed test counts one failure more.
set -eu
logs=$1
passed=0
failed=0

for code_file in "$logs"/*.code; do
    step=$(basename "$code_file" .code)
    code=$(cat "$code_file")
    counts=$(awk '
        /^test result: / {
            for (i = 2; i <= NF; i++) {
                if ($i == "passed;") cargo_passed += $(i - 1)
                if ($i == "failed;") cargo_failed += $(i - 1)
            }
            cargo = 1
        }
        /^[0-9]+ passed, [0-9]+ failed$/ { said_passed = $1; said_failed = $3; said = 1 }
        END {
            if (cargo) print cargo_passed, cargo_failed
            else if (said) print said_passed, said_failed
            else print "none"
        }' "$logs/$step.log")
    case $counts in
    none)
        if [ "$code" = 0 ]; then p=1 f=0; else p=0 f=1; fi
        ;;
    *)
        p=${counts% *}
        f=${counts#* }
        if [ "$code" != 0 ] && [ "$f" = 0 ]; then f=1; fi
        ;;
    esac
    printf '%-14s %s passed, %s failed\n' "$step" "$p" "$f"
    passed=$((passed + p))
    failed=$((failed + f))
done

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
