#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# packages.sh JOB...: install what the jobs (demo, test, lint, crun, deb, selftests, bench, fuzz, gdb) need and the
# machine does not have.
set -eu -o pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# package  jobs  why
table='
qemu-system-x86   demo,test       the virtual machine
busybox-static    demo,test       the guest, and the root file system of its containers
cpio              demo,test       packs the initramfs
kmod              demo,test       resolves the modules the guest loads
runc              demo,test       the container runtime that the subject moves into
crun              crun            the container runtime asked for with RUNTIME=crun
dpkg-dev          deb             builds the packages
build-essential   deb             dpkg-buildpackage asks for it
debhelper         deb             builds the packages
dh-dkms           deb             packs the module for DKMS
fakeroot          deb             builds the packages
lintian           deb             reads the packages
mmdebstrap        deb             makes the bare Debian in which they are tried
git               deb             lists the files to pack
ca-certificates   demo,test       a mirror reached by https
gcc               demo,test,lint  compiles nsattach and the tests
gcc-12            demo,test,lint  compiles modules for Debian 12 kernels
make              demo,test,lint  compiles nsattach and the tests
libc6-dev         demo,test,lint  compiles nsattach and the tests
linux-libc-dev    demo,test,lint  compiles nsattach and the tests
pkg-config        demo,test,lint,deb  finds the libraries below
libkmod-dev       demo,test,lint,deb  nsattach loads its module with it
libsmartcols-dev  demo,test,lint,deb  nsattach prints its tables with it
libjson-c-dev     demo,test,lint,deb  nsattach reads container state with it
libelf1           demo,test,lint  objtool, which checks the module
xz-utils          demo,test,lint  unpacks the kernel source
pahole            demo,test       modules for 6.12-stock are compiled with it
procps            test            the tests of this machine look for processes
patch             test,lint       applies kernel-patches
bc                test,lint       builds kernels
bison             test,lint       builds kernels
flex              test,lint       builds kernels
libelf-dev        test,lint       builds kernels
perl              test,lint       builds kernels, runs checkpatch
binutils          test,lint       tells which line an address is
clang             fuzz            libFuzzer and the sanitizers
gdb               gdb             looks into the kernel of a VM
libcap-dev        selftests       compiles the selftests of the kernel
gnuplot-nox       bench           plots what was measured
sparse            lint            checks the module
shellcheck        lint            checks the scripts
clang-format      lint            checks the layout of userland
git               test,lint       lists the files to check, applies kernel-patches
'

wanted() {
	local job package jobs
	for job in "$@"; do
		case $job in demo | test | lint | crun | deb | selftests | bench | fuzz | gdb) ;; *) die "unknown job '$job': see the table in qemu/packages.sh" ;; esac
		while read -r package jobs _; do
			case ,$jobs, in *,"$job",*) echo "$package" ;; esac
		done <<<"$table"
	done | sort -u
}

missing() {
	local have
	have=$(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' 2>/dev/null | sed -n 's/^ii //p' | sort -u)
	comm -23 <(wanted "$@") <(printf '%s\n' "$have")
}

install() {
	local apt=(apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 install)
	export DEBIAN_FRONTEND=noninteractive
	if ! apt-get -s -q --no-install-recommends install "$@" >/dev/null 2>&1; then
		logged 300 "refreshing the package lists (apt-get update)" "$cache/logs/apt-update" apt-get -q update
	fi
	if ! timeout 1200 "${apt[@]}" "$@" >"$cache/logs/apt-install" 2>&1 </dev/null; then
		# Stale lists name files that the mirror no longer has.
		logged 300 "refreshing the package lists (apt-get update)" "$cache/logs/apt-update" apt-get -q update
		logged 1200 "installing once more" "$cache/logs/apt-install" "${apt[@]}" "$@"
	fi
}

[ $# -gt 0 ] || die "usage: packages.sh demo|test|lint|crun|deb|selftests|bench|fuzz|gdb..."
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	die "this machine is not a Debian: install by hand what the table in qemu/packages.sh lists"
fi
mapfile -t need < <(missing "$@")
[ ${#need[@]} -gt 0 ] || exit 0

say "these packages are missing here:"
for p in "${need[@]}"; do
	awk -v p="$p" '$1 == p { w = $0; sub(/^[^ ]+ +[^ ]+ +/, "", w); printf "   %-18s %s\n", p, w }' <<<"$table" >&2
done
[ "$(id -u)" = 0 ] || die "only root can install packages; run once as root: qemu/packages.sh $*"
mkdir -p "$cache/logs"
say "installing them (log: $cache/logs/apt-install)"
install "${need[@]}"
