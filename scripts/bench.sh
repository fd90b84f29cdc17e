#!/usr/bin/env bash
# What the phone downloads on its first visit, against the budget. The server puts the pack into index.html, besides.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh build test
# shellcheck source=scripts/env.sh
. scripts/env.sh
scripts/build-site.sh dist

budget=120000
sum=0
printf '%-50s %9s %9s %9s\n' file raw gzip-9 brotli-11
for file in dist/*; do
    [[ $file != dist/robots.txt ]] || continue
    brotli=$("$AMANAT_BROTLI" -q 11 -c "$file" | wc -c)
    printf '%-50s %9d %9d %9d\n' "$(basename "$file")" "$(wc -c <"$file")" "$(gzip -9 -c "$file" | wc -c)" "$brotli"
    sum=$((sum + brotli))
done
printf 'first visit: %d of %d bytes in brotli\n' "$sum" "$budget"
[[ $sum -le $budget ]]
