#!/bin/sh
# Builds the console's page into console/dist, where the program takes it from; `npm ci` only when its lock file is newer.
set -eu
cd "$(dirname "$0")/../console"

if ! command -v npm >/dev/null 2>&1; then
    printf 'bellwether: %s\n' 'Node 20.19 or newer is missing, with npm: https://nodejs.org/en/download' >&2
    exit 1
fi
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --no-audit --no-fund
fi
npm run --silent build
node ../scripts/pack-page.mjs dist
