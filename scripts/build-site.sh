#!/usr/bin/env bash
# build-site.sh [FOLDER]: builds the phone's site into FOLDER (dist), unless it exists and none of its sources has changed.
# AMANAT_ROOTS is the path of the roots.toml that a real deployment compiles in. Without it, the demo's site is built.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

site=$(realpath -m "${1:-dist}")
if [[ -n ${AMANAT_ROOTS:-} ]]; then
    AMANAT_ROOTS=$(realpath -e "$AMANAT_ROOTS") # cargo starts build scripts in other folders
    export AMANAT_ROOTS
fi

sources() {
    find shared frontend public scripts/{env,build-site,link-phone}.sh scripts/shrink.mjs Cargo.toml Cargo.lock Trunk.toml -type f -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum
    cat ${AMANAT_ROOTS:+"$AMANAT_ROOTS"} </dev/null
    rustc --version
}

# Trunk names the script and the WASM after the input of wasm-bindgen. The server marks them as immutable, so the name must
# change with every byte of the output. The new names are neutral, because a browser's cache shows them: p is the page's
# program, w the worker, s the style.
name_by_content() {
    local new_name=$1 js=$2 old new
    old=${js%.js}
    new=$new_name-$(cat "$site/$old.js" "$site/${old}_bg.wasm" | sha256sum | cut -c 1-16)
    mv "$site/$old.js" "$site/$new.js"
    mv "$site/${old}_bg.wasm" "$site/${new}_bg.wasm"
    sed -i "s/$old/$new/g" "$site/index.html"
}

# The style sheet's comments are for readers of the source only.
without_comments() {
    local old new
    old=$(basename "$site"/form-*.css)
    sed -i '/^\/\*.*\*\/$/d' "$site/$old"
    new=s-$(sha256sum <"$site/$old" | cut -c 1-16).css
    mv "$site/$old" "$site/$new"
    sed -i "s/$old/$new/g" "$site/index.html"
}

# The script that starts the form runs before the first buttons are in the page, and after the elements that it shows and
# hides. Trunk puts it into the head, so it is moved.
move_boot() {
    local script
    script=$(grep -o '<script src="/boot.js"[^>]*></script>' "$site/index.html")
    sed -i -e "s|$script||" -e "s|<!-- boot -->|$script|" "$site/index.html"
    grep -q "^$script\$" "$site/index.html"
}

mkdir -p "$amanat_target/stamps"
stamp=$amanat_target/stamps/${site//\//%}
exec {lock}>"$amanat_target/stamps/lock"
flock "$lock" # Trunk has one working folder

hash=$(sources | sha256sum)
if [[ -e $site/index.html && -e $stamp && $(<"$stamp") == "$hash" ]]; then
    exit
fi
rm -f "$stamp"
for_the_phone cargo fetch --locked --target wasm32-unknown-unknown
# Trunk refuses `NO_COLOR=1`, and prints its own stack trace when a build fails.
for_the_phone env -u NO_COLOR RUST_BACKTRACE=0 trunk build --dist "$site"
js=$(basename "$site"/amanat-frontend-*.js)
node scripts/shrink.mjs "$site/$js" "$site/${js%.js}_bg.wasm"
name_by_content p "$js"
node scripts/shrink.mjs "$site/amanat-worker.js" "$site/amanat-worker_bg.wasm" frontend/worker/start.js
name_by_content w amanat-worker.js
without_comments
move_boot
uglifyjs --compress passes=2 --mangle -- public/boot.js >"$site/boot.js"
printf '%s' "$hash" >"$stamp"
