#!/usr/bin/env bash
# release.sh ROOTS.TOML: builds the programs of a real deployment, with the coalition's root keys compiled in. The same
# commit, toolchain and keys give the same bytes in any folder of any machine.
set -euo pipefail
roots=$(realpath -m "${1:-}")
cd "$(dirname "$0")/.."
# shellcheck source=scripts/setup/provide.sh
. scripts/setup/provide.sh
[[ -n ${1:-} ]] || fail "A release needs the coalition's root keys." "Run: make release ROOT=roots.toml"
[[ -r $roots ]] || fail "There is no file $roots." "Run: make release ROOT=roots.toml"
scripts/setup.sh build
# shellcheck source=scripts/env.sh
. scripts/env.sh

# The bytes are reproducible with the same compiler only.
rust_version=1.95.0
[[ $(rustc --version) == "rustc $rust_version "* ]] ||
    fail "A release is built with rustc $rust_version, and this is $(rustc --version)." "Run: rustup override set $rust_version"
export AMANAT_ROOTS=$roots
export AMANAT_DIST=$amanat_target/site-release
rm -rf "$AMANAT_DIST" # built anew: the build date is in it, and no part of what decides whether it is up to date
scripts/build-site.sh "$AMANAT_DIST"
# rust-embed records the files' times.
find "$AMANAT_DIST" -exec touch --date "@$SOURCE_DATE_EPOCH" {} +

# It has a target folder of its own, so that its flags do not cause a rebuild for the next `make run`.
export CARGO_TARGET_DIR=$amanat_target/release-build
export RUSTFLAGS="--remap-path-prefix=$amanat_source=/amanat --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
rm -rf "$CARGO_TARGET_DIR"
cargo build --locked --release --package amanat-backend --package amanat-reviewer
scripts/build-desk.sh "$CARGO_TARGET_DIR/release/amanat-desk.html"
(cd "$CARGO_TARGET_DIR/release" && sha256sum amanat amanat-reviewer amanat-desk.html)
say "the programs and the desk are in $CARGO_TARGET_DIR/release"
