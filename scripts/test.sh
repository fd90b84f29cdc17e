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

# The journeys start the programs themselves, which `cargo test` would not build.
cargo build --locked --package amanat-backend --package amanat-reviewer --bins
cargo test --locked --workspace --exclude amanat-frontend "$@"
