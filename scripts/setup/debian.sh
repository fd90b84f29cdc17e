# debian.sh provides Debian packages: unpacked into the cache where possible, otherwise installed. setup.sh sources it.
# It uses the machine's own mirror, and leaves its package lists and sources unchanged.
# shellcheck shell=bash

is_debian() {
    grep -qs '^ID=debian$' /etc/os-release && command -v apt-get >/dev/null
}

need_debian() {
    is_debian || fail "$1 is missing, and can be fetched on Debian only." "Install it, or run on Debian 12 or newer."
}

debian_mirror() {
    local codename empty
    codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    empty=$(mktemp -d)
    apt-get --print-uris -o Dir::State::lists="$empty" update |
        sed -n -E "s#^'(.*)/dists/(${codename:-sid}|stable|testing|unstable|sid)/main/.*#\1#p" | sort -u | sed -n 1p
    rm -rf "$empty"
}

# apt_of SUITE TOOL ARGUMENTS...: runs apt with SUITE as the only source; `own` means the machine's real sources.
apt_of() {
    local suite=$1 tool=$2 folder=$AMANAT_CACHE/apt/$1 keyring=/usr/share/keyrings/debian-archive-keyring.gpg mirror signed=
    shift 2
    local options=(-o "Dir::State::lists=$folder/lists" -o "Dir::Cache=$folder/cache" -o APT::Sandbox::User=
        -o Debug::NoLocking=1 -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
        -o Acquire::Retries=3 -qq)
    mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
    if [[ $suite != own ]]; then
        options+=(-o "Dir::Etc::sourcelist=$folder/sources.list" -o Dir::Etc::sourceparts=/dev/null)
        if [[ ! -s $folder/sources.list ]]; then
            mirror=$(debian_mirror)
            [[ -n $mirror ]] || fail "No Debian mirror is among this machine's package sources." "Add one to /etc/apt."
            [[ -r $keyring ]] && signed="[signed-by=$keyring] "
            printf 'deb %s%s %s main\n' "$signed" "$mirror" "$suite" >"$folder/sources.list"
        fi
    fi
    if [[ ! -e $folder/updated || -n $(find "$folder/updated" -mmin +60) ]]; then
        apt-get "${options[@]}" update
        touch "$folder/updated"
    fi
    "$tool" "${options[@]}" "$@"
}

# unpack_from SUITE PACKAGE[=VERSION] FOLDER: unpacks that package alone.
unpack_from() {
    local debs
    debs=$(mktemp -d "$3/.debs.XXXXXX")
    (cd "$debs" && apt_of "$1" apt-get download "$2")
    unpack_all "$debs" "$3"
}

# unpack_with_libraries PACKAGE FOLDER: unpacks the machine's version of a package, with its dependencies that are missing.
unpack_with_libraries() {
    local debs
    debs=$(mktemp -d "$2/.debs.XXXXXX")
    mkdir "$debs/partial"
    apt_of own apt-get install --download-only --reinstall --no-install-recommends --yes \
        -o "Dir::Cache::archives=$debs" "$1"
    # A second C library would not match the machine's loader.
    rm -f "$debs"/libc6_*.deb "$debs"/libc-bin_*.deb
    unpack_all "$debs" "$2"
}

unpack_all() {
    local deb
    for deb in "$1"/*.deb; do
        dpkg-deb -x "$deb" "$2"
    done
    rm -rf "$1"
}

# with_libraries PROGRAM FOLDER: creates FOLDER/bin/NAME, which runs FOLDER/PROGRAM with the libraries unpacked beside it.
with_libraries() {
    mkdir -p "$2/bin"
    cat >"$2/bin/$(basename "$1")" <<END
#!/bin/sh
here=\$(dirname "\$0")/..
for libraries in "\$here"/usr/lib/*-linux-gnu; do
    LD_LIBRARY_PATH=\$libraries\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}
done
export LD_LIBRARY_PATH
exec "\$here/$1" "\$@"
END
    chmod 755 "$2/bin/$(basename "$1")"
}

# install_packages WHAT PACKAGE...: installs packages into the system, which requires root.
install_packages() {
    local what=$1
    shift
    need_debian "$what"
    [[ $(id -u) -eq 0 ]] || fail "$what is missing, and only root may install it." "Run: sudo apt-get install $*"
    locked apt_install "$what" "$@"
}

apt_install() {
    local what=$1 log=$AMANAT_CACHE/log/packages.log
    shift
    say "installing $what (apt-get install $*)"
    if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install --yes \
        --no-install-recommends "$@"; } >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        fail "$what could not be installed." "The lines above are the end of $log; with a network, try again."
    fi
}
