#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# check.sh [-f] [VERSION...]: does each patch apply, and does what it touches build with the options on and off?
# Goes on where it stopped; -f begins anew. KSRC=/path takes another tree than Debian's, for one VERSION.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
cache=${NSATTACH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nsattach}/patches-check
fresh=
if [ "${1-}" = -f ]; then
	fresh=1
	shift
fi
versions=("$@")
if [ ${#versions[@]} = 0 ]; then
	for dir in "$top"/kernel-patches/*/; do
		versions+=("$(basename "$dir")")
	done
fi
passed=0 failed=0

say() {
	printf '%s\n' "$*"
}

report() { # ok|FAIL NAME
	printf '  %-4s %s\n' "$1" "$2"
	if [ "$1" = ok ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
}

# once NAME COMMAND...: run a step unless it has passed already; its output is kept beside its mark
once() {
	local name=$1 log=$state/${1//[^A-Za-z0-9.+-]/_}
	shift
	if [ -e "$log.ok" ]; then
		report ok "$name (before)"
	elif "$@" >"$log.log" 2>&1 </dev/null; then
		touch "$log.ok"
		report ok "$name"
	else
		report FAIL "$name"
		tail -n 15 "$log.log" | sed 's/^/       | /'
		say "       whole output: $log.log"
		return 1
	fi
}

unpack() { # the pristine source as a git tree, so that git am can be asked
	local src=${KSRC-}
	[ -n "$src" ] || src=$("$top/qemu/kernel.sh" --source "$version" | tail -n 1)
	rm -rf "$tree"
	mkdir -p "$tree"
	cp -r "$src/." "$tree"
	rm -rf "$tree/.git"
	git -C "$tree" init -q
	git -C "$tree" config core.looseCompression 0 # it is not kept
	git -C "$tree" config user.name check
	git -C "$tree" config user.email check@localhost
	git -C "$tree" add -A -f
	git -C "$tree" commit -q -m source
	git -C "$tree" tag source
}

apply() { # PATCH
	git -C "$tree" am -q --abort 2>/dev/null || true
	git -C "$tree" am -q "$1"
	git -C "$tree" tag "applied-$(basename "$1" .patch)"
}

# Objects of the files that the series so far touches and the configuration has.
objects() {
	git -C "$tree" diff --name-only source HEAD -- '*.c' | sed 's/\.c$/.o/' | while read -r object; do
		case $object in
		kernel/nsattach.o) [[ $1 = off ]] || echo "$object" ;;
		kernel/pid_move.o) [[ $1 != pid_move ]] || echo "$object" ;;
		*) echo "$object" ;;
		esac
	done
}

configure() { # off|on|pid_move
	local out=$work/build-$1
	mkdir -p "$out"
	cp "$top/kernel-patches/check.config" "$out/wanted"
	case $1 in
	on) echo CONFIG_NSATTACH=y >>"$out/wanted" ;;
	pid_move) printf 'CONFIG_%s=y\n' NSATTACH NSATTACH_PID_MOVE >>"$out/wanted" ;;
	esac
	make -s -C "$tree" O="$out" KCONFIG_ALLCONFIG="$out/wanted" allnoconfig
}

build() { # off|on|pid_move
	local list
	configure "$1"
	mapfile -t list < <(objects "$1")
	nice make -s -j"$(nproc)" -C "$tree" O="$work/build-$1" KCFLAGS=-Werror "${list[@]}"
}

# The code of an object and what it refers to; not the line numbers, which are data.
code_of() { # BUILD OBJECT
	objdump -d -r "$1/$2" | tail -n +3
}

unchanged() { # with the options off, every touched object has the code that it had without the patches
	local list object status=0
	mapfile -t list < <(objects off)
	git -C "$tree" checkout -q source
	configure base && nice make -s -j"$(nproc)" -C "$tree" O="$work/build-base" "${list[@]}" || status=1
	git -C "$tree" checkout -q -
	configure off && nice make -s -j"$(nproc)" -C "$tree" O="$work/build-off" "${list[@]}" || status=1
	[ $status = 0 ] || return 1
	for object in "${list[@]}"; do
		if cmp -s <(code_of "$work/build-base" "$object") <(code_of "$work/build-off" "$object"); then
			echo "same code: $object ($(code_of "$work/build-off" "$object" | wc -l) lines)"
		else
			echo "OTHER code: $object"
			status=1
		fi
	done
	return $status
}

checkpatch() { # PATCH, on stdin: by name it would be taken for a source file, because it is under git here
	"$tree/scripts/checkpatch.pl" --no-tree --strict --terse --ignore FILE_PATH_CHANGES - <"$1"
}

check_patch() { # PATCH
	local patch=$1 name
	name=$(basename "$patch" .patch)
	if ! git -C "$tree" rev-parse -q --verify "applied-$name" >/dev/null; then
		rm -f "$state/$name"*
	fi
	once "$name: applies" apply "$patch" || return 0
	git -C "$tree" checkout -q "applied-$name"
	once "$name: checkpatch" checkpatch "$patch" || true
	once "$name: builds, options off" build off || true
	once "$name: builds, NSATTACH" build on || true
	if grep -q NSATTACH_PID_MOVE "$tree/init/Kconfig"; then
		once "$name: builds, NSATTACH_PID_MOVE" build pid_move || true
	fi
}

for version in "${versions[@]}"; do
	series=("$top/kernel-patches/$version"/0*.patch)
	key=$(cat "${series[@]}" "$top/kernel-patches/check.config" "$0" | sha256sum | cut -c1-16)
	work=$cache/$version tree=$cache/$version/tree state=$cache/$version/$key
	[ -z "$fresh" ] || rm -rf "$work"
	mkdir -p "$state"
	say "kernel-patches/$version"
	[ -e "$tree/.git/refs/tags/source" ] || rm -f "$state"/source*
	once "source" unpack || continue
	if [ ! -e "$state/begun" ]; then # other patches were here
		git -C "$tree" checkout -q -f source
		git -C "$tree" tag -l 'applied-*' | xargs -r git -C "$tree" tag -d >/dev/null
		touch "$state/begun"
	fi
	for patch in "${series[@]}"; do
		[[ $patch = */0000-* ]] || check_patch "$patch"
	done
	once "code with the options off is the same as without the patches" unchanged || true
	grep -h '^same code' "$state"/code_*.log | sed 's/^/       /' || true
done
say "$passed passed, $failed failed"
[ "$failed" = 0 ]
