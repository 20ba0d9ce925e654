# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Debian's archive: which version of a package there is, and its content unpacked into the cache. Nothing here installs
# anything or touches the system's lists, except `apt-get update` on a machine that never ran it.

apt_options=()

# The address that this machine fetches Debian from, taken from whichever style of source list it has.
mirror() {
	local uri
	uri=$(cat /etc/apt/sources.list.d/*.sources 2>/dev/null | sed -n 's/^URIs:[[:space:]]*//p' | tr -s '[:space:]' '\n'
		cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
			sed -nE 's/^deb[[:space:]]+(\[[^]]*\][[:space:]]+)?([^[:space:]]+).*/\2/p')
	uri=$(grep -E '/debian/?$' <<<"$uri" | sed -n 1p) || :
	[ -n "$uri" ] || die "no Debian mirror in /etc/apt/sources.list*: add one, or give a kernel tree with KSRC=/path"
	echo "${uri%/}"
}

# use_suite system|SUITE: the following calls ask the machine's own lists, or a private copy of SUITE's.
use_suite() {
	local dir=$cache/apt/$1 keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	mkdir -p "$dir/cache/archives/partial"
	# apt's index of the lists, which some machines do not keep, makes each question four times as fast.
	apt_options=(-o Dir::Cache="$dir/cache" -o Dir::Cache::pkgcache=pkgcache.bin -o Dir::Cache::srcpkgcache=srcpkgcache.bin)
	[ "$1" != system ] || return 0
	apt_options+=(-o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null
		-o Dir::State::lists="$dir/lists" -o APT::Get::List-Cleanup=0)
	lock "apt-$1"
	if [ -z "$(find "$dir/fresh" -mmin -1440 2>/dev/null)" ]; then
		mkdir -p "$dir/lists/partial"
		[ ! -e "$keyring" ] || keyring="[signed-by=$keyring] "
		printf 'deb %s%s %s main\n' "${keyring#/*}" "$(mirror)" "$1" >"$dir/sources.list"
		if attempted 300 "fetching the package list of $1" "$cache/logs/apt-$1" \
			apt-get "${apt_options[@]}" -o APT::Sandbox::User=root -o APT::Update::Error-Mode=any -q update; then
			touch "$dir/fresh"
		else
			[ -e "$dir/fresh" ] || exit 1
			say "going on with the package list of $1 of $(date -r "$dir/fresh" +%F)"
		fi
	fi
}

# newest_package REGEX: the name with the highest version number in it, or nothing.
newest_package() {
	apt-cache "${apt_options[@]}" --names-only search "$1" | awk '{ print $1 }' | sort -V | tail -n1
}

package_version() {
	apt-cache "${apt_options[@]}" --no-all-versions show "$1" 2>/dev/null | sed -n 's/^Version: //p' | sed -n 1p
}

# find_package REGEX SUITE: sets package and version, from the machine's own suites, else from a private list of SUITE.
find_package() {
	local suite
	for suite in system update "$2"; do
		if [ "$suite" = update ]; then
			if [ "$(id -u)" != 0 ] || [ -n "$(newest_package '^bash$')" ]; then continue; fi
			logged 300 "this machine has no package lists yet: apt-get update" "$cache/logs/apt-update" apt-get -q update
			suite=system
		fi
		use_suite "$suite"
		package=$(newest_package "$1")
		[ -z "$package" ] || break
	done
	[ -n "$package" ] || die "neither this machine's suites nor $2 have a package named $1"
	version=$(package_version "$package")
}

# deb PACKAGE VERSION: prints the path of its .deb, downloaded once; older ones go.
deb() {
	local dir=$cache/debs file
	lock "deb-$1"
	file=$(find "$dir" -name "$1_${2//:/%3a}_*.deb" 2>/dev/null | sed -n 1p)
	if [ -z "$file" ]; then
		need_space "$dir" 600 "the download of $1"
		rm -rf "$dir/.new-$1" && mkdir -p "$dir/.new-$1"
		(cd "$dir/.new-$1" && logged 900 "fetching $1 $2" "$cache/logs/download-$1" \
			apt-get "${apt_options[@]}" -o APT::Sandbox::User=root -q download "$1=$2") || exit 1
		mv "$dir/.new-$1"/*.deb "$dir/" && rmdir "$dir/.new-$1"
		file=$(find "$dir" -name "$1_${2//:/%3a}_*.deb" | sed -n 1p)
		[ -n "$file" ] || die "$1 $2 was downloaded under a name that is not understood (see $dir)"
		find "$dir" -name "$1_*.deb" ! -path "$file" -delete
	fi
	unlock "deb-$1"
	echo "$file"
}
