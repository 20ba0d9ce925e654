# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# Debian's own kernel: image, modules and headers of one version, unpacked into the cache.

unpack() { dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" "${@:3}"; }

# The headers' makefile names the common headers by the place where the package would have installed them.
mend_headers() {
	local makefile
	for makefile in "$1"/usr/src/linux-headers-*-amd64/Makefile; do
		sed -i "s|^include /usr/src/|include $1/usr/src/|" "$makefile"
	done
}

# The package with the programs that the headers of RELEASE build with: its name follows another rule in each series.
kbuild_package() {
	apt-cache "${apt_options[@]}" --no-all-versions show "linux-headers-$1" | sed -n 's/^Depends: //p' |
		grep -oE 'linux-kbuild-[^ ,]+' | sed -n 1p
}

# unpack_stock RELEASE VERSION DIR
unpack_stock() {
	local release=$1 version=$2 dir=$3 headers=linux-headers-${1%-amd64} file
	need_space "$dir" 900 "Debian's kernel $release"
	file=$(deb "linux-image-$release" "$version")
	say "unpacking linux-image-$release"
	unpack "$file" "$dir"
	rm -f "$file"
	for file in "$headers-amd64" "$headers-common" "$(kbuild_package "$release")"; do
		file=$(deb "$file" "$version")
		unpack "$file" "$dir" --wildcards './usr/src/*' './usr/lib/linux-kbuild*' 2>/dev/null || [ -d "$dir/usr" ]
		rm -f "$file"
	done
	mkdir -p "$dir/modules/lib"
	mv "$dir"/lib/modules "$dir/modules/lib/"
	depmod -b "$dir/modules" "$release"
	ln -s "boot/vmlinuz-$release" "$dir/bzImage"
	ln -s "boot/config-$release" "$dir/.config"
	ln -s "usr/src/$headers-amd64" "$dir/build"
	echo "$release" >"$dir/release"
}

# stock_kernel 6.1|6.12: sets kernel_dir
stock_kernel() {
	local package version release key
	PATH=$PATH:/usr/sbin:/sbin
	need_tool depmod kmod
	find_package "^linux-image-${1//./\\.}\\.[.0-9]+(\\+[a-z0-9]+)?(-[0-9]+)?-amd64\$" "$([ "$1" = 6.1 ] && echo bookworm || echo bookworm-backports)"
	release=${package#linux-image-}
	key=$(echo "stock 1 $package $version" | hash_of)
	kernel_dir=$cache/kernels/$1-stock-plain-$key
	[ ! -e "$kernel_dir/release" ] || return 0
	lock "kernel-$1-stock"
	[ ! -e "$kernel_dir/release" ] || return 0
	rm -rf "$kernel_dir" "$kernel_dir.new"
	mkdir -p "$kernel_dir.new"
	unpack_stock "$release" "$version" "$kernel_dir.new"
	mv "$kernel_dir.new" "$kernel_dir"
	mend_headers "$kernel_dir"
	prune "$1-stock-plain"
}
