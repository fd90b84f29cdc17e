#!/usr/bin/env bash
# Everything that can be judged without running it: format, lints natively and for the phone, documentation, scripts.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh build check
# shellcheck source=scripts/env.sh
. scripts/env.sh

cargo fmt --all --check
scripts/build-site.sh dist # the server's crate embeds it
cargo clippy --locked --all-targets -- -D warnings
# In the profile of the site's build, with which it shares the build scripts and macros.
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
if cargo deny --version >/dev/null 2>&1; then
    cargo deny check
fi
