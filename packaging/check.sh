#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# check.sh: Debian's packages of this tree in a bare Debian 12: they install, upgrade, go and are purged, and DKMS builds
# the module for 6.1 and, when that kernel comes, for 6.12. TAP, then `N passed, N failed`.
# The tree is a chroot without the right to load modules: nothing is loaded into the kernel of this machine.
# shellcheck disable=SC2016 # what the tree's shell and programs expand
set -eu -o pipefail
# shellcheck source=../qemu/lib.sh
. "$(dirname "$0")/../qemu/lib.sh"
# shellcheck source=../qemu/debian.sh
. "$(dirname "$0")/../qemu/debian.sh"

base=$cache/debian-tree.tar
next=0.2
tree=$(mktemp -d)
log=$build/logs/packages-check
passed=0 failed=0
dkms_dir=/var/lib/dkms/nsattach

leave_tree() {
	umount -l "$tree/var/cache/apt/archives" "$tree/proc" 2>/dev/null || :
	rm -rf --one-file-system "$tree"
}

# A bare Debian, made once a week; apt in it finds the two suites.
make_base() {
	local mirror
	mirror=$(mirror)
	[ -z "$(find "$base" -mtime -7 2>/dev/null)" ] || return 0
	need_space "$cache" 1500 "a bare Debian"
	logged 900 "making a bare Debian 12" "$log-base" mmdebstrap --format=tar --variant=minbase --components=main bookworm "$base.new" \
		"deb $mirror bookworm main" "deb $mirror bookworm-updates main" "deb $mirror bookworm-backports main"
	mv "$base.new" "$base"
}

enter_tree() {
	tar -C "$tree" -xf "$base"
	mkdir -p "$cache/debs-tree"
	mount -t proc proc "$tree/proc"
	mount --bind "$cache/debs-tree" "$tree/var/cache/apt/archives"
	cp /etc/resolv.conf "$tree/etc/" 2>/dev/null || :
	cp /etc/apt/apt.conf.d/*proxy* "$tree/etc/apt/apt.conf.d/" 2>/dev/null || :
	rm -f "$tree/etc/apt/apt.conf.d/docker-clean"
	printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d"
	chmod 755 "$tree/usr/sbin/policy-rc.d"
}

in_tree() {
	setpriv --bounding-set -sys_module --inh-caps -sys_module env -i PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive chroot "$tree" "$@" </dev/null
}

apt_tree() { in_tree apt-get -q -y -o Dpkg::Use-Pty=0 -o APT::Sandbox::User=root "$@"; }

# claim NAME COMMAND...
claim() {
	local name=$1 status
	shift
	# Not in an if or ||, where set -e would not hold in it.
	set +e
	(set -e && "$@") >"$log-step" 2>&1
	status=$?
	set -e
	cat "$log-step" >>"$log"
	if [ $status = 0 ]; then
		passed=$((passed + 1))
		echo "ok $((passed + failed)) $name"
	else
		failed=$((failed + 1))
		echo "not ok $((passed + failed)) $name"
		tail -n 25 "$log-step" | sed 's/^/   | /'
	fi
}

# install_ours VERSION: what a user types: apt install ./*.deb
install_ours() {
	rm -rf "$tree/debs" && mkdir -p "$tree/debs"
	cp "$build/deb${1:+-$1}"/*.deb "$tree/debs/"
	rm -f "$tree"/debs/*-dbgsym_*
	in_tree sh -c 'apt-get -q -y -o Dpkg::Use-Pty=0 -o APT::Sandbox::User=root install /debs/*.deb' && return
	tail -n 30 "$tree$dkms_dir"/*/build/make.log
	return 1
}

version_is() { [ "$(in_tree dpkg-query -W -f '${Status} ${Version}' "$2")" = "install ok installed $1" ]; }

all_versions() {
	local package
	for package in nsattach nsattach-dkms libnsattach0 libnsattach-dev; do version_is "$1" "$package" || return; done
}

command_runs() {
	local said status=0
	in_tree nsattach --version
	said=$(in_tree nsattach --list 2>&1) || status=$?
	echo "$said"
	[ $status = 3 ]
	grep -q 'there is no nsattach module for the running kernel; build and install it' <<<"$said"
	in_tree getent group nsattach
}

# What a program on the library needs is in the -dev package.
program_builds() {
	apt_tree install --no-install-recommends pkg-config
	cp "$top/userland/examples/move.c" "$tree/tmp/"
	in_tree sh -c 'cd /tmp && gcc -o move move.c $(pkg-config --cflags --libs libnsattach) && ! ./move 4194303 1'
}

# module_for RELEASE VERSION: DKMS has built and installed it, it is for that kernel, and depmod announces the device
module_for() {
	local ko
	in_tree dkms status
	in_tree dkms status | grep -q "^nsattach/$2, $1, x86_64: installed"
	ko=$(find "$tree/lib/modules/$1" -name 'nsattach.ko*')
	[ -n "$ko" ]
	in_tree modinfo -k "$1" -F vermagic nsattach | grep "^$1 "
	grep '^nsattach nsattach c10:247$' "$tree/lib/modules/$1/modules.devname"
}

not_loaded() { ! grep -s '^nsattach ' /proc/modules; }

# Whoever calls one of these in the tree leaves word of it.
watch_loading() {
	local name
	for name in modprobe insmod; do
		printf '#!/bin/sh\necho "%s $*" >>/asked\nexec /sbin/%s "$@"\n' $name $name >"$tree/usr/local/sbin/$name"
		chmod 755 "$tree/usr/local/sbin/$name"
	done
	: >"$tree/asked"
	in_tree modprobe watched || :
}

nobody_asked() {
	cat "$tree/asked"
	grep -q watched "$tree/asked"
	if grep nsattach "$tree/asked"; then return 1; fi
	not_loaded
}

# Nothing of ours is left, but the group, which Debian's policy keeps.
nothing_left() {
	local found
	found=$(find "$tree/etc" "$tree/usr" "$tree/lib" "$tree/var" -xdev -name '*nsattach*' ! -path '*/apt/*' \
		! -path '*/var/log/*' ! -path '*/var/cache/*' ! -path '*/var/backups/*')
	echo "$found"
	[ -z "$found" ]
	! in_tree dpkg -l 'nsattach*' 'libnsattach*' 2>/dev/null | grep -E '^(ii|rc|iU|iF)'
}

# headers 6.1|6.12: sets release to Debian's newest kernel of that series
headers() {
	release=$(in_tree apt-cache search --names-only "^linux-headers-${1//./\\.}\\.[.0-9]+(\\+[a-z0-9]+)?(-[0-9]+)?-amd64\$" |
		awk '{ print $1 }' | sort -V | tail -n1)
	release=${release#linux-headers-}
	[ -n "$release" ]
}

need_tool mmdebstrap mmdebstrap
[ "$(id -u)" = 0 ] || die "packages-check makes a chroot: run it as root"
mkdir -p "$build/logs"
: >"$log"
not_loaded || die "nsattach is loaded on this machine: unload it first, so that it is seen that the packages do not load it"
"$top/packaging/deb.sh" >&2
DEB_BUILD_OPTIONS=nocheck "$top/packaging/deb.sh" $next >&2
lock debian-tree
make_base
on_exit leave_tree
enter_tree
watch_loading
say "apt-get update in the bare tree"
apt_tree update >"$log-update" 2>&1 || die "it failed (log: $log-update)"
headers 6.1

say "in the bare tree (log: $log)"
claim "the headers of $release install" apt_tree install --no-install-recommends "linux-headers-$release"
claim "the four packages install" install_ours ''
claim "all have version 0.1" all_versions 0.1
claim "the command runs, the group is there" command_runs
claim "DKMS built the module for $release, with its alias for the device" module_for "$release" 0.1
claim "a program builds on the library with pkg-config" program_builds
headers 6.12
claim "a kernel update comes: the headers of $release install" apt_tree install --no-install-recommends "linux-headers-$release"
claim "DKMS has rebuilt the module for $release" module_for "$release" 0.1
claim "the packages upgrade to $next" install_ours $next
claim "all have version $next" all_versions $next
claim "DKMS has the module of $next for $release, and no other" eval "module_for $release $next && [ ! -e $tree$dkms_dir/0.1 ]"
claim "the packages are removed" apt_tree remove nsattach nsattach-dkms libnsattach0 libnsattach-dev
claim "no module is left" eval '[ -z "$(find "$tree/lib/modules" -name "nsattach*")" ] && ! [ -e "$tree$dkms_dir" ]'
claim "the packages are purged" in_tree dpkg --purge nsattach nsattach-dkms libnsattach0 libnsattach-dev
claim "nothing is left of them" nothing_left
claim "nobody asked for the module to be loaded" nobody_asked
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ]
