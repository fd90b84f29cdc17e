#!/usr/bin/env bash
# Installs what is missing to build, test or check, in one line a thing; quick when all is there.
# Everything goes into a cache that all clones share, but for what only Debian itself can install.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/env.sh
. "$here/env.sh"
# shellcheck source=scripts/setup/provide.sh
. "$here/setup/provide.sh"
# shellcheck source=scripts/setup/debian.sh
. "$here/setup/debian.sh"

[[ $# -gt 0 ]] || fail "setup.sh was not told what for." "Run: scripts/setup.sh build|test|check"
for purpose in "$@"; do
    case $purpose in
        build | test | check)
            # shellcheck source=/dev/null
            . "$here/setup/$purpose.sh"
            ;;
        *) fail "setup.sh knows no '$purpose'." "Run: scripts/setup.sh build|test|check" ;;
    esac
done
