#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# selftests.sh [6.1|6.12|newest]...: the kernel's own selftests of what the series touches, unmodified, on the kernel with it
# and on the same source and configuration without it. Bad is only what the second one does not have, also in the kernel log.
#   TEST="pidfd/* proc/read"   only these programs (shell patterns)
# A program with a failure runs three times on either kernel; what failed each time counts.
set -eu -o pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# Directories in tools/testing/selftests that there are in some of the kernels; of cgroup only the freezer.
collections=(pidfd nsfs filesystems/nsfs pid_namespace namespaces timens proc clone3 cgroup)

one_by_one "$@"
which=${1:-6.1}
work=$(mktemp -d)
# shellcheck disable=SC2016 # expanded when it runs
on_exit 'rm -rf "$work"'

# compile SOURCE OUT: the kernel's headers, then each collection out of the tree
compile() {
	local source=$1 out=$2 name target
	"${make[@]}" -s -C "$source" O="$out/headers" headers
	for name in "${collections[@]}"; do
		[ -e "$source/tools/testing/selftests/$name/Makefile" ] || continue
		target=all
		[ "$name" != cgroup ] || target=$out/tests/cgroup/test_freezer
		mkdir -p "$out/tests/$name"
		"${make[@]}" -s -j"$jobs" -C "$source/tools/testing/selftests/$name" OUTPUT="$out/tests/$name" CC="$(compiler)" \
			top_srcdir="$source" KHDR_INCLUDES="-isystem $out/headers/usr/include" "$target"
	done
	touch "$out/tests/.done"
}

# build: sets tests, a directory in the cache
build() {
	local source key out
	source=$("$top/qemu/kernel.sh" --source "$which" | tail -n1)
	key=$( (echo "$(basename "$source") $("$(compiler)" -dumpfullversion)" && sed '/^which=/q' "$0" && declare -f compile) | hash_of)
	out=$cache/selftests-$which-$key tests=$out/tests
	[ ! -e "$tests/.done" ] || return 0
	lock "selftests-$which"
	[ ! -e "$tests/.done" ] || return 0
	export -f compile compiler
	# shellcheck disable=SC2016 # expanded by the inner shell
	logged 900 "building the selftests of $(basename "$source")" "$cache/logs/selftests-$which" \
		bash -eu -o pipefail -c "$(declare -p collections make jobs)"'; compile "$1" "$2"' - "$source" "$out"
}

selected() { matches "$1" "${TEST-}"; }

items() {
	local file name
	# A benchmark, whose tests are named by what they measured, is none.
	find "$tests" -type f -perm /100 ! -name '*.o' ! -name gettime_perf | LC_ALL=C sort | while read -r file; do
		name=${file#"$tests"/}
		! selected "$name" || echo "file:$file:/tests/$name"
	done
}

# run KERNEL RESULTS: boot it, and tell of each test whether it passed
run() {
	local kernel=$1 results=$2 dir logs=$build/logs/selftests-$1
	local -a list
	dir=$("$top/qemu/kernel.sh" "$kernel" | tail -n1)
	mapfile -t list < <(items)
	[ ${#list[@]} -gt 0 ] || die "there is no selftest TEST='${TEST-}' in $tests"
	each_matches TEST "${list[@]##*:/tests/}"
	: >"$work/environment"
	"$top/qemu/initramfs.sh" "$work/initrd" "$dir" "${list[@]}" "file:$work/environment:/job/" \
		"file:$top/qemu/guest/selftests.sh:/job/main" "file:$top/qemu/splats:/job/" "file:$top/qemu/harmless:/job/"
	mkdir -p "$logs"
	say "${#list[@]} programs on $kernel (log: $logs/channel)"
	interruptible "$top/qemu/vm.sh" --kernel "$dir" --initrd "$work/initrd" --channel "$logs/channel" --console "$logs/console" \
		--timeout "${TIMEOUT:-3600}" || die "$kernel did not end properly (log: $logs/console)"
	grep -q '^nsattach: done 0' "$logs/channel" || die "$kernel did not finish its tests (log: $logs/channel)"
	"$top/qemu/selftests-read.sh" "$logs/channel" >"$results"
}

lock "selftests-$checkout"
build
run "$which-unpatched" "$work/unpatched"
run "$which-patched" "$work/patched"
"$top/qemu/selftests-compare.sh" "$work/unpatched" "$work/patched"
