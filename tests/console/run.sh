#!/bin/sh
# run.sh [FILE…]: the console's lints, its unit tests, and its pages in Chromium against the real server. The last line is
# `N passed, N failed`.
#
# BELLWETHER_BIN names the server's program (else target/debug/bellwether); CHROMIUM the browser (else the first of
# chromium, chromium-browser, google-chrome). FILE: only these browser tests, and nothing else.
set -u
cd "$(dirname "$0")/../../console" || exit 1
root=$(cd .. && pwd)

say() { printf 'tests/console: %s\n' "$1" >&2; }

if [ -z "${CHROMIUM:-}" ]; then
    for name in chromium chromium-browser google-chrome; do
        CHROMIUM=$(command -v "$name") && break
    done
fi
if [ -z "${CHROMIUM:-}" ]; then
    # As root on Debian it can be had without asking.
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && apt-get update -qq && apt-get install -qq -y chromium; then
        CHROMIUM=$(command -v chromium)
    else
        say 'Chromium is missing:  apt-get install chromium  (Debian)  |  dnf install chromium  (Fedora), or name one with CHROMIUM'
        exit 1
    fi
fi
export CHROMIUM

(cd "$root" && make --no-print-directory console) || exit 1
BELLWETHER_BIN=${BELLWETHER_BIN:-${CARGO_TARGET_DIR:-$root/target}/debug/bellwether}
[ -x "$BELLWETHER_BIN" ] || (cd "$root" && cargo build --locked -p bellwether) || exit 1
export BELLWETHER_BIN

# The programs that the page shows for a device are run with the stock SDKs, which their own tests install.
"$root/tests/python/run.sh" --version >/dev/null || exit 1
[ -e "$root/tests/node/node_modules/.package-lock.json" ] || (cd "$root/tests/node" && npm ci --no-audit --no-fund --loglevel=error) || exit 1

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
passed=0
failed=0

# count CODE PASSED FAILED: what a part says; one that failed without naming a failed test counts one failure more.
count() {
    p=${2:-0}
    f=${3:-0}
    if [ "$1" != 0 ] && [ "$f" = 0 ]; then f=1; fi
    passed=$((passed + p))
    failed=$((failed + f))
}

if [ $# = 0 ]; then
    npm run --silent lint
    code=$?
    count $code $((code == 0))

    npx --no-install tsc --noEmit
    code=$?
    count $code $((code == 0))

    npx --no-install vitest run --reporter=default --reporter=json --outputFile.json="$logs/unit.json"
    count $? "$(node -p "require('$logs/unit.json').numPassedTests")" "$(node -p "require('$logs/unit.json').numFailedTests")"

    # Every component at once, which is no part of the page that is served.
    npx --no-install vite build --mode gallery --outDir dist-gallery --logLevel warn || count 1
    set -- tests/browser/*.test.mjs
fi

# Two files at a time: each starts a server and a browser of its own, and often waits.
{ node --test --test-concurrency=2 --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$logs/browser.tap" "$@"; echo $? >"$logs/browser.code"; }
tally() { sed -n "s/^# $1 \([0-9][0-9]*\)\$/\1/p" "$logs/browser.tap" | tail -n 1; }
count "$(cat "$logs/browser.code")" "$(tally pass)" "$(tally fail)"

printf '\n%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
