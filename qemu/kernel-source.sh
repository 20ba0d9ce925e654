# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034
# Kernels that are compiled: Debian's source with a series of kernel-patches, or any tree given as KSRC.
# A working directory per kernel is kept, so that a changed patch recompiles only what depends on it; what others use is
# published under a key made of everything the kernel was built from.

# source_package 6.1|6.12|newest: sets package and version
source_package() {
	case $1 in
	6.1) find_package '^linux-source-6\.1$' bookworm ;;
	6.12) find_package '^linux-source-6\.12$' bookworm-backports ;;
	newest)
		use_suite sid
		package=$(newest_package '^linux-source-[0-9.]+$')
		version=$(package_version "$package")
		[ -n "$version" ] || die "sid has no linux-source package"
		;;
	*) die "no Debian source for kernel '$1': say 6.1, 6.12 or newest" ;;
	esac
}

# debian_source 6.1|6.12|newest: sets source_dir (unpatched, never written to), source_series and source_version
debian_source() {
	local package version file
	source_package "$1"
	source_series=${package#linux-source-} source_version=$version
	source_dir=$cache/src/$package-${version//[^A-Za-z0-9.+-]/_}
	[ ! -e "$source_dir/.unpacked" ] || return 0
	lock "src-$package"
	[ ! -e "$source_dir/.unpacked" ] || return 0
	need_space "$cache/src" 2500 "the source of Linux $source_series"
	file=$(deb "$package" "$version")
	rm -rf "$source_dir" && mkdir -p "$source_dir"
	# shellcheck disable=SC2016 # expanded by the inner shell
	logged 900 "unpacking $package $version" "$cache/logs/unpack-$package" bash -eu -o pipefail -c \
		'dpkg-deb --fsys-tarfile "$1" | tar -x -O --wildcards "./usr/src/*.tar.xz" | tar -x -J --strip-components=1 -C "$2"' \
		- "$file" "$source_dir"
	touch "$source_dir/.unpacked"
	rm -f "$file"
	find "$cache/src" -mindepth 1 -maxdepth 1 -name "$package-*" ! -path "$source_dir" -exec rm -rf {} +
}

# patched_files FILE...: the files that these patches touch
patched_files() {
	[ $# = 0 ] || sed -nE 's#^(\+\+\+ b|--- a)/([^[:space:]]+).*#\2#p' "$@" | sort -u
}

# apply_series TREE PATCH...: give TREE (a linked copy of source_dir) exactly these patches, changing only the files whose
# content changes, so that make sees no more than that.
apply_series() {
	local tree=$1 scratch=$1.scratch file want patch
	shift
	rm -rf "$scratch" && mkdir -p "$scratch"
	patched_files "$@" | while read -r file; do
		[ -e "$source_dir/$file" ] || continue
		mkdir -p "$scratch/$(dirname "$file")"
		cp -p "$source_dir/$file" "$scratch/$file"
	done
	for patch in "$@"; do
		patch -d "$scratch" -p1 -s -f --no-backup-if-mismatch <"$patch" >&2 ||
			die "${patch#"$top"/} does not apply to Debian's source of $source_series ($source_version)"
	done
	sort -u "$tree.patched" <(patched_files "$@") | while read -r file; do
		want=$scratch/$file
		[ -e "$want" ] || want=$source_dir/$file
		if [ ! -e "$want" ]; then
			rm -f "$tree/$file"
		elif ! cmp -s "$want" "$tree/$file"; then
			mkdir -p "$(dirname "$tree/$file")"
			cp --remove-destination "$want" "$tree/$file"
		fi
	done
	patched_files "$@" >"$tree.patched"
	rm -rf "$scratch"
}

# work_tree WORK PATCH...: WORK/src is the source with the series
work_tree() {
	local work=$1
	shift
	if [ "$(cat "$work/src.of" 2>/dev/null)" != "$source_dir" ]; then
		rm -rf "$work" && mkdir -p "$work"
		say "preparing a working copy of Linux $source_series"
		cp -al "$source_dir" "$work/src"
		: >"$work/src.patched"
		echo "$source_dir" >"$work/src.of"
	fi
	apply_series "$work/src" "$@"
}

# fragments SERIES CONFIG: the configuration asked for
fragments() {
	local file
	cat "$top/qemu/configs/base.config"
	for file in "$top"/qemu/configs/[0-9]*.config; do
		[ "$(printf '%s\n' "$(basename "$file" .config)" "$1" | sort -V | sed -n 1p)" != "$(basename "$file" .config)" ] ||
			cat "$file"
	done
	[ "$2" = plain ] || cat "$top/qemu/configs/$2.config"
}

# configure SRC OBJ ASKED: .config in OBJ has every option of the file ASKED, or this fails and names those lost
configure() {
	local lost
	mkdir -p "$2"
	if ! cmp -s "$3" "$2/asked.config" || [ ! -e "$2/.config" ]; then
		logged 300 "configuring ($(grep -c ^CONFIG_ "$3") options over allnoconfig)" "$2/configure.log" \
			"${make[@]}" -C "$1" O="$2" CC="$(compiler)" KCONFIG_ALLCONFIG="$3" allnoconfig
		lost=$(grep ^CONFIG_ "$3" | grep -vxFf "$2/.config" | paste -sd ' ') || :
		[ -z "$lost" ] || die "this kernel cannot be configured with $lost (see $2/.config; fragments are in qemu/configs)"
		cp "$3" "$2/asked.config"
	fi
}

compile() {
	local what=$1 src=$2 obj=$3
	need_space "$obj" 4000 "compiling a kernel"
	need_tool flex flex && need_tool bison bison && need_tool bc bc
	logged "${NSATTACH_BUILD_TIMEOUT:-3600}" "compiling $what" "$obj/build.log" \
		nice "${make[@]}" -C "$src" O="$obj" CC="$(compiler)" -j"$jobs" KBUILD_BUILD_TIMESTAMP=@0 bzImage modules
}

# publish SRC OBJ DIR: what booting and compiling modules need, independent of SRC and OBJ from now on
publish() {
	local src=$1 obj=$2 dir=$3 release file
	rm -rf "$dir.new" && mkdir -p "$dir.new/build/tools/objtool" "$dir.new/build/arch/x86"
	release=$(cat "$obj/include/config/kernel.release")
	cp "$obj/arch/x86/boot/bzImage" "$obj/.config" "$obj/vmlinux" "$dir.new/"
	mkdir -p "$dir.new/modules/lib/modules/$release"
	for file in modules.order modules.builtin modules.builtin.modinfo; do
		[ ! -e "$obj/$file" ] || cp "$obj/$file" "$dir.new/modules/lib/modules/$release/"
	done
	cp -a "$src/Makefile" "$src/scripts" "$src/include" "$dir.new/build/"
	cp -a "$src"/arch/x86/{Makefile*,include} "$dir.new/build/arch/x86/"
	cp -a "$obj/scripts" "$obj/include" "$obj/.config" "$obj/Module.symvers" "$obj/System.map" "$dir.new/build/"
	cp -a "$obj/arch/x86/include" "$dir.new/build/arch/x86/"
	[ ! -e "$obj/tools/objtool/objtool" ] || cp "$obj/tools/objtool/objtool" "$dir.new/build/tools/objtool/"
	[ ! -d "$src/arch/x86/tools" ] || cp -a "$src/arch/x86/tools" "$dir.new/build/arch/x86/"
	rm -rf "$dir" && mv "$dir.new" "$dir"
	echo "$release" >"$dir/release"
}

# Of each kernel and config the last three stay in the cache.
prune() {
	find "$cache/kernels" -maxdepth 1 -name "$1-*" ! -name '*.new' -printf '%T@ %p\n' | sort -rn | tail -n +4 |
		while read -r _ old; do rm -rf "$old"; done
}

# series_of patched|unpatched: the patches for source_series, one a line. Where Debian's newest source is newer than the
# last series, that one is tried.
series_of() {
	local dir=$source_series last
	[ "$1" = patched ] || return 0
	if [ ! -d "$top/kernel-patches/$dir" ]; then
		last=$(find "$top/kernel-patches" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort -V | tail -n1)
		say "Debian's newest source has moved on to Linux $dir and kernel-patches/ ends with $last: trying that series on it"
		dir=$last
	fi
	grep -ls '^diff --git' "$top/kernel-patches/$dir"/*.patch || :
}

# source_kernel 6.1|6.12|newest patched|unpatched CONFIG: sets kernel_dir
source_kernel() {
	local which=$2 config=$3 work=$cache/work/$1 key obj
	local -a series
	debian_source "$1"
	mapfile -t series < <(series_of "$which")
	[ "$which" = patched ] || work+=-unpatched
	mkdir -p "$cache/work"
	# shellcheck disable=SC2016 # expanded when it runs
	on_exit 'rm -f "$cache/work/asked.$$"'
	fragments "$source_series" "$config" >"$cache/work/asked.$$"
	[ ${#series[@]} = 0 ] || sed -n 's/^+config \(NSATTACH[A-Z_]*\)$/CONFIG_\1=y/p' "${series[@]}" >>"$cache/work/asked.$$"
	key=$( (echo "source 1 $source_version $("$(compiler)" -dumpfullversion)"
		cat "$cache/work/asked.$$" "${series[@]}") | hash_of)
	kernel_dir=$cache/kernels/$1-$which-$config-$key
	if [ ! -e "$kernel_dir/release" ]; then
		lock "work-$(basename "$work")"
	fi
	if [ ! -e "$kernel_dir/release" ]; then
		need_tool patch patch
		work_tree "$work" "${series[@]}"
		obj=$work/obj-$config
		configure "$work/src" "$obj" "$cache/work/asked.$$"
		compile "Linux $source_series ($config, ${#series[@]} patches)" "$work/src" "$obj"
		publish "$work/src" "$obj" "$kernel_dir"
		prune "$1-$which-$config"
	fi
}

# own_kernel TREE CONFIG: sets kernel_dir; make decides what is to be compiled
own_kernel() {
	local tree config=$2 key obj asked version
	tree=$(cd "$1" && pwd) || die "KSRC=$1 is not a directory"
	[ -e "$tree/kernel/nsproxy.c" ] || die "KSRC=$1 is not a kernel tree"
	if [ -e "$tree/.config" ] || [ -d "$tree/include/config" ]; then
		die "KSRC=$1 was built in place: run make mrproper there, or give a clean copy (nothing is ever written to it)"
	fi
	version=$("${make[@]}" -s -C "$tree" kernelversion)
	key=$(echo "own 1 $tree $("$(compiler)" -dumpfullversion)" | hash_of)
	obj=$cache/work/own-$key/obj-$config
	kernel_dir=$cache/kernels/own-$config-$key
	asked=$obj/asked.new
	lock "work-own-$key"
	mkdir -p "$obj"
	fragments "$version" "$config" >"$asked"
	{ grep -rhs --include='Kconfig*' '^config NSATTACH' "$tree/init" "$tree/kernel" "$tree/security" || :; } |
		sed 's/^config \(.*\)/CONFIG_\1=y/' >>"$asked"
	configure "$tree" "$obj" "$asked"
	compile "$tree ($version, $config)" "$tree" "$obj"
	publish "$tree" "$obj" "$kernel_dir"
}
