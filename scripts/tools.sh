#!/bin/sh
# Says what is missing to build, and how to get it.
set -eu
cd "$(dirname "$0")/.."

missing=0
need() {
    printf 'bellwether: %s\n' "$1" >&2
    missing=1
}

if ! command -v cargo >/dev/null 2>&1 && [ -x "$HOME/.cargo/bin/cargo" ]; then
    need 'cargo is installed but not on the PATH: run  . "$HOME/.cargo/env"'
elif ! command -v cargo >/dev/null 2>&1; then
    need 'the Rust toolchain is missing; install it as https://rustup.rs says:  curl --proto "=https" --tlsv1.2 -sSf https://sh.rustup.rs | sh'
else
    wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
    have=$(rustc --version | cut -d' ' -f2)
    oldest=$(printf '%s\n%s\n' "$wanted" "${have%%-*}" | sort -V | head -n 1)
    [ "$oldest" = "$wanted" ] || need "Rust $wanted or newer is needed, this is $have:  rustup update stable"
fi

# SQLite and the cryptography are built from C.
if ! command -v "${CC:-cc}" >/dev/null 2>&1; then
    need 'a C compiler is missing:  apt-get install build-essential  (Debian, Ubuntu)  |  dnf install gcc  (Fedora)  |  xcode-select --install  (macOS)'
fi

exit "$missing"
