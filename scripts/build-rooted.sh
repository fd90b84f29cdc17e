#!/usr/bin/env bash
# build-rooted.sh: builds site and programs with root keys (two of three) compiled in, as a real deployment has them, for the
# tests. It does nothing and prints nothing if they exist and none of their sources has changed.
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
# It uses the same target folder, so that only this project's own crates are built twice, and not their dependencies.
AMANAT_ROOTS=$roots/roots.toml AMANAT_DIST=$amanat_target/site-rooted \
    cargo build --locked --package amanat-backend --package amanat-reviewer --bins
cp "$amanat_target/debug/amanat" "$amanat_target/debug/amanat-reviewer" "$out/"
printf '%s' "$hash" >"$stamp"
