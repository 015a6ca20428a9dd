#!/bin/sh
# Installs what the foundry needs: Debian packages, the locked Python packages in a venv of their own, the fonts.
# usage: setup.sh VENV [FONTS]        FONTS: all, or few, which are enough for `make foundry-smoke`; PYTHON=python3.12 takes another Python
set -eu
venv=$1 fonts=${2:-all}
python=${PYTHON:-python3}
here=$(cd "$(dirname "$0")" && pwd)
fail() { printf 'foundry: %s\n' "$*" >&2; exit 1; }
. "$here/../debian.sh"

missing=
"$python" -c 'import ensurepip, venv' 2>/dev/null || missing="python3-venv"
[ "$fonts" = few ] || command -v npm >/dev/null 2>&1 || missing="$missing npm"
# shellcheck disable=SC2086 # a list of words
install_debian $missing

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$("$python" --version) is too old: the foundry needs Python 3.11 or newer; set PYTHON to one"
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
echo "foundry: installing the locked Python packages into $venv"
"$venv/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r "$here/../../requirements-foundry.lock" || fail \
    "the packages cannot be installed. Is it torch? The lock has PyTorch's build for CPUs, which PyPI does not carry for Linux: give pip its index" \
    "(PIP_EXTRA_INDEX_URL) or a folder with the wheel (PIP_FIND_LINKS); for a GPU install PyTorch's build for it into $venv afterwards"
"$here/fonts.sh" "$venv/bin/python" "$fonts"
