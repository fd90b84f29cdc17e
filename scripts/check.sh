#!/usr/bin/env bash
# check.sh: checks everything that needs no run: format, lints natively and for the phone, documentation, scripts.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh build check
# shellcheck source=scripts/env.sh
. scripts/env.sh

cargo fmt --all --check
node scripts/imports.mjs
scripts/build-site.sh dist # the server's crate embeds it
cargo clippy --locked --all-targets -- -D warnings
# The phone's unit tests run natively.
cargo clippy --locked --package amanat-frontend --all-targets -- -D warnings
# The profile is that of the site's build, so that build scripts and macros are shared.
for_the_phone cargo clippy --locked --profile phone --package amanat-frontend --target wasm32-unknown-unknown -- -D warnings
for_the_phone cargo clippy --locked --profile desk --package amanat-desk --target wasm32-unknown-unknown -- -D warnings
RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps --package amanat-shared --all-features
shellcheck=$amanat_tools/shellcheck/bin/shellcheck
if [[ -x $shellcheck ]]; then
    "$shellcheck" --external-sources scripts/*.sh scripts/setup/*.sh .ci/run
fi
if command -v systemd-analyze >/dev/null; then
    # An exposure of more than 1.5 fails.
    systemd-analyze security --offline=true --threshold=15 packaging/amanat.service >/dev/null
fi
# The advisory database has a server of its own, which not every machine reaches.
"$AMANAT_CARGO_DENY" --all-features check bans licenses sources
if ! "$AMANAT_CARGO_DENY" --all-features check advisories 2>"$amanat_target/advisories"; then
    grep -qE 'failed to (fetch|clone|load) advisory database|failed to acquire' "$amanat_target/advisories" || { cat "$amanat_target/advisories" >&2 && exit 1; }
    printf 'amanat: the list of known flaws could not be fetched: dependencies were not compared with it\n' >&2
fi
