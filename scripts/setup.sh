#!/usr/bin/env bash
# setup.sh build|test|check: installs the missing tools, and prints one line for each. It is quick when nothing is missing.
# Everything goes into a cache that all clones share, except system packages of Debian.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/env.sh
. "$here/env.sh"
# shellcheck source=scripts/setup/provide.sh
. "$here/setup/provide.sh"
# shellcheck source=scripts/setup/debian.sh
. "$here/setup/debian.sh"

[[ $# -gt 0 ]] || fail "setup.sh needs a purpose." "Run: scripts/setup.sh build|test|check"
for purpose in "$@"; do
    case $purpose in
        build | test | check)
            # shellcheck source=/dev/null
            . "$here/setup/$purpose.sh"
            ;;
        *) fail "setup.sh knows no '$purpose'." "Run: scripts/setup.sh build|test|check" ;;
    esac
done
