#!/usr/bin/env bash
# test.sh [ARGUMENTS]: runs every test with real browsers, servers and tools. The arguments go to `cargo test`.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh build test
# shellcheck source=scripts/env.sh
. scripts/env.sh

scripts/build-site.sh dist
scripts/build-rooted.sh
export AMANAT_ROOTED_BIN=$amanat_target/rooted
scripts/build-unsynced.sh
export AMANAT_DESK=$amanat_target/desk-rooted.html
AMANAT_ROOTS=$amanat_target/test-roots/roots.toml scripts/build-desk.sh "$AMANAT_DESK"

# This is the page that `make run` offers. The tests that follow the manuals run it in an isolated environment.
scripts/build-desk.sh "$amanat_target/debug/amanat-desk.html"

# The desk's tests use every kind of hostile file that the reviewers' tests generate.
export AMANAT_HOSTILE=$amanat_target/hostile
rm -rf "$AMANAT_HOSTILE"
cargo test --locked --quiet --package amanat-reviewer --test it -- --ignored --exact hostile::all_cases::dump >/dev/null

# The phone's crate and the desk's build for the browser; their unit tests run natively.
cargo test --locked --package amanat-frontend --package amanat-desk --bins

# The end-to-end tests start the programs, which `cargo test` would not build.
cargo build --locked --package amanat-backend --package amanat-reviewer --bins
# Most of what they do is waiting, for a browser's clock or a network.
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-$(($(nproc) + 1))}
log=$amanat_target/test.log
if ! cargo test --locked --workspace --exclude amanat-frontend --exclude amanat-desk "$@" 2>&1 | tee "$log"; then
    # The reason of each failure once more, below all that the programs said.
    grep -A 3 ' panicked at ' "$log" | cut -c -300 >&2
    exit 1
fi
