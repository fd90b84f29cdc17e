#!/usr/bin/env bash
# build-unsynced.sh: the library that tests put below a server, so that its power can be cut (tests/disk/unsynced.c).
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

if [[ ! $AMANAT_UNSYNCED -nt tests/disk/unsynced.c ]]; then
    mkdir -p "$(dirname "$AMANAT_UNSYNCED")"
    cc -shared -fPIC -O2 -Wall -Wextra -Werror -o "$AMANAT_UNSYNCED.new" tests/disk/unsynced.c -ldl -pthread
    mv "$AMANAT_UNSYNCED.new" "$AMANAT_UNSYNCED" # a server that has the old one keeps it
fi
