#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deb.sh [VERSION]: build Debian's packages of this tree into build/deb, and let lintian read them. VERSION is another
# version number, for a test of upgrades.
set -eu -o pipefail
# shellcheck source=../qemu/lib.sh
. "$(dirname "$0")/../qemu/lib.sh"

version=${1-}
out=$build/deb${version:+-$version}

# What git has and what is not yet committed: the tree as it is, without its build directory.
copy_tree() {
	(cd "$top" && git ls-files --cached --others --exclude-standard -z | xargs -0 ls -d 2>/dev/null) |
		tar -C "$top" -cf - -T - | tar -C "$1" -xf -
}

# Warnings count; a tag that we do not agree with is overridden beside its package, with the reason.
check_packages() {
	local found
	found=$(lintian --allow-root --fail-on none --tag-display-limit 0 --display-info --pedantic "$out"/*.changes)
	[ -z "$found" ] || { printf '%s\n' "$found" && die "lintian does not accept the packages"; }
}

need_tool dpkg-buildpackage dpkg-dev
need_tool dh debhelper
need_tool lintian lintian
lock "build-$checkout"
rm -rf "$out"
mkdir -p "$out/nsattach"
copy_tree "$out/nsattach"
if [ -n "$version" ]; then sed -i "1s/(.*)/($version)/" "$out/nsattach/debian/changelog"; fi
(cd "$out/nsattach" && logged 600 "building the packages" "$build/logs/deb" dpkg-buildpackage -b -us -uc -rfakeroot)
rm -rf "$out/nsattach"
unlock "build-$checkout"
say "asking lintian"
check_packages
ls "$out"/*.deb
