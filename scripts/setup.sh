#!/bin/sh
# Installs what edged needs to run and to be tested: Debian packages, then the locked Python packages.
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
need openssl openssl
need systemd-analyze systemd
need strace strace
[ -e /usr/share/fonts/truetype/wqy/wqy-microhei.ttc ] || missing="$missing fonts-wqy-microhei" # letters of annotated pictures
# The camera of the tests: an RTSP server, which runs under the system's own Python.
plugin() { ls /usr/lib/*/gstreamer-1.0/"$1" >/dev/null 2>&1 || missing="$missing $2"; }
[ -e /usr/lib/python3/dist-packages/gi/__init__.py ] || missing="$missing python3-gi"
ls /usr/lib/*/girepository-1.0/GstRtspServer-1.0.typelib >/dev/null 2>&1 || missing="$missing gir1.2-gst-rtsp-server-1.0"
plugin libgstvideoconvertscale.so gstreamer1.0-plugins-base
plugin libgstrtp.so gstreamer1.0-plugins-good
plugin libgstx264.so gstreamer1.0-plugins-ugly
if [ "$(id -u)" -eq 0 ]; then # only root can boot a machine for the tests
    need debootstrap debootstrap
    need systemd-nspawn systemd-container
    need mkfs.ext4 e2fsprogs
fi
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
