#!/bin/sh
# Installs what the foundry needs: Debian packages, the locked Python packages in a venv of their own, the fonts.
# usage: setup.sh VENV [FONTS]        FONTS: all, or few, which are enough for `make foundry-smoke`; PYTHON=python3.12 takes another Python
set -eu
venv=$1 fonts=${2:-all}
python=${PYTHON:-python3}
here=$(cd "$(dirname "$0")" && pwd)
fail() { printf 'foundry: %s\n' "$*" >&2; exit 1; }

missing=
"$python" -c 'import ensurepip, venv' 2>/dev/null || missing="python3-venv"
[ "$fonts" = few ] || command -v npm >/dev/null 2>&1 || missing="$missing npm"
if [ -n "$missing" ]; then
    command -v apt-get >/dev/null 2>&1 || fail "these Debian packages are missing and there is no apt-get: $missing; install them and try again"
    sudo=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 || fail "these Debian packages are missing: $missing; run as root: apt-get install $missing"
        sudo=sudo
    fi
    $sudo apt-get update -qq || fail "apt-get update failed; look at the network and at /etc/apt/sources.list"
    # shellcheck disable=SC2086 # a list of words
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
        fail "apt-get install $missing failed; see above"
fi

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$("$python" --version) is too old: the foundry needs Python 3.11 or newer; set PYTHON to one"
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
echo "foundry: installing the locked Python packages into $venv"
"$venv/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r "$here/../../requirements-foundry.lock" || fail \
    "the packages cannot be installed. Is it torch? The lock has PyTorch's build for CPUs, which PyPI does not carry for Linux: give pip its index" \
    "(PIP_EXTRA_INDEX_URL) or a folder with the wheel (PIP_FIND_LINKS); for a GPU install PyTorch's build for it into $venv afterwards"
"$here/fonts.sh" "$venv/bin/python" "$fonts"
