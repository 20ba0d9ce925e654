#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# initramfs.sh OUT KERNEL-DIR [ITEM]...: pack the guest: busybox, qemu/guest/init, and the items:
#   file:SRC[:DST]  a file (into /bin unless DST says else); a dynamic program brings its libraries
#   dir:SRC:DST     a directory, whole
#   tree:DIR        a directory with unpacked packages, laid over the root, with the libraries that its programs need
#   lib:SONAME      a library of this machine that a program loads while it runs, and what it needs
#   module:NAME     a module of the kernel, with those it depends on, loaded at boot (nothing where it is built in)
#   ko:FILE         a module of our own, for modprobe
set -eu -o pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

out=$1 kernel_dir=$2
shift 2
release=$(cat "$kernel_dir/release")
modules=$kernel_dir/modules/lib/modules/$release
root=$(mktemp -d)
# shellcheck disable=SC2016 # expanded when it runs
on_exit 'rm -rf "$root"'

put() { # SRC DST
	[ -e "$1" ] || die "the guest needs $1, which is not there"
	mkdir -p "$root/$(dirname "$2")"
	cp -L --preserve=mode,timestamps "$1" "$root/$2"
}

# The libraries of a program or library, at the places where the loader looks for them.
libraries() {
	local path
	{ ldd "$1" 2>/dev/null || :; } | sed -nE 's/^[[:space:]]*(.* => )?(\/[^ ]+) \(0x.*/\2/p' | while read -r path; do
		case $path in "$root"*) continue ;; esac
		[ -e "$root$path" ] || put "$path" "$path"
	done
}

add_file() {
	local src=${1%%:*} dst=/bin/
	case $1 in *:*) dst=${1#*:} ;; esac
	case $dst in */) dst=$dst$(basename "$src") ;; esac
	put "$src" "$dst"
	libraries "$src"
}

# The libraries of the tree come first; its documents stay behind.
add_tree() {
	local file missing
	tar -C "$1" -cf - --exclude=./usr/share/doc --exclude=./usr/share/man --exclude=./usr/share/locale . | tar -C "$root" -xf -
	local -x LD_LIBRARY_PATH=$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu
	find "$1" -type f \( -perm /111 -o -name '*.so.*' \) -printf '%P\n' | while read -r file; do
		libraries "$root/$file"
		missing=$({ ldd "$root/$file" 2>/dev/null || :; } | sed -n 's/^[[:space:]]*\(.*\) => not found/\1/p')
		[ -z "$missing" ] || die "$file of $1 needs $missing, which neither the packages nor this machine have"
	done
}

add_lib() {
	local path
	path=$(/sbin/ldconfig -p | awk -v n="$1" '$1 == n && /x86-64/ && !found { found = 1; print $NF }')
	[ -n "$path" ] || die "the library $1 is not installed (run qemu/packages.sh test as root)"
	put "$path" "$path"
	libraries "$path"
}

# module:NAME: '-' and '_' mean the same in names; modules.dep has paths.
add_module() {
	local pattern=${1//[-_]/[-_]} line file
	! grep -qE "/$pattern\.ko(\.|\$)" "$modules/modules.builtin" || return 0
	line=$(grep -sE "^[^:]*/$pattern\.ko[.a-z]*:" "$modules/modules.dep") || return 0
	for file in ${line/:/ }; do
		[ -e "$root/lib/modules/$release/$file" ] || put "$modules/$file" "/lib/modules/$release/$file"
	done
	echo "$1" >>"$root/etc/modules"
}

add() {
	local what=${1%%:*} rest=${1#*:}
	case $what in
	file) add_file "$rest" ;;
	dir) mkdir -p "$root/${rest#*:}" && cp -a "${rest%%:*}/." "$root/${rest#*:}/" ;;
	tree) add_tree "$rest" ;;
	lib) add_lib "$rest" ;;
	module) add_module "$rest" ;;
	ko) put "$rest" "/lib/modules/$release/extra/$(basename "$rest")" ;;
	*) die "initramfs.sh: '$1' is not file:, dir:, tree:, lib:, module: or ko:" ;;
	esac
}

need_tool cpio cpio
need_tool busybox busybox-static
PATH=$PATH:/sbin:/usr/sbin
mkdir -p "$root/etc" "$root/lib/modules/$release"
put "$(command -v busybox)" /bin/busybox
! ldd "$root/bin/busybox" >/dev/null 2>&1 || die "busybox here is not the static one: apt-get install busybox-static"
ln -s busybox "$root/bin/sh"
cp "$top/qemu/guest/init" "$root/init"
chmod 755 "$root/init"
cp "$modules"/modules.{order,builtin,builtin.modinfo} "$root/lib/modules/$release/" 2>/dev/null || :
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
for item in "$@"; do add "$item"; done
depmod -b "$root" "$release"

mkdir -p "$(dirname "$out")"
(cd "$root" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet --reproducible) >"$out.new"
mv "$out.new" "$out"
