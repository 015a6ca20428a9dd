# Read by the set-ups, after they defined `fail`: installs Debian packages, as root or through sudo.
# usage: install_debian PACKAGE…        nothing where none is named
install_debian() {
    [ $# -gt 0 ] || return 0
    command -v apt-get >/dev/null 2>&1 || fail "these Debian packages are missing and there is no apt-get: $*; install them and try again"
    sudo=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 || fail "these Debian packages are missing: $*; run as root: apt-get install $*"
        sudo=sudo
    fi
    $sudo apt-get update -qq || fail "apt-get update failed; look at the network and at /etc/apt/sources.list"
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
        fail "apt-get install $* failed; see above"
}
