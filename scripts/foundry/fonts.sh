#!/bin/sh
# Installs the fonts that the renderer draws with: Debian packages, and npm packages of @fontsource merged to one file a family.
# usage: fonts.sh [PYTHON [all|few]]        PYTHON has fonttools and brotli; the files come to ${EDGED_FONTS:-~/.cache/edged/fonts}
# few: what the toy run draws with, 3 MB of Debian packages.
set -eu
python=${1:-python3}
here=$(cd "$(dirname "$0")" && pwd)
fail() { printf 'fonts: %s\n' "$*" >&2; exit 1; }
. "$here/../debian.sh"
choice=${2:-all}
target=${EDGED_FONTS:-$HOME/.cache/edged/fonts}

debian="fonts-dseg fonts-ocr-a fonts-ocr-b fonts-spleen fonts-terminus-otb fonts-unifont xfonts-wqy
fonts-gnutypewriter fonts-courier-prime fonts-b612 fonts-3270
fonts-dejavu fonts-liberation fonts-freefont-ttf fonts-roboto fonts-open-sans fonts-lato fonts-inconsolata
fonts-noto-cjk fonts-wqy-zenhei fonts-wqy-microhei fonts-arphic-uming fonts-arphic-ukai fonts-arphic-gbsn00lp fonts-arphic-gkai00mp fonts-lxgw-wenkai
fonts-noto-cjk-extra fonts-urw-base35 fonts-ebgaramond fonts-linuxlibertine fonts-oldstandard fonts-cantarell fonts-comfortaa fonts-lobster fonts-lobstertwo fonts-crosextra-carlito fonts-vollkorn fonts-junicode fonts-lmodern fonts-quicksand fonts-dustin fonts-breip fonts-smiley-sans
wamerican-large python3-jieba"
[ "$choice" = all ] || debian="fonts-dejavu-core fonts-dseg fonts-liberation fonts-ocr-a fonts-ocr-b fonts-spleen"
missing=
for package in $debian; do
    dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
done
# shellcheck disable=SC2086 # a list of words
install_debian $missing
mkdir -p "$target"
[ "$choice" = all ] || exit 0

# family:weights
npm="doto:400,700 share-tech-mono:400 saira-stencil-one:400
ma-shan-zheng:400 long-cang:400 zhi-mang-xing:400 liu-jian-mao-cao:400 zcool-kuaile:400 zcool-qingke-huangyou:400 zcool-xiaowei:400
anton:400 bebas-neue:400 oswald:400,600 pacifico:400 caveat:400,700 dancing-script:500 permanent-marker:400 patrick-hand:400 indie-flower:400
playfair-display:400,700 abril-fatface:400 righteous:400 bangers:400 alfa-slab-one:400 rubik:400,700 montserrat:400,700,900 poppins:400,600
barlow-condensed:400,600 special-elite:400 vt323:400 press-start-2p:400 im-fell-english:400 crimson-text:400,600 cinzel:400,700 fredoka:500
great-vibes:400 satisfy:400 kaushan-script:400 archivo-black:400 archivo-narrow:400,700 roboto-condensed:400,700 roboto-slab:400,700
bungee:400 monoton:400 fjalla-one:400 russo-one:400 courgette:400 cookie:400 sacramento:400 limelight:400 ultra:400 rye:400 unifrakturcook:700"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for entry in $npm; do
    family=${entry%%:*}
    # shellcheck disable=SC2086
    "$python" "$here/merge_fonts.py" --have "$target" "$family" "${entry#*:}" && continue
    (cd "$work" && npm pack --silent "@fontsource/$family" >/dev/null && tar xzf fontsource-"$family"-*.tgz && mv package "$family")
    "$python" "$here/merge_fonts.py" "$work/$family" "$target" "$family" "${entry#*:}"
    rm -rf "${work:?}/$family" "$work"/*.tgz
done
ls "$target" | wc -l
