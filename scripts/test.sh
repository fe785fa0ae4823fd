#!/bin/sh
# Runs every test. Each step's output goes to the terminal and to target/test-logs/<step>.log; a failing step does
# not keep the next ones from running. The last line is the sum over all of them: `N passed, N failed`.
set -u
cd "$(dirname "$0")/.."

TARGET=${CARGO_TARGET_DIR:-target}
LOGS=$TARGET/test-logs
# The tests build the program too, and the clients' tests take that one: another build would be with other features.
BELLWETHER=$TARGET/debug/bellwether
case $BELLWETHER in /*) ;; *) BELLWETHER=$PWD/$BELLWETHER ;; esac
export BELLWETHER_BIN=$BELLWETHER BELLWETHER
export CARGO_TERM_COLOR=never

mkdir -p "$LOGS"
rm -f "$LOGS"/*.log "$LOGS"/*.code

# step NAME COMMAND…
step() {
    name=$1
    shift
    printf '\n== %s: %s\n' "$name" "$*"
    begun=$(date +%s)
    { "$@" 2>&1; echo $? >"$LOGS/$name.code"; } | tee "$LOGS/$name.log"
    printf '== %s: %s s\n' "$name" $(($(date +%s) - begun))
}

# rustup can add what a minimal toolchain lacks; elsewhere the step itself says what is missing.
for component in rustfmt clippy; do
    cargo "$(echo $component | sed s/rustfmt/fmt/)" --version >/dev/null 2>&1 || rustup component add $component
done

step format cargo fmt --all --check
step lint cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
step rust env HISTORIES="${HISTORIES:-10000}" cargo test --workspace --locked --no-fail-fast
step documentation env RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked --quiet
step demo "$BELLWETHER" demo --exit
if [ -x tests/run.sh ]; then
    step clients tests/run.sh
fi

printf '\n'
exec scripts/collect.sh "$LOGS"
