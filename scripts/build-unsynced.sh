#!/usr/bin/env bash
# build-unsynced.sh: builds the library that tests preload into a server to simulate a power failure.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

if [[ ! -e $AMANAT_UNSYNCED || -n $(find tests/fixtures/power_loss -newer "$AMANAT_UNSYNCED") ]]; then
    mkdir -p "$(dirname "$AMANAT_UNSYNCED")"
    cc -shared -fPIC -O2 -Wall -Wextra -Werror -o "$AMANAT_UNSYNCED.new" tests/fixtures/power_loss/*.c -ldl -pthread
    mv "$AMANAT_UNSYNCED.new" "$AMANAT_UNSYNCED" # a server that has the old one keeps it
fi
