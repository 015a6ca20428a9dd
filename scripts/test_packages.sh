#!/bin/sh
# Installs the Debian packages that only the tests need: about 250 MB, most of it for the camera that they film with.
set -eu
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }
. "$(dirname "$0")/debian.sh"

# command -> Debian package that brings it
missing=
need() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || missing="$missing $2"; }
need openssl openssl
need systemd-analyze systemd
need strace strace
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

[ -z "$missing" ] || echo "setup: installing$missing"
# shellcheck disable=SC2086 # a list of words
install_debian $missing
