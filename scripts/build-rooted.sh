#!/usr/bin/env bash
# build-rooted.sh: for the tests, what a real deployment is: site and programs with root keys compiled in, two of three.
# Prints nothing and does nothing where they are there and nothing they are made of changed.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

roots=$amanat_target/test-roots
out=$amanat_target/rooted
if [[ ! -e $roots/roots.toml ]]; then
    cargo run --locked --quiet --package amanat-tests --bin make-test-roots -- "$roots"
fi
AMANAT_ROOTS=$roots/roots.toml scripts/build-site.sh "$amanat_target/site-rooted"

stamp=$out/stamp
sources() {
    find shared backend reviewer "$amanat_target/site-rooted" Cargo.toml Cargo.lock "$roots/roots.toml" -type f -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum
    rustc --version
}
hash=$(sources | sha256sum)
if [[ -x $out/amanat && -e $stamp && $(<"$stamp") == "$hash" ]]; then
    exit
fi
mkdir -p "$out"
rm -f "$stamp"
# In the same target folder: only this project's own crates are built twice, not all that they need.
AMANAT_ROOTS=$roots/roots.toml AMANAT_DIST=$amanat_target/site-rooted \
    cargo build --locked --package amanat-backend --package amanat-reviewer --bins
cp "$amanat_target/debug/amanat" "$amanat_target/debug/amanat-reviewer" "$out/"
printf '%s' "$hash" >"$stamp"
