#!/bin/sh
# Runs every tests/*/run.sh, one after the other; fails when any of them failed. The last line is the sum of what
# they said last, `N passed, N failed`; a suite that says nothing of the kind counts as one test.
set -u
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log" "$log.code"' EXIT
passed=0
failed=0
for suite in tests/*/run.sh; do
    [ -x "$suite" ] || continue
    printf '\n== %s\n' "$suite"
    { "$suite" 2>&1; echo $? >"$log.code"; } | tee "$log"
    code=$(cat "$log.code")
    counts=$(sed -n 's/^\([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed$/\1 \2/p' "$log" | tail -n 1)
    if [ -z "$counts" ]; then
        if [ "$code" = 0 ]; then counts='1 0'; else counts='0 1'; fi
    fi
    p=${counts% *}
    f=${counts#* }
    if [ "$code" != 0 ] && [ "$f" = 0 ]; then f=1; fi
    passed=$((passed + p))
    failed=$((failed + f))
done

printf '\n%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
