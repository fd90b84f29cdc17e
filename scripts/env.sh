# env.sh: sets the variables that every script needs. It is sourced, never run, and touches neither network nor disk.
# shellcheck shell=bash

amanat_source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# All clones share one cache of tools.
export AMANAT_CACHE=${AMANAT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/amanat}
amanat_tools=$AMANAT_CACHE/tools

trunk_version=0.21.14
binaryen_version=132.0.0
uglify_version=3.19.3
geckodriver_version=0.37.1
axe_version=4.14.1
cargo_deny_version=0.20.2
tus_js_client_version=4.3.1
tuspy_version=1.1.0
schemathesis_version=4.32.5
# The tool must have exactly the library's version, or it refuses the WASM.
wasm_bindgen_version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"$/\1/p;}' "$amanat_source/Cargo.lock")

amanat_path=$amanat_tools/trunk-$trunk_version/bin:$amanat_tools/wasm-bindgen-$wasm_bindgen_version/bin:$amanat_tools/binaryen-$binaryen_version/bin:$amanat_tools/uglify-js-$uglify_version/bin
case :$PATH: in
    *:$amanat_path:*) ;;
    *) export PATH=$amanat_path:$PATH ;;
esac

# The compiled-in build date is that of the last commit, so that the same commit gives the same bytes anywhere.
if [[ -z ${SOURCE_DATE_EPOCH:-} ]]; then
    SOURCE_DATE_EPOCH=$(git -C "$amanat_source" log -1 --format=%ct 2>/dev/null) ||
        SOURCE_DATE_EPOCH=$(stat -c %Y "$amanat_source/Cargo.lock")
    export SOURCE_DATE_EPOCH
fi

# The target folder is relative to the source unless the caller chose another.
amanat_target=${CARGO_TARGET_DIR:-$amanat_source/target}

# These variables tell the tests where browsers, servers and tools are. Programs of the system are searched for, the others
# are in the cache, and a caller can set the same variables.
export AMANAT_CHROMIUM=${AMANAT_CHROMIUM:-$(command -v chromium || true)}
export AMANAT_CHROMEDRIVER=${AMANAT_CHROMEDRIVER:-$(command -v chromedriver || true)}
export AMANAT_CHROMIUM_80=${AMANAT_CHROMIUM_80:-$amanat_tools/chromium-80/chromium}
export AMANAT_CHROMIUM_80_LIBS=${AMANAT_CHROMIUM_80_LIBS:-$amanat_tools/chromium-80/lib}
export AMANAT_CHROMIUM_92=${AMANAT_CHROMIUM_92:-$amanat_tools/chromium-92/chromium}
export AMANAT_CHROMIUM_92_LIBS=${AMANAT_CHROMIUM_92_LIBS:-$amanat_tools/chromium-92/lib}
export AMANAT_FIREFOX=${AMANAT_FIREFOX:-$(command -v firefox-esr || command -v firefox || true)}
export AMANAT_CARGO_DENY=${AMANAT_CARGO_DENY:-$amanat_tools/cargo-deny-$cargo_deny_version/bin/cargo-deny}
export AMANAT_GECKODRIVER=${AMANAT_GECKODRIVER:-$amanat_tools/geckodriver-$geckodriver_version/bin/geckodriver}
export AMANAT_WEBKITDRIVER=${AMANAT_WEBKITDRIVER:-$(command -v WebKitWebDriver || true)}
export AMANAT_XVFB=${AMANAT_XVFB:-$(command -v Xvfb || true)}
export AMANAT_AXE=${AMANAT_AXE:-$amanat_tools/axe-core-$axe_version/package/axe.min.js}
export AMANAT_AGE=${AMANAT_AGE:-$amanat_tools/age-1.3/bin/age}
export AMANAT_AGE_11=${AMANAT_AGE_11:-$amanat_tools/age-1.1/bin/age}
export AMANAT_MINISIGN=${AMANAT_MINISIGN:-$amanat_tools/minisign/bin/minisign}
export AMANAT_BROTLI=${AMANAT_BROTLI:-$amanat_tools/brotli/bin/brotli}
# build-unsynced.sh builds this library.
export AMANAT_UNSYNCED=${AMANAT_UNSYNCED:-$amanat_target/unsynced.so}
export AMANAT_NGINX=${AMANAT_NGINX:-$amanat_tools/nginx/bin/nginx}
export AMANAT_PGBOUNCER=${AMANAT_PGBOUNCER:-$amanat_tools/pgbouncer/bin/pgbouncer}
export AMANAT_POSTFIX=${AMANAT_POSTFIX:-$amanat_tools/postfix}
export AMANAT_TUS_JS_CLIENT=${AMANAT_TUS_JS_CLIENT:-$amanat_tools/tus-js-client-$tus_js_client_version/node_modules}
export AMANAT_SCHEMATHESIS=${AMANAT_SCHEMATHESIS:-$amanat_tools/schemathesis-$schemathesis_version/bin/python}
export AMANAT_TUSPY=${AMANAT_TUSPY:-$amanat_tools/tuspy-$tuspy_version/bin/python}
export AMANAT_SLOWHTTPTEST=${AMANAT_SLOWHTTPTEST:-$amanat_tools/slowhttptest/bin/slowhttptest}
if [[ -z ${AMANAT_MINIBROWSER:-} ]]; then
    # WebKitGTK installs its own small browser among its libraries.
    for amanat_minibrowser in /usr/lib/*/webkit2gtk-4.1/MiniBrowser; do
        [[ ! -x $amanat_minibrowser ]] || AMANAT_MINIBROWSER=$amanat_minibrowser
    done
    export AMANAT_MINIBROWSER=${AMANAT_MINIBROWSER:-}
fi
if [[ -z ${AMANAT_INITDB:-} ]]; then
    # The last one is the newest.
    for amanat_initdb in "$(command -v initdb || true)" /usr/lib/postgresql/*/bin/initdb; do
        [[ ! -x $amanat_initdb ]] || AMANAT_INITDB=$(dirname "$amanat_initdb")
    done
    export AMANAT_INITDB=${AMANAT_INITDB:-}
fi

# for_the_phone COMMAND...: runs a command with the environment of a build for the phone: the standard library from source, for
# the oldest WebAssembly (the toolchain's own emits reference types, which no browser before 2021 runs), and without paths of
# this machine. It uses its own target folder, because RUSTC_BOOTSTRAP affects build scripts, and each switch would rebuild
# the host's.
for_the_phone() {
    local sysroot flags='-Ctarget-cpu=mvp -Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=none --cfg sha2_backend="soft" --cfg sha2_backend_soft="compact"'
    sysroot=$(rustc --print sysroot)/lib/rustlib/src/rust
    # The workspace's own source needs no mapping, because cargo names it by relative paths.
    flags+=" --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
    flags+=" --remap-path-prefix=$sysroot=/rust --remap-path-prefix=$(readlink -f "$sysroot")=/rust"
    RUSTC_BOOTSTRAP=1 \
        CARGO_UNSTABLE_BUILD_STD=std,panic_abort \
        CARGO_UNSTABLE_BUILD_STD_FEATURES=optimize_for_size \
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=$flags \
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$amanat_source/scripts/link-phone.sh \
        CARGO_TARGET_DIR=$amanat_target/phone \
        env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS "$@"
}
