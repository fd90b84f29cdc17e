#!/usr/bin/env bash
# test.sh [ARGUMENTS]: every test, with the real things around; the arguments go to `cargo test`.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh build test
# shellcheck source=scripts/env.sh
. scripts/env.sh

scripts/build-site.sh dist

# A site as a real deployment has it, with roots compiled in.
roots=$amanat_target/test-roots/roots.toml
if [[ -e $roots ]]; then
    AMANAT_ROOTS=$roots scripts/build-site.sh "$amanat_target/site-rooted"
fi

cargo test --locked --workspace --exclude amanat-frontend "$@"
