#!/bin/sh
# Puts edged on a Debian 12 box (or anything with systemd 252 and Python 3.11), renews it, and takes it off again. Run as root.
#
#   install.sh                    install, or upgrade: configuration and data stay, and edged restarts only if something changed
#   install.sh --inbox DIR        likewise, with DIR as the drop folder; work, done and failed go beside it
#   install.sh --camera           likewise, and let edged use cameras on USB; --no-camera takes that back; without either it stays as it is
#   install.sh --uninstall        take the program off; configuration and data stay
#   install.sh --uninstall --purge [--yes]   take everything off, after saying what that is
#
# PYTHON=python3.12 takes another Python. Where packages come from is pip's business: pip.conf and PIP_* of this machine.
set -eu

SRC=$(cd "$(dirname "$0")/.." && pwd)
OPT=/opt/edged                             # a link to the environment in use, so that a change is one rename
CONFIG=/etc/edged/edged.yaml
STATE=/var/lib/edged
SHELF=/usr/share/edged/models
UNIT=/usr/lib/systemd/system/edged.service
SYSUSERS=/usr/lib/sysusers.d/edged.conf
TMPFILES=/usr/lib/tmpfiles.d/edged.conf
INBOX_TMPFILES=/etc/tmpfiles.d/edged-inbox.conf
DROPINS=/etc/systemd/system/edged.service.d
COMMAND=/usr/local/bin/edged
MODELS="crnn-zh-en db-v6-small"            # what reads, and what finds text
FONT=/usr/share/fonts/truetype/wqy/wqy-microhei.ttc
NEEDED_MIB=1500                            # two environments while the new one replaces the old
python=${PYTHON:-python3}
changed=

say() { printf 'install: %s\n' "$*"; }
fail() { printf 'install: %s\n' "$*" >&2; exit 1; }
booted() { [ -d /run/systemd/system ]; }   # not in an image that is only being built

# put FILE MODE [GROUP]: standard input becomes FILE, if it is not that already. Not behind a pipe: that would lose `changed`.
put() {
    mkdir -p "$(dirname "$1")"
    cat >"$1.new"
    chown "root:${3:-root}" "$1.new" && chmod "$2" "$1.new"
    if cmp -s "$1.new" "$1"; then rm "$1.new"; else mv "$1.new" "$1"; changed=yes; say "wrote $1"; fi
}

# drop FILE...: delete what is there.
drop() {
    for one in "$@"; do
        if [ -e "$one" ] || [ -L "$one" ]; then rm -rf "$one"; changed=yes; say "removed $one"; fi
    done
}

# --- before anything is changed ---

check_box() {
    [ "$(id -u)" -eq 0 ] || fail "this changes the system: run it as root (sudo $0)"
    for tool in systemctl systemd-sysusers systemd-tmpfiles; do
        command -v "$tool" >/dev/null || fail "$tool is missing, and edged.service needs systemd: apt-get install systemd"
    done
    command -v "$python" >/dev/null || fail "$python is missing: apt-get install python3 python3-venv, or set PYTHON"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "$("$python" --version) is too old: edged needs Python 3.11; set PYTHON to a newer one"
    "$python" -c 'import ensurepip, venv' 2>/dev/null || fail "Python's venv is missing: apt-get install python3-venv"
    libc=$("$python" -c 'import platform; print(platform.libc_ver()[1])')
    [ "$(printf '2.35\n%s\n' "$libc" | sort -V | head -n 1)" = 2.35 ] ||
        fail "glibc $libc is too old for the pinned OpenVINO, which needs 2.35: upgrade to Debian 12"
    free=$(df -Pm /opt | awk 'NR == 2 {print $4}')
    [ "$free" -ge "$NEEDED_MIB" ] || fail "/opt has $free MiB free and $NEEDED_MIB are needed: make room there"
}

# A drop folder must be one that the unit can see, and its parent one that may hold work, done and failed.
check_inbox() {
    case $inbox in
        /*) ;;
        *) fail "--inbox $inbox: give the whole path, from / on" ;;
    esac
    inbox=$(realpath -m -- "$inbox")
    case $inbox in
        *[!A-Za-z0-9_./-]*) fail "--inbox $inbox: systemd and YAML want a plain path: letters, digits, and . _ - only" ;;
        /home/* | /root/* | /run/* | /tmp/* | /var/tmp/* | /dev/* | /proc/* | /sys/* | /usr/* | /etc/* | /boot/* | /opt/edged*)
            fail "--inbox $inbox: the service cannot use this place; take one like /srv/pictures/inbox" ;;
    esac
    parent=$(dirname "$inbox")
    [ "$parent" != / ] || fail "--inbox $inbox: work, done and failed go beside it, and not into /; take a folder of its own, like /srv/pictures/inbox"
    case $(basename "$inbox") in
        work | done | failed) fail "--inbox $inbox: edged makes a folder of this name itself; take another, like $parent/inbox" ;;
    esac
    ! mountpoint -q "$inbox" 2>/dev/null ||
        fail "--inbox $inbox: it is a mount point, and work, done and failed must be on the same file system; take a folder in it, like $inbox/inbox"
}

# --- the program ---

# The name of what an environment holds: equal names are equal programs.
content() {
    {
        "$python" -VV
        find edged pyproject.toml requirements.lock -type f ! -name '*.pyc' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
    } | sha256sum | cut -c -12
}

install_program() {
    cd "$SRC"
    environment=$OPT-$(content)
    if [ -x "$environment/bin/edged" ] && [ "$(readlink "$OPT" || true)" = "$environment" ]; then return; fi
    [ -L "$OPT" ] || [ ! -e "$OPT" ] || fail "$OPT was not made by this script: move it away and try again"
    say "installing the locked Python packages into $environment"
    rm -rf "$environment"
    trap 'rm -rf "$environment" "$OPT.build"' EXIT
    "$python" -m venv "$environment"
    rm -rf "$OPT.build"
    mkdir "$OPT.build"
    cp -r edged pyproject.toml README.md LICENSE requirements.lock "$OPT.build"
    # The tool that builds the package is pinned, too, in the lock of the developers.
    sed -n '/^setuptools==/,/[^\\]$/p' requirements-dev.lock >"$OPT.build/tool.lock"
    pip() { "$environment/bin/python" -m pip "$@" -q --disable-pip-version-check --no-input --no-cache-dir; }
    pip install --require-hashes --only-binary=:all: -r requirements.lock -r "$OPT.build/tool.lock" ||
        fail "the packages cannot be had, see above: check the network and pip's settings (offline: PIP_NO_INDEX=1 PIP_FIND_LINKS=FOLDER); nothing was changed"
    pip install --no-deps --no-index --no-build-isolation "$OPT.build" || fail "edged cannot be built, see above; nothing was changed"
    "$environment/bin/python" -c 'import edged.app' || fail "edged does not start here, see above; nothing was changed"
    if [ -e "$CONFIG" ]; then
        "$environment/bin/edged" check -c "$CONFIG" >/dev/null ||
            fail "this version refuses $CONFIG, see above: correct it first; nothing was changed"
    fi
    trap - EXIT
    rm -rf "$OPT.build"
    ln -s "$environment" "$OPT.new" && mv -T "$OPT.new" "$OPT"
    changed=yes
}

# What draws Chinese into annotated pictures; without it `edged read --annotate` says so and draws numbers. An offline box is no failure,
# and is asked once.
install_font() {
    if [ -z "$fresh" ] || [ -e "$FONT" ] || ! command -v apt-get >/dev/null; then return; fi
    say "installing the Debian package fonts-wqy-microhei, for annotated pictures"
    (. "$SRC/scripts/debian.sh" && install_debian fonts-wqy-microhei) ||
        say "annotated pictures show no Chinese yet; when the network is there: apt-get install fonts-wqy-microhei"
}

install_models() {
    for model in $MODELS; do
        if [ ! -e "$SRC/models/$model/model.yaml" ]; then
            "$OPT/bin/edged" models build --models-dir "$SHELF" || fail "the models cannot be made, see above; then run this again"
            rm -rf "$SHELF/.cache"
            return
        fi
    done
    for model in $MODELS; do install_model "$model"; done
}

install_model() {
    if diff -rq "$SRC/models/$1" "$SHELF/$1" >/dev/null 2>&1; then return; fi
    say "copying the model $1 to $SHELF"
    mkdir -p "$SHELF"
    rm -rf "$SHELF/.new" "$SHELF/.old"
    cp -r "$SRC/models/$1" "$SHELF/.new"
    chown -R root:root "$SHELF/.new" && chmod -R u=rwX,go=rX "$SHELF/.new"
    if [ -e "$SHELF/$1" ]; then mv "$SHELF/$1" "$SHELF/.old"; fi
    mv "$SHELF/.new" "$SHELF/$1"
    rm -rf "$SHELF/.old"
    changed=yes
}

# --- what systemd and the administrator see ---

install_files() {
    put "$SYSUSERS" 644 <"$SRC/systemd/edged.sysusers"
    put "$TMPFILES" 644 <"$SRC/systemd/edged.tmpfiles"
    systemd-sysusers "$SYSUSERS"
    [ "$(readlink "$COMMAND" || true)" = "$OPT/bin/edged" ] || ln -sf "$OPT/bin/edged" "$COMMAND"
    mkdir -p /etc/edged && chown root:edged /etc/edged && chmod 750 /etc/edged
    if [ -n "$inbox" ]; then install_inbox; fi
    systemd-tmpfiles --create "$TMPFILES" || fail "the folders cannot be made, see above; the file system must know ACLs"
    if [ ! -e "$CONFIG" ]; then
        device=$(uname -n | cut -d . -f 1 | tr -c 'A-Za-z0-9_\n-' -)
        put "$CONFIG" 640 edged <<EOF
# Every key, with its default and what it does: $SRC/config/edged.yaml. Try a change with: edged check
version: 1
device: ${device:-box}
mqtt: {host: localhost}
sources:
  inbox: {kind: folder, path: ${inbox:-/srv/edged/inbox}}
EOF
    fi
    dropin credentials "$([ ! -e /etc/edged/mqtt.password ] || printf 'LoadCredential=mqtt.password:/etc/edged/mqtt.password')" \
        'In the configuration: mqtt.password_credential: mqtt.password. The unit does not start without the file.'
    dropin clock "$(systemctl is-enabled -q systemd-timesyncd.service 2>/dev/null || printf 'ProtectClock=no\nSystemCallFilter=adjtimex clock_adjtime clock_adjtime64')" \
        'Not systemd-timesyncd sets this clock: only the kernel knows whether it is set. To set it stays forbidden: that takes a capability.'
    [ -n "$camera" ] || [ ! -e "$DROPINS/50-camera.conf" ] || camera=yes
    if [ "$camera" = yes ]; then put "$DROPINS/50-camera.conf" 644 <"$SRC/systemd/edged-camera.conf"; else drop "$DROPINS/50-camera.conf"; fi
}

# dropin NAME SETTINGS REASON: one drop-in of the unit, or none where there are no settings.
dropin() {
    if [ -z "$2" ]; then drop "$DROPINS/50-$1.conf"; return; fi
    put "$DROPINS/50-$1.conf" 644 <<EOF
# Written by install.sh of edged. $3
[Service]
$2
EOF
}

install_inbox() {
    if [ "$inbox" = /srv/edged/inbox ]; then
        dropin inbox '' ''
        drop "$INBOX_TMPFILES"
    else
        dropin inbox "$(printf 'ReadWritePaths=-%s\nNoExecPaths=-%s' "$parent" "$parent")" "The drop folder $inbox and, beside it, work, done and failed: one path, for a rename does not cross mounts."
        mkdir -p "$parent"
        # The parent belongs to the administrator and stays as it is.
        put "$INBOX_TMPFILES" 644 <<EOF
$(sed -e '/^d *\/srv\/edged  /d' -e "s|/srv/edged/inbox|$inbox|" -e "s|/srv/edged|$parent|" \
    -e 's|^# Install as .*|# Written by install.sh of edged.|' "$SRC/systemd/edged.tmpfiles")
EOF
        systemd-tmpfiles --create "$INBOX_TMPFILES" || fail "the folders beside $inbox cannot be made, see above; the file system must know ACLs"
    fi
    if [ -e "$CONFIG" ] && ! reads "$inbox"; then
        put "$STATE/edged.d/50-inbox.yaml" 640 edged <<EOF
# Written by install.sh of edged --inbox.
sources: {inbox: {kind: folder, path: $inbox}}
EOF
        reads "$inbox" || say "now set sources.inbox.path to $inbox in $CONFIG, which is yours and was not changed"
    fi
}

# Whether the configuration has a source that reads this folder.
reads() {
    "$OPT/bin/python" - "$CONFIG" "$1" <<'EOF'
import sys
from pathlib import Path
from edged.config.file import load_config
config = load_config(Path(sys.argv[1])).config
sys.exit(all(str(source.path) != sys.argv[2] for source in config.sources.values()))
EOF
}

start() {
    put "$UNIT" 644 <"$SRC/systemd/edged.service" # the last file: without it, nothing counts as installed
    if ! booted; then
        systemctl enable -q edged.service
        say "done; edged starts when this system boots"
        return
    fi
    if [ -n "$changed" ]; then systemctl daemon-reload; fi
    if [ -n "$fresh" ]; then systemctl enable -q edged.service; fi
    what=
    if [ -n "$fresh" ] || systemctl is-failed -q edged.service; then what=start; fi
    if [ -n "$changed" ] && systemctl is-active -q edged.service; then what=restart; fi
    if [ -n "$what" ] && ! systemctl "$what" edged.service; then
        journalctl -u edged.service -n 20 --no-pager -o cat >&2 || true
        fail "everything is in place, but edged does not start: the journal says why, above (journalctl -u edged)"
    fi
    # Only now nobody runs an older environment any more.
    for old in "$OPT"-????????????; do
        if [ "$old" != "$(readlink "$OPT")" ]; then rm -rf "$old"; fi
    done
    if systemctl is-active -q edged.service; then
        say "done${what:+ ($what)}; edged runs. Drop pictures into ${inbox:-the folder that $CONFIG names}; whoever may: usermod -aG edged-drop USER"
    else
        say "done; edged was stopped before and stays so: systemctl start edged"
    fi
}

# --- and off again ---

uninstall() {
    if booted; then systemctl disable -q --now edged.service 2>/dev/null || true; else systemctl disable -q edged.service 2>/dev/null || true; fi
    drop "$UNIT" "$SYSUSERS" "$TMPFILES" "$COMMAND" /usr/share/edged "$OPT" "$OPT"-????????????
    if [ -n "$purge" ]; then purge; else say "kept: /etc/edged, $DROPINS, $STATE, the pictures, and the users; --uninstall --purge deletes them"; fi
    if booted; then systemctl daemon-reload; fi
}

purge() {
    say "this deletes for ever, readings that were not sent among them:"
    for one in /etc/edged "$STATE" /srv/edged "$DROPINS" "$INBOX_TMPFILES"; do
        if [ -e "$one" ]; then printf '  %s (%s)\n' "$one" "$(du -sh "$one" | cut -f 1)"; fi
    done
    say "and the user edged with its groups"
    if [ -e "$INBOX_TMPFILES" ]; then say "not deleted, since you chose the place: $(awk '$1 == "d" {print $2}' "$INBOX_TMPFILES" | tr '\n' ' ')"; fi
    if [ -z "$yes" ]; then
        printf 'install: type yes to go on: '
        answer=
        read -r answer || true
        [ "$answer" = yes ] || fail "nothing of this was deleted"
    fi
    drop /etc/edged "$STATE" /srv/edged "$DROPINS" "$INBOX_TMPFILES"
    userdel edged 2>/dev/null || true
    groupdel edged-drop 2>/dev/null || true
}

inbox='' camera='' off='' purge='' yes=''
while [ $# -gt 0 ]; do
    case $1 in
        --inbox) [ $# -gt 1 ] || fail "--inbox needs a folder"; inbox=$2; shift ;;
        --inbox=*) inbox=${1#*=} ;;
        --camera) camera=yes ;;
        --no-camera) camera=no ;;
        --uninstall) off=yes ;;
        --purge) purge=yes ;;
        --yes) yes=yes ;;
        -h | --help) sed -n '2,/^set/{/^#/s/^#\( \|$\)//p}' "$0"; exit ;;
        *) fail "$1 is not known here; see $0 --help" ;;
    esac
    shift
done
[ -z "$purge" ] || [ -n "$off" ] || fail "--purge goes with --uninstall"

umask 022
if [ -n "$off" ]; then
    [ "$(id -u)" -eq 0 ] || fail "this changes the system: run it as root (sudo $0)"
    uninstall
    exit
fi
check_box
if [ -n "$inbox" ]; then check_inbox; fi
fresh=$([ -e "$UNIT" ] || echo yes)
install_program
install_font
install_models
install_files
start
