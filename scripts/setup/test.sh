# test.sh provides the programs that the tests run against: browsers, a database, a mail server, the stock tools.
# shellcheck shell=bash disable=SC2154 # whose variables env.sh sets

install_brotli() {
    unpack_with_libraries brotli "$1"
    with_libraries usr/bin/brotli "$1"
}

install_minisign() {
    unpack_with_libraries minisign "$1"
    with_libraries usr/bin/minisign "$1"
}

# This is the first version with post-quantum recipients, and it is linked statically.
install_age() {
    unpack_from testing age "$1"
    ln -s usr/bin "$1/bin"
    "$1/bin/age" --version | grep -E '^v?1\.([3-9]|[1-9][0-9])'
}

# This version lacks them, as many people still have it.
install_age_11() {
    unpack_from bookworm age "$1"
    ln -s usr/bin "$1/bin"
    "$1/bin/age" --version | grep -E '^v?1\.1'
}

install_postfix() {
    unpack_with_libraries postfix "$1"
    test -x "$1/usr/sbin/postfix"
}

# npm_chromium VERSION SHA256 FOLDER: installs an old Chromium that npm still has. It was packed for machines without
# libraries, so it includes those that it needs.
npm_chromium() {
    local archive=chrome-aws-lambda-$1.tgz sha256=$2 folder=$3
    (
        cd "$folder" || exit
        npm pack --silent "chrome-aws-lambda@$1"
        echo "$sha256  $archive" | sha256sum --check
        tar -xzf "$archive" package/bin
        rm "$archive"
    )
    "$AMANAT_BROTLI" -d "$folder/package/bin/chromium.br" -o "$folder/chromium"
    chmod 755 "$folder/chromium"
    "$AMANAT_BROTLI" -dc "$folder/package/bin/aws.tar.br" | tar -x -C "$folder"
    mkdir "$folder/swiftshader"
    "$AMANAT_BROTLI" -dc "$folder/package/bin/swiftshader.tar.br" | tar -x -C "$folder/swiftshader"
    rm -rf "$folder/package"
    ! LD_LIBRARY_PATH=$folder/lib ldd "$folder/chromium" | grep 'not found'
}

# This version of 2020 is the oldest that the form supports.
install_chromium_80() {
    npm_chromium 2.1.1 94f8953cd47c3fbd9d0ba8f50d2e5aa4e8136ca52b37e2babcc12e43018ade77 "$1"
}

# This version is of 2021.
install_chromium_92() {
    npm_chromium 10.1.0 6745d06176d629be7021538a901a5a969f335c5a8c10a581b40862e7ed66996e "$1"
}

install_geckodriver() {
    cargo_tool "$1" "geckodriver@$geckodriver_version"
}

install_axe() {
    npm_package axe-core "$axe_version" e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745 "$1"
    test -f "$1/package/axe.min.js"
}

install_tus_js_client() {
    npm_tools "$amanat_source/tests/drivers/third_party/tus-js-client" "$1"
    test -d "$1/node_modules/tus-js-client"
}

install_tuspy() {
    pypi_tools "$amanat_source/tests/drivers/third_party/tuspy.txt" "$1"
    "$1/bin/python" -c 'import tusclient'
}

install_schemathesis() {
    pypi_tools "$amanat_source/tests/drivers/third_party/schemathesis.txt" "$1"
    "$1/bin/python" -c 'import cryptography, schemathesis'
}

install_nginx() {
    unpack_with_libraries nginx-light "$1"
    with_libraries usr/sbin/nginx "$1"
}

# Debian 12 has version 1.18, and later releases have newer ones.
install_pgbouncer() {
    unpack_with_libraries pgbouncer "$1"
    with_libraries usr/sbin/pgbouncer "$1"
    "$1/bin/pgbouncer" --version
}

install_slowhttptest() {
    unpack_with_libraries slowhttptest "$1"
    with_libraries usr/bin/slowhttptest "$1"
}

noto=/usr/share/fonts/truetype/noto
if [[ ! -x $AMANAT_CHROMIUM || ! -x $AMANAT_CHROMEDRIVER || ! -e $noto/NotoNaskhArabic-Regular.ttf ]]; then
    install_packages "Chromium, and fonts for Dari and Pashto" chromium chromium-driver fonts-noto-core
fi
[[ -x $AMANAT_FIREFOX ]] || install_packages "Firefox" firefox-esr
if [[ ! -x $AMANAT_WEBKITDRIVER || ! -x $AMANAT_XVFB || ! -x $AMANAT_MINIBROWSER ]]; then
    install_packages "WebKitGTK, and a display for it" webkit2gtk-driver xvfb
fi
if ! command -v ip >/dev/null; then
    install_packages "ip, by which the desk is tried without a network" iproute2
fi
provide "geckodriver-$geckodriver_version" "geckodriver $geckodriver_version (about 1 minute)" install_geckodriver
[[ -x $AMANAT_INITDB/initdb ]] || install_packages PostgreSQL postgresql
provide "axe-core-$axe_version" "axe $axe_version, which looks for what shuts people out" install_axe
python3 -c 'import ensurepip' 2>/dev/null || install_packages "Python, for tools written in it" python3-venv
provide "tus-js-client-$tus_js_client_version" "tus-js-client $tus_js_client_version" install_tus_js_client
provide "tuspy-$tuspy_version" "tuspy $tuspy_version" install_tuspy
provide "schemathesis-$schemathesis_version" "schemathesis $schemathesis_version" install_schemathesis
if is_debian; then
    provide brotli "brotli" install_brotli
    provide minisign "minisign" install_minisign
    provide age-1.3 "age 1.3" install_age
    provide age-1.1 "age 1.1" install_age_11
    provide nginx "nginx" install_nginx
    provide postfix "postfix, a mail server for tests" install_postfix
    provide pgbouncer "pgbouncer, a pooler before PostgreSQL" install_pgbouncer
    provide slowhttptest "slowhttptest, which attacks slowly" install_slowhttptest
    provide chromium-80 "Chromium 80" install_chromium_80
    provide chromium-92 "Chromium 92" install_chromium_92
fi
for real_thing in "$AMANAT_BROTLI" "$AMANAT_MINISIGN" "$AMANAT_AGE" "$AMANAT_AGE_11" "$AMANAT_POSTFIX/usr/sbin/postfix" "$AMANAT_NGINX" "$AMANAT_PGBOUNCER" "$AMANAT_SLOWHTTPTEST" "$AMANAT_CHROMIUM_80" "$AMANAT_CHROMIUM_92"; do
    [[ -x $real_thing ]] || need_debian "$real_thing"
done
