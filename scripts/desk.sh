#!/usr/bin/env bash
# desk.sh: builds a reviewers' desk for trying out, amanat-desk.html, which accepts the demo's packs. `make release` builds a
# real one.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh build
scripts/build-desk.sh amanat-desk.html
# shellcheck source=scripts/setup/provide.sh
. scripts/setup/provide.sh
say "open $PWD/amanat-desk.html in a browser, on a computer that is offline"
