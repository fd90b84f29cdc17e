#!/usr/bin/env bash
# build-desk.sh [FILE]: builds the reviewers' desk, one page with all that it needs inside, into FILE (amanat-desk.html),
# unless it exists and none of its sources has changed. AMANAT_ROOTS as in build-site.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

# The desk is read from a stick, so its size is bounded.
most_bytes=1700000
page=$(realpath -m "${1:-amanat-desk.html}")
if [[ -n ${AMANAT_ROOTS:-} ]]; then
    AMANAT_ROOTS=$(realpath -e "$AMANAT_ROOTS") # cargo starts build scripts in other folders
    export AMANAT_ROOTS
fi

sources() {
    find shared reviewer scripts/{env,build-desk,link-phone}.sh Cargo.toml Cargo.lock -type f -not -path '*/tests/*' -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum
    cat ${AMANAT_ROOTS:+"$AMANAT_ROOTS"} </dev/null
    rustc --version
}

mkdir -p "$amanat_target/stamps"
stamp=$amanat_target/stamps/${page//\//%}
exec {lock}>"$amanat_target/stamps/desk-lock"
flock "$lock"
hash=$(sources | sha256sum)
if [[ -e $page && -e $stamp && $(<"$stamp") == "$hash" ]]; then
    exit
fi
rm -f "$stamp"
for_the_phone cargo build --locked --quiet --profile desk --package amanat-desk --target wasm32-unknown-unknown
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
wasm-bindgen --target no-modules --no-typescript --out-dir "$dir" --out-name desk \
    "$amanat_target/phone/wasm32-unknown-unknown/desk/amanat-desk.wasm"
wasm-opt -Os --mvp-features --strip-debug --strip-producers "$dir/desk_bg.wasm" -o "$dir/desk.wasm"
cat "$dir/desk.js" reviewer/desk/page/start.js | uglifyjs --toplevel --compress passes=2 --mangle >"$dir/page.js"
node - "$dir" reviewer/desk/page "$page" <<'JS'
// Puts the parts into the page, and their hashes into its policy, so that it runs nothing else.
const { createHash } = require("node:crypto"), { readFileSync, writeFileSync } = require("node:fs"), { gzipSync } = require("node:zlib");
const [dir, source, page] = process.argv.slice(2);
const sha256 = (text) => createHash("sha256").update(text).digest("base64");
const js = readFileSync(`${dir}/page.js`, "utf8"), css = readFileSync(`${source}/desk.css`, "utf8");
if (/<\/script|<!--/i.test(js) || /<\/style/i.test(css)) throw new Error("a part would end its element");
const program = gzipSync(readFileSync(`${dir}/desk.wasm`), { level: 9 });
program[9] = 255; // the system that packed it
const parts = { SCRIPT: sha256(js), STYLE: sha256(css), CSS: css, PROGRAM: program.toString("base64"), JS: js };
writeFileSync(page, readFileSync(`${source}/desk.html`, "utf8").replace(/@([A-Z]+)@/g, (all, name) => parts[name]));
JS
bytes=$(stat -c %s "$page")
if ((bytes > most_bytes)); then
    echo "amanat: the desk has $bytes bytes, more than $most_bytes" >&2
    exit 1
fi
printf '%s' "$hash" >"$stamp"
