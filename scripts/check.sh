#!/usr/bin/env bash
# check.sh: checks everything that needs no run: format, lints natively and for the phone, documentation, scripts.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh build check
# shellcheck source=scripts/env.sh
. scripts/env.sh

cargo fmt --all --check
node scripts/imports.mjs
# An error's advice is a field of its own (docs/decisions/0050-advice-is-a-field.md), not a second line of its text.
if grep -rPlz --include='*.rs' '#\[error\(\s*"(?:[^"\\\n]++|\\[^n])*+(?:\\n|\n)' shared frontend backend reviewer; then
    printf 'amanat: an #[error] of these files has two lines: put the second into #[diagnostic(help(…))]\n' >&2
    exit 1
fi
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
