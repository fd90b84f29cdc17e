#!/usr/bin/env bash
# The reviewers' desk for trying out: amanat-desk.html, which takes the demo's packs. A real one comes from `make release`.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh build
scripts/build-desk.sh amanat-desk.html
# shellcheck source=scripts/setup/provide.sh
. scripts/setup/provide.sh
say "open $PWD/amanat-desk.html in a browser, on a computer that is offline"
