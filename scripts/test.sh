#!/usr/bin/env bash
# test.sh [ARGUMENTS]: every test, with the real things around; the arguments go to `cargo test`.
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

# The page that `make run` offers: those who follow the manuals in the tests run it, each on a machine of their own.
scripts/build-desk.sh "$amanat_target/debug/amanat-desk.html"

# Every kind of hostile file that the reviewers' tests know, for the desk.
export AMANAT_HOSTILE=$amanat_target/hostile
rm -rf "$AMANAT_HOSTILE"
cargo test --locked --quiet --package amanat-reviewer --test it -- --ignored --exact hostile::gauntlet::dump >/dev/null

# The phone's crate builds for the browser; its unit tests run natively.
cargo test --locked --package amanat-frontend --bins

# The journeys start the programs themselves, which `cargo test` would not build.
cargo build --locked --package amanat-backend --package amanat-reviewer --bins
# Most of what they do is waiting, for a browser's clock or a network.
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-$(($(nproc) + 1))}
log=$amanat_target/test.log
if ! cargo test --locked --workspace --exclude amanat-frontend --exclude amanat-desk "$@" 2>&1 | tee "$log"; then
    # The reason of each failure once more, below all that the programs said.
    grep -A 3 ' panicked at ' "$log" | cut -c -300 >&2
    exit 1
fi
