#!/bin/sh
# Installs what edged needs to run: Debian packages, then the locked Python packages. What only its tests need: test_packages.sh.
# usage: setup.sh VENV        PYTHON=python3.12 setup.sh .venv   takes another Python
set -eu
venv=$1
python=${PYTHON:-python3}
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }
. "$(dirname "$0")/debian.sh"

# command -> Debian package that brings it
missing=
need() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || missing="$missing $2"; }
need "$python" python3
need mosquitto mosquitto
need mosquitto_sub mosquitto-clients
[ -e /usr/share/fonts/truetype/wqy/wqy-microhei.ttc ] || missing="$missing fonts-wqy-microhei" # letters of annotated pictures
"$python" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"

[ -z "$missing" ] || echo "setup: installing$missing"
# shellcheck disable=SC2086 # a list of words
install_debian $missing

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$("$python" --version) is too old: edged needs Python 3.11 or newer; set PYTHON to one"
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
echo "setup: installing the locked Python packages into $venv"
"$venv/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
"$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
