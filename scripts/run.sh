#!/usr/bin/env bash
# run.sh [ARGUMENTS]: runs a throw-away deployment on this machine, built for a quick start and not for speed. The demo's
# last lines name the reviewers' program and the desk, which it finds beside itself.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh build
# shellcheck source=scripts/env.sh
. scripts/env.sh
scripts/build-site.sh dist
cargo build --locked --package amanat-backend --package amanat-reviewer --bins
scripts/build-desk.sh "$amanat_target/debug/amanat-desk.html"
exec "$amanat_target/debug/amanat" demo "$@"
