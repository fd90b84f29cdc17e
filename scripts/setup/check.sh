# check.sh provides what `make check` needs beyond a build.
# shellcheck shell=bash disable=SC2154 # whose variables env.sh sets

install_shellcheck() {
    unpack_with_libraries shellcheck "$1"
    with_libraries usr/bin/shellcheck "$1"
}

install_cargo_deny() {
    cargo_tool "$1" "cargo-deny@$cargo_deny_version"
}

for component in fmt clippy; do
    if ! cargo "$component" --version >/dev/null 2>&1; then
        say "installing cargo $component (rustup component add)"
        rustup component add "${component/fmt/rustfmt}" >/dev/null 2>&1 ||
            fail "cargo $component is missing." "Run: rustup component add ${component/fmt/rustfmt}"
    fi
done
provide "cargo-deny-$cargo_deny_version" "cargo-deny $cargo_deny_version (some minutes)" install_cargo_deny
if is_debian; then
    provide shellcheck "shellcheck" install_shellcheck
fi
