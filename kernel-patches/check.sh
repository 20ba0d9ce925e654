#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# check.sh [-f] [VERSION...]: for each series on Debian's source: does each patch apply (git am), is it clean (checkpatch),
# does what it touches build with the options on and off, and is that, with them off, the code that was there before? Does
# a kernel link in the end, and the module against one without PID moves? Do all series have the same patches? Prints one table.
# Goes on where it stopped, as long as source, patches and compiler stay the same; -f begins anew. KSRC=/path takes another
# tree than Debian's, for one VERSION.
set -euo pipefail
# shellcheck source=../qemu/lib.sh
. "$(dirname "$0")/../qemu/lib.sh"

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
[ -z "${KSRC-}" ] || [ ${#versions[@]} = 1 ] || die "KSRC= is one tree: say which series with VERSION="
lock patches-check
passed=0 failed=0
table=$(mktemp)
# shellcheck disable=SC2016 # expanded when it runs
on_exit 'rm -f "$table"'

# A cell of the table: ROW COLUMN ok|FAIL
cell() {
	printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$table"
	if [ "$3" = ok ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
}

# once ROW COLUMN COMMAND...: run a step unless it has passed already; its output is kept beside its mark
once() {
	local row=$1 column=$2 log="$state/${1//[^A-Za-z0-9.+-]/_}__${2//[^A-Za-z0-9.+-]/_}" began=$SECONDS
	shift 2
	if [ ! -e "$log.ok" ] && "$@" >"$log.log" 2>&1 </dev/null; then
		touch "$log.ok"
		printf '  ok   %s: %s, %d s\n' "$row" "$column" $((SECONDS - began))
	fi
	if [ -e "$log.ok" ]; then
		cell "$version $row" "$column" ok
		return
	fi
	cell "$version $row" "$column" FAIL
	printf '  FAIL %s: %s\n' "$row" "$column"
	tail -n 15 "$log.log" | sed 's/^/       | /'
	printf '       whole output: %s\n' "$log.log"
	return 1
}

# The last series in this directory is the newest kernel's; if Debian's newest has moved on, an older source may be kept, or it
# is to be seen what has to be ported.
source_dir() {
	local dir kept
	if [ -n "${KSRC-}" ]; then
		[ -e "$KSRC/kernel/nsproxy.c" ] || die "KSRC=$KSRC is not a kernel tree"
		(cd "$KSRC" && pwd)
		return
	fi
	case $version in
	6.*) dir=$("$top/qemu/kernel.sh" --source "$version" | tail -n 1) || return ;;
	*) dir=$("$top/qemu/kernel.sh" --source newest | tail -n 1) || return ;;
	esac
	if [[ $dir != */linux-source-$version-* ]]; then
		say "Debian's newest source is ${dir##*/}: there is no series for it"
		kept=$(find "$cache/src" -maxdepth 1 -name "linux-source-$version-*" | sort -V | tail -n 1)
		[ -n "$kept" ] || say "and the source of $version is not in the cache: that series is tried on the newest"
		dir=${kept:-$dir}
	fi
	echo "$dir"
}

# What is in a tree, told by the names, sizes and times of its files.
identity() { # TREE
	(cd "$1" && find . -name .git -prune -o -type f -printf '%p %s %T@\n' | LC_ALL=C sort) | hash_of
}

# The pristine source as a git tree, so that git am can be asked.
unpack() {
	if [ "$(cat "$work/of" 2>/dev/null)" = "$source_is" ] && git -C "$tree" rev-parse -q --verify source >/dev/null; then
		return
	fi
	rm -rf "$work/of" "$tree"
	mkdir -p "$tree"
	cp -r "$src/." "$tree" || return
	rm -rf "$tree/.git"
	git -C "$tree" init -q
	git -C "$tree" config core.looseCompression 0 # it is not kept
	git -C "$tree" config gc.auto 0
	git -C "$tree" config user.name check
	git -C "$tree" config user.email check@localhost
	git -C "$tree" add -A -f
	git -C "$tree" commit -q -m source && git -C "$tree" tag source && echo "$source_is" >"$work/of"
}

apply() { # PATCH
	git -C "$tree" am -q --abort 2>/dev/null || true
	git -C "$tree" am -q "$1" && git -C "$tree" tag "applied-$(basename "$1" .patch)"
}

# Objects of the files that the series so far touches and the configuration has.
objects() { # source|off|on|pid_move
	git -C "$tree" diff --name-only source HEAD -- '*.c' | sed 's/\.c$/.o/' | while read -r object; do
		case $object in
		kernel/nsattach.o) [[ $1 = source || $1 = off ]] || echo "$object" ;;
		kernel/pid_move.o) [[ $1 != pid_move ]] || echo "$object" ;;
		*) echo "$object" ;;
		esac
	done
}

# Only a few objects differ between off and on, nearly all with PID moves.
objects_in() { # source|off|on|pid_move
	case $1 in on) echo "$work/build-off" ;; *) echo "$work/build-$1" ;; esac
}

configure() { # source|off|on|pid_move
	local out
	out=$(objects_in "$1")
	mkdir -p "$out"
	cp "$top/kernel-patches/check.config" "$out/wanted"
	case $1 in
	on) echo CONFIG_NSATTACH=y >>"$out/wanted" ;;
	pid_move) printf 'CONFIG_%s=y\n' NSATTACH NSATTACH_PID_MOVE >>"$out/wanted" ;;
	esac
	"${make[@]}" -s -C "$tree" O="$out" KCONFIG_ALLCONFIG="$out/wanted" allnoconfig
}

compile() { # source|off|on|pid_move OBJECT...
	local config=$1
	shift
	configure "$config" && nice "${make[@]}" -s -j"$jobs" -C "$tree" O="$(objects_in "$config")" KCFLAGS=-Werror "$@"
}

build() { # off|on|pid_move
	local list
	mapfile -t list < <(objects "$1")
	compile "$1" "${list[@]}"
}

# The objects as they were, of all files that the whole series touches.
build_source() {
	local list
	git -C "$tree" checkout -q -f "$last"
	mapfile -t list < <(objects source | while read -r object; do
		! git -C "$tree" cat-file -e "source:${object%.o}.c" 2>/dev/null || echo "$object"
	done)
	git -C "$tree" checkout -q -f source
	compile source "${list[@]}"
}

# All code and data of an object and what they refer to, without the line numbers of warnings; names of local symbols have
# numbers in them, too.
content() { # OBJECT
	objcopy --strip-debug --remove-section=__bug_table --remove-section=.rela__bug_table "$1" "$work/content.o" &&
		objdump -s -d -r "$work/content.o" | tail -n +3
}

same_code() {
	local object status=0
	build off || return
	for object in $(objects off); do
		[ -e "$work/build-source/$object" ] || continue
		content "$work/build-source/$object" >"$work/before"
		content "$work/build-off/$object" >"$work/after"
		if [ -s "$work/before" ] && cmp -s "$work/before" "$work/after"; then
			echo "same: $object ($(wc -l <"$work/after") lines)"
		else
			echo "not what it was: $object" && status=1
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
	git -C "$tree" checkout -q -f "applied-$name"
	once "$name" checkpatch checkpatch "$patch" || true
	once "$name" off build off || true
	once "$name" 'same code' same_code || true
	once "$name" NSATTACH build on || true
	if grep -q NSATTACH_PID_MOVE "$tree/init/Kconfig"; then
		once "$name" PID_MOVE build pid_move || true
	fi
}

# The module, where the kernel has the one option and not the other.
module() {
	compile on vmlinux modules || return
	rm -rf "$work/module"
	"${make[@]}" -s -C "$top/module" KDIR="$(objects_in on)" O="$work/module" KCFLAGS=-Werror
}

# Each patch on top of the one before, tagged; sets last and applied, those before the first that does not apply.
apply_all() {
	local patch name
	for patch in "${series[@]}"; do
		name=$(basename "$patch" .patch)
		if ! git -C "$tree" rev-parse -q --verify "applied-$name" >/dev/null; then
			rm -f "$state/$name"*
		fi
		once "$name" applies apply "$patch" || return
		last=applied-$name applied+=("$patch")
		git -C "$tree" checkout -q -f "$last"
	done
}

check_series() {
	local patch last=source whole=1
	local -a applied=()
	once source unpacks unpack || return 0
	if [ ! -e "$state/begun" ]; then # other patches were here
		git -C "$tree" checkout -q -f source
		git -C "$tree" tag -l 'applied-*' | xargs -r git -C "$tree" tag -d >/dev/null
		touch "$state/begun"
	fi
	apply_all || whole=0
	[ ${#applied[@]} -gt 0 ] || return 0
	once source builds build_source || return 0
	for patch in "${applied[@]}"; do
		check_patch "$patch"
	done
	[ $whole = 1 ] || return 0
	once 'whole kernel' off compile off vmlinux || true
	once 'whole kernel' NSATTACH compile on vmlinux || true
	rm -f "$state"/module_* # whose files are not in the key
	once module NSATTACH module || true
	once 'whole kernel' PID_MOVE compile pid_move vmlinux || true
}

# The names of a series, which are those of all.
names() {
	(cd "$top/kernel-patches/$1" && printf '%s\n' 0*.patch)
}

same_names() {
	local other
	for other in "$top"/kernel-patches/*/; do
		diff <(names "$version") <(names "$(basename "$other")") || return 1
	done
}

print_table() {
	awk -F '\t' '
	BEGIN { columns = split("applies,checkpatch,off,same code,NSATTACH,PID_MOVE", column, ",") }
	{
		for (c = 1; c <= columns && column[c] != $2; c++);
		if (c > columns && $3 == "FAIL") other[$1] = other[$1] " " $2 ": FAIL"
		if (!($1 in rows)) { rows[$1] = 1; row[++n] = $1 }
		value[$1, $2] = $3
	}
	END {
		printf "\n%-64s", "series and patch"
		for (c = 1; c <= columns; c++) printf " %10s", column[c]
		printf "\n"
		for (i = 1; i <= n; i++) {
			if (row[i] ~ / (source|file names)$/ && !(row[i] in other)) continue
			printf "%-64s", row[i]
			for (c = 1; c <= columns; c++) printf " %10s", value[row[i], column[c]]
			printf "%s\n", other[row[i]]
		}
		printf "\n"
	}' "$table"
}

for version in "${versions[@]}"; do
	mapfile -t series < <(grep -ls '^diff --git' "$top/kernel-patches/$version"/0*.patch)
	[ ${#series[@]} -gt 0 ] || die "there is no series kernel-patches/$version"
	src=$(source_dir) || { cell "$version source" unpacks FAIL; continue; }
	source_is="$src $(identity "$src")"
	key=$( (echo "$source_is $(gcc -dumpfullversion)" && cat "${series[@]}" "$top/kernel-patches/check.config" "$0") | hash_of)
	work=$cache/patches-check/$version${KSRC:+-own}
	tree=$work/tree state=$work/state-$key
	[ -z "$fresh" ] || rm -rf "$work"
	[ -d "$tree/.git" ] || need_space "$work" 3500 "checking the series for $version"
	# What passed with other patches or another source says nothing of the tree and the objects that are here now.
	[ -e "$state/begun" ] || rm -rf "$work"/state-*
	mkdir -p "$state"
	say "kernel-patches/$version on $src"
	rm -f "$state"/file_names*
	once 'file names' same same_names || true
	[ -d "$tree/.git" ] || rm -f "$state"/source__* "$state/begun"
	check_series
done
print_table
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
