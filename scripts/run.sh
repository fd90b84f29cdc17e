#!/usr/bin/env bash
# run.sh [ARGUMENTS]: a throw-away deployment on this machine, to try everything. Built for a quick start, not for speed.
# The last lines of the demo name the reviewers' program and the desk, which it finds beside itself.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh build
# shellcheck source=scripts/env.sh
. scripts/env.sh
scripts/build-site.sh dist
cargo build --locked --package amanat-backend --package amanat-reviewer --bins
scripts/build-desk.sh "$amanat_target/debug/amanat-desk.html"
exec "$amanat_target/debug/amanat" demo "$@"
