#!/bin/sh
# The published descriptions of IoT Central against the product, by schemathesis. Arguments go to pytest.
#
#   PYTHON           the interpreter (default python3), 3.10 or newer
#   BELLWETHER_BIN   the server (default: what `cargo build -p bellwether` makes); BELLWETHER means the same
set -eu
cd "$(dirname "$0")"

python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
    echo "tests/openapi: Python 3.10 or newer is needed (PYTHON=… names one)" >&2
    echo "0 passed, 1 failed"
    exit 1
fi

# Made anew when the interpreter or the requirements change, or when making it was interrupted.
wanted=$("$python" -c 'import sys; print(sys.version, sys.executable)'; cat requirements.txt)
if [ ! -f .venv/made-from ] || [ "$wanted" != "$(cat .venv/made-from)" ]; then
    rm -rf .venv
    if ! { "$python" -m venv .venv && .venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt; }; then
        echo "tests/openapi: the packages of requirements.txt could not be installed" >&2
        echo "0 passed, 1 failed"
        exit 1
    fi
    printf '%s\n' "$wanted" >.venv/made-from
fi

exec .venv/bin/python -m pytest "$@"
