#!/bin/sh
# run.sh [FILE…]: the unmodified Azure IoT SDKs for Node.js against a Bellwether server of the tests' own.
#
# BELLWETHER_BIN names the server's program (else target/debug/bellwether, which is built when it is not there).
# KEEP=1 keeps the servers' data and logs and says where they are. REDIRECT_443=1 binds no port 443: connections to it are
# redirected inside the client's process instead, as they are by themselves where the port may not be bound.
set -eu
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)

say() { printf 'tests/node: %s\n' "$1" >&2; }

command -v node >/dev/null 2>&1 || { say 'Node.js 20 or newer is missing: https://nodejs.org/en/download'; exit 1; }
command -v npm >/dev/null 2>&1 || { say 'npm is missing; it comes with Node.js: https://nodejs.org/en/download'; exit 1; }
node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' ||
    { say "Node.js 20 or newer is needed, this is $(node --version)"; exit 1; }

# npm writes node_modules/.package-lock.json last.
mark=node_modules/.package-lock.json
if [ ! -e "$mark" ] || [ package-lock.json -nt "$mark" ] || [ package.json -nt "$mark" ]; then
    npm ci --no-audit --no-fund --loglevel=error
    touch "$mark"
fi

program=${BELLWETHER_BIN:-${BELLWETHER:-${CARGO_TARGET_DIR:-$root/target}/debug/bellwether}}
if [ ! -x "$program" ]; then
    [ -z "${BELLWETHER_BIN:-}" ] || { say "BELLWETHER_BIN is no program: $program"; exit 1; }
    (cd "$root" && cargo build --locked -p bellwether)
fi
case $program in /*) ;; *) program=$(cd "$(dirname "$program")" && pwd)/$(basename "$program") ;; esac
BELLWETHER_BIN=$program
export BELLWETHER_BIN

exec node runner.js "$@"
