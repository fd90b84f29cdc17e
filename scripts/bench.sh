#!/usr/bin/env bash
# bench.sh: measures the bytes that the phone downloads from the demo (each response body, and a first visit to a usable form
# with all headers, against the budget), the time of that on a slow network and a slow phone, the cost of sealing 20 MB, and
# the server's throughput and durability on this disk at full size (about ten minutes).
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh build test
# shellcheck source=scripts/env.sh
. scripts/env.sh
scripts/build-site.sh dist
cargo build --locked --quiet --package amanat-backend

budget=120000
later=0
dir=$(mktemp -d)
"$amanat_target/debug/amanat" demo --dir "$dir/demo" --listen 127.0.0.1:0 >"$dir/said" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT
until origin=$(sed -n 's/^ready //p' "$dir/said") && [[ -n $origin ]]; do
    kill -0 "$server" 2>/dev/null || { cat "$dir/said" >&2 && exit 1; }
    sleep 0.1
done

bytes() { # PATH ENCODING
    curl --silent --show-error --fail --header "Accept-Encoding: $2" --output /dev/null --write-out '%{size_download}' "$origin$1"
}
heads() { # PATH: bytes of the answer's status line and headers
    curl --silent --show-error --fail --header 'Accept-Encoding: br' --output /dev/null --write-out '%{size_header}' "$origin$1"
}
sum=0
printf '%-50s %9s %9s %9s %9s\n' file raw gzip brotli headers
for file in dist/*; do
    name=$(basename "$file")
    [[ $name != robots.txt ]] || continue
    path=/$name
    [[ $name != index.html ]] || path=/
    brotli=$(bytes "$path" br)
    headers=$(heads "$path")
    printf '%-50s %9d %9d %9d %9d\n' "$name" "$(bytes "$path" identity)" "$(bytes "$path" gzip)" "$brotli" "$headers"
    # The worker is loaded later, while the form is in use.
    [[ $name == w-* ]] && later=$((later + brotli + headers)) || sum=$((sum + brotli + headers))
done
printf 'first visit to a usable form: %d bytes, %d %% of the budget of %d; while it is filled in: %d\n' \
    "$sum" $((sum * 100 / budget)) "$budget" "$later"

kill "$server"
wait "$server" 2>/dev/null || true
trap 'rm -rf "$dir"' EXIT
scripts/build-rooted.sh
scripts/build-unsynced.sh
# The server is built as it is deployed, except for link-time optimisation, which takes minutes and does not affect the
# measurements. It has a target folder of its own, so that the next `make test` finds its own build.
AMANAT_ROOTS=$amanat_target/test-roots/roots.toml AMANAT_DIST=$amanat_target/site-rooted \
    CARGO_TARGET_DIR=$amanat_target/bench-build CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    cargo build --locked --quiet --release --package amanat-backend --package amanat-reviewer --bins
export AMANAT_DESK=$amanat_target/desk-rooted.html AMANAT_HOSTILE=$amanat_target/hostile
AMANAT_ROOTS=$amanat_target/test-roots/roots.toml scripts/build-desk.sh "$AMANAT_DESK"
rm -rf "$AMANAT_HOSTILE"
cargo test --locked --quiet --package amanat-reviewer --test it -- --ignored --exact hostile::all_cases::dump >/dev/null
# It runs alone, because other programs would distort the measurements. The test harness's lines are not shown.
AMANAT_ROOTED_BIN=$amanat_target/rooted AMANAT_BENCH_BIN=$amanat_target/bench-build/release \
    cargo test --locked --quiet --package amanat-tests --test e2e -- \
    --ignored --nocapture --test-threads 1 bench:: |
    grep -oE "(first visit,|sealing and|durable registrations:|start to ready:|server's memory:|slow attackers:|flood:|nothing lost:|the desk:).*|.*(panicked|FAILED).*"
# For reviewers, it opens ten thousand registrations beside the stock tool on the same cores, and fuzzes each parser for a minute.
AMANAT_BENCH_BIN=$amanat_target/bench-build/release \
    cargo test --locked --quiet --package amanat-reviewer --test it -- --ignored --nocapture --test-threads 1 bench:: |
    grep -oE "opening .*|.*(panicked|FAILED).*"
scripts/fuzz.sh 60
