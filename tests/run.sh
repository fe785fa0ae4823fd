#!/bin/sh
# Runs every tests/*/run.sh; fails when any of them failed. The last line is the sum of what they said last,
# `N passed, N failed`; a suite that says nothing of the kind counts as one test.
#
# The page's suite keeps the machine busy, the others mostly wait: it runs beside them, and what it says follows theirs.
set -u
cd "$(dirname "$0")/.."

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# suite FILE: runs it, and keeps its log and its code.
suite() {
    name=$(basename "$(dirname "$1")")
    began=$(date +%s)
    printf '\n== %s\n' "$1"
    { "$1" 2>&1; echo $? >"$logs/$name.code"; } | tee "$logs/$name.log"
    printf '== %s: %s s\n' "$1" $(($(date +%s) - began))
}

suite tests/console/run.sh >"$logs/beside" 2>&1 &
for file in tests/*/run.sh; do
    [ "$file" = tests/console/run.sh ] || [ ! -x "$file" ] || suite "$file"
done
wait
cat "$logs/beside"

passed=0
failed=0
for log in "$logs"/*.log; do
    code=$(cat "${log%.log}.code")
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
