# provide.sh puts tools into the cache: once, whole, and by one clone at a time. setup.sh sources it.
# shellcheck shell=bash disable=SC2154 # whose variables env.sh sets

say() {
    printf 'amanat: %s\n' "$*" >&2
}

# fail WHAT ADVICE: prints two lines, what happened and what to do, and exits.
fail() {
    printf 'amanat: %s\n        %s\n' "$1" "$2" >&2
    exit 1
}

# locked COMMAND...: runs a command under a lock, so that clones that set up at the same time wait for each other.
locked() {
    mkdir -p "$amanat_tools" "$AMANAT_CACHE/log"
    local lock
    exec {lock}>"$AMANAT_CACHE/lock"
    flock "$lock"
    "$@"
    exec {lock}>&-
}

# provide FOLDER WHAT COMMAND...: unless the cache has FOLDER, runs COMMAND with a new folder as its last argument and moves
# that into place, so that an existing folder is always complete.
provide() {
    [[ -d $amanat_tools/$1 ]] || locked make_folder "$@"
}

make_folder() {
    local folder=$amanat_tools/$1 log=$AMANAT_CACHE/log/$1.log what=$2 partial status
    shift 2
    [[ -d $folder ]] && return # another clone was quicker
    say "installing $what into $folder"
    partial=$(mktemp -d "$amanat_tools/.partial.XXXXXX")
    # It is not called in a condition, where bash would ignore the command's `set -e`.
    set +e
    (
        set -e
        "$@" "$partial"
    ) >"$log" 2>&1
    status=$?
    set -e
    if [[ $status -ne 0 ]]; then
        rm -rf "$partial"
        tail -n 5 "$log" >&2
        fail "$what could not be installed." "The lines above are the end of $log; with a network, try again."
    fi
    chmod 755 "$partial"
    mv -T "$partial" "$folder"
}

# cargo_tool FOLDER ARGUMENTS...: runs `cargo install ARGUMENTS` with the versions of a lock file. The tools are built without
# optimisation, which does not change their output.
cargo_tool() {
    local folder=$1
    shift
    export CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256
    export CARGO_TARGET_DIR=$folder/target
    cargo install --locked --root "$folder" "$@"
    rm -rf "$folder/target"
}

# crate_source NAME VERSION SHA256 FOLDER: unpacks into FOLDER exactly the crate that was reviewed when its checksum was noted.
crate_source() {
    local name=$1 version=$2 sha256=$3 folder=$4 crate
    mkdir -p "$folder/fetch/src"
    printf '[package]\nname = "fetch"\nedition = "2024"\n[dependencies]\n%s = "=%s"\n[workspace]\n' "$name" "$version" >"$folder/fetch/Cargo.toml"
    touch "$folder/fetch/src/lib.rs"
    cargo fetch --manifest-path "$folder/fetch/Cargo.toml" # downloads, and runs nothing
    for crate in "${CARGO_HOME:-$HOME/.cargo}"/registry/cache/*/"$name-$version.crate"; do
        if echo "$sha256  $crate" | sha256sum --check --quiet; then
            tar -xzf "$crate" -C "$folder" --strip-components 1
            rm -r "$folder/fetch"
            return
        fi
    done
    return 1
}

# npm_package NAME VERSION SHA256 FOLDER: unpacks into FOLDER/package exactly what was reviewed when its checksum was noted.
npm_package() {
    local archive=$1-$2.tgz
    (
        cd "$4" || exit
        npm pack --silent "$1@$2"
        echo "$3  $archive" | sha256sum --check
        tar -xzf "$archive"
        rm "$archive"
    )
}

# npm_tools LOCKED FOLDER: installs into FOLDER/node_modules what LOCKED/package-lock.json names with checksums, without
# running any of its scripts.
npm_tools() {
    cp "$1/package.json" "$1/package-lock.json" "$2"
    (cd "$2" && npm ci --silent --ignore-scripts --no-audit --no-fund)
}

# pypi_tools REQUIREMENTS FOLDER: installs into FOLDER, a virtual environment, what REQUIREMENTS names with checksums.
pypi_tools() {
    python3 -m venv "$2"
    "$2/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
        --requirement "$1"
}
