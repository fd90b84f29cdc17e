# The real things that the tests run against: browsers, a database, a mail server, the stock tools.
# shellcheck shell=bash disable=SC2154 # whose variables env.sh sets

install_brotli() {
    unpack_with_libraries brotli "$1"
    with_libraries usr/bin/brotli "$1"
}

install_minisign() {
    unpack_with_libraries minisign "$1"
    with_libraries usr/bin/minisign "$1"
}

# The first that knows the post-quantum recipients; linked statically.
install_age() {
    unpack_from testing age "$1"
    ln -s usr/bin "$1/bin"
    "$1/bin/age" --version | grep -E '^v?1\.([3-9]|[1-9][0-9])'
}

# One that does not know them, as many people still have it.
install_age_11() {
    unpack_from bookworm age "$1"
    ln -s usr/bin "$1/bin"
    "$1/bin/age" --version | grep -E '^v?1\.1'
}

install_postfix() {
    unpack_with_libraries postfix "$1"
    test -x "$1/usr/sbin/postfix"
}

# A Chromium of 2021, which npm still has; packed for a machine without libraries, so it brings those it needs.
install_chromium_92() {
    (cd "$1" && npm pack --silent chrome-aws-lambda@10.1.0 && tar -xzf chrome-aws-lambda-10.1.0.tgz package/bin)
    "$AMANAT_BROTLI" -d "$1/package/bin/chromium.br" -o "$1/chromium"
    chmod 755 "$1/chromium"
    "$AMANAT_BROTLI" -dc "$1/package/bin/aws.tar.br" | tar -x -C "$1"
    mkdir "$1/swiftshader"
    "$AMANAT_BROTLI" -dc "$1/package/bin/swiftshader.tar.br" | tar -x -C "$1/swiftshader"
    rm -rf "$1/package" "$1/chrome-aws-lambda-10.1.0.tgz"
    ! LD_LIBRARY_PATH=$1/lib ldd "$1/chromium" | grep 'not found'
}

install_axe() {
    npm_package axe-core "$axe_version" e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745 "$1"
    test -f "$1/package/axe.min.js"
}

noto=/usr/share/fonts/truetype/noto
if [[ ! -x $AMANAT_CHROMIUM || ! -x $AMANAT_CHROMEDRIVER || ! -e $noto/NotoNaskhArabic-Regular.ttf ]]; then
    install_packages "Chromium, and fonts for Dari and Pashto" chromium chromium-driver fonts-noto-core
fi
[[ -x $AMANAT_INITDB/initdb ]] || install_packages PostgreSQL postgresql
provide "axe-core-$axe_version" "axe $axe_version, which looks for what shuts people out" install_axe
if is_debian; then
    provide brotli "brotli" install_brotli
    provide minisign "minisign" install_minisign
    provide age-1.3 "age 1.3" install_age
    provide age-1.1 "age 1.1" install_age_11
    provide postfix "postfix, a mail server for tests" install_postfix
    provide chromium-92 "Chromium 92" install_chromium_92
fi
for real_thing in "$AMANAT_BROTLI" "$AMANAT_MINISIGN" "$AMANAT_AGE" "$AMANAT_AGE_11" "$AMANAT_POSTFIX/usr/sbin/postfix" "$AMANAT_CHROMIUM_92"; do
    [[ -x $real_thing ]] || need_debian "$real_thing"
done
