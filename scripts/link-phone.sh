#!/usr/bin/env bash
# link-phone.sh ARGUMENTS...: runs rust-lld for the phone without the exports of libraries that this site never calls.
#
# An export keeps its code alive, and wasm-streams, a dependency of Leptos, exports classes. The site's only export is `main`.
# The others belong to wasm-bindgen, including its descriptions of imports.
set -euo pipefail

arguments=()
while [[ $# -gt 0 ]]; do
    if [[ $1 == --export ]]; then
        case $2 in
            main | __wbindgen_describe___wb*) arguments+=("$1" "$2") ;;
            __wbindgen_describe_*) ;;
            __wbindgen_*) arguments+=("$1" "$2") ;;
        esac
        shift 2
    else
        arguments+=("$1")
        shift
    fi
done
host=$(rustc -vV | sed -n 's/^host: //p')
lld=$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld
[[ -x $lld ]] || lld=rust-lld
exec "$lld" "${arguments[@]}"
