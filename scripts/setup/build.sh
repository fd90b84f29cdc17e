# build.sh provides what a build needs beyond a Rust toolchain: a C compiler, the standard library's source, and WASM tools.
# shellcheck shell=bash disable=SC2154 # whose variables env.sh sets

install_trunk() {
    cargo_tool "$1" "trunk@$trunk_version" --no-default-features --features rustls
}

# This is the checksum of this version's crate.
wasm_bindgen_cli_sha256=c37f6904387d19a319525c74af274c73912f3871c35555aa49f3ea64ebb2fc7a

# This version's lock file names a release of webpki-roots that not every registry mirror has, so its predecessor is locked.
install_wasm_bindgen() {
    crate_source wasm-bindgen-cli "$wasm_bindgen_version" "$wasm_bindgen_cli_sha256" "$1/source"
    sed -i '/^name = "webpki-roots"$/,/^checksum/ {
        s/^version = .*/version = "1.0.10"/
        s/^checksum = .*/checksum = "1c1c8e20c8a38fc7d65abfe74eb7280e4aa667e8eec8bc84996d2874810748d9"/
    }' "$1/source/Cargo.lock"
    cargo_tool "$1" --path "$1/source"
    rm -r "$1/source"
}

# npm_tool NAME VERSION SHA256 PROGRAM FOLDER: installs a program of an npm package that needs only node. Its output runs on
# phones, so its checksum is verified.
npm_tool() {
    local program=$4 folder=$5
    npm_package "$1" "$2" "$3" "$folder"
    mkdir "$folder/bin"
    cat >"$folder/bin/$program" <<END
#!/bin/sh
exec node "\$(dirname "\$0")/../package/bin/$program" "\$@"
END
    chmod 755 "$folder/bin/$program"
    "$folder/bin/$program" --version
}

install_binaryen() {
    npm_tool binaryen "$binaryen_version" 6543555fb29bb92548f325c7dc18e9ab7dbb1215edda25993d1e3f71d85b8618 wasm-opt "$1"
}

install_uglify() {
    npm_tool uglify-js "$uglify_version" 744d9f31fe424514dd44728daa3e562a703fca53b6627ddeb655f77c2aa88ab4 uglifyjs "$1"
}

# Debian's suite with the same version of the compiler has the same files as rustup.
install_rust_src() {
    local version=$1 folder=$2 suite package
    for suite in trixie-backports trixie testing sid bookworm-backports; do
        package=$(apt_of "$suite" apt-cache madison rust-src | awk -v v="$version" '$3 ~ "^" v "[+-]" { print $3; exit }')
        if [[ -n $package ]]; then
            unpack_from "$suite" "rust-src=$package" "$folder"
            mv "$folder/usr/src/rustc-$version/library" "$folder/"
            rm -rf "${folder:?}/usr"
            test -f "$folder/library/Cargo.lock"
            return
        fi
    done
    echo "no suite of Debian has rust-src $version"
    return 1
}

add_rust_src() {
    local place version
    place=$(rustc --print sysroot)/lib/rustlib/src/rust
    version=$(rustc --version | cut -d ' ' -f 2)
    [[ -f $place/library/Cargo.lock ]] && return
    if command -v rustup >/dev/null; then
        say "installing the standard library's source (rustup component add rust-src)"
        timeout 120 rustup component add rust-src >/dev/null 2>&1 || true
        [[ -f $place/library/Cargo.lock ]] && return
    fi
    need_debian "The standard library's source (rustup component add rust-src)"
    provide "rust-src-$version" "the standard library's source of rustc $version, from Debian" install_rust_src "$version"
    { mkdir -p "$(dirname "$place")" && ln -sfn "$amanat_tools/rust-src-$version" "$place"; } ||
        fail "The Rust toolchain's folder cannot be written to." "Run: ln -s $amanat_tools/rust-src-$version $place"
}

command -v cargo >/dev/null || fail "There is no Rust toolchain." "Install one with rustup; see Cargo.toml for the version."
command -v cc >/dev/null || install_packages "a C compiler" gcc libc6-dev
add_rust_src
provide "trunk-$trunk_version" "trunk $trunk_version (about 3 minutes)" install_trunk
provide "wasm-bindgen-$wasm_bindgen_version" "wasm-bindgen $wasm_bindgen_version (about 1 minute)" install_wasm_bindgen
command -v npm >/dev/null || install_packages "npm" npm
provide "binaryen-$binaryen_version" "wasm-opt $binaryen_version" install_binaryen
provide "uglify-js-$uglify_version" "uglify-js $uglify_version" install_uglify
