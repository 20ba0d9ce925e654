#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh [KERNEL]...: measure there (6.1-stock, 6.1-patched, newest-patched), print a table, plot it, compare with the committed result.
#   BENCH="threads stall"  only these (see main.c); compared only where measured
#   UPDATE=1               the result becomes the one to compare with: tests/bench/results/KERNEL.tsv
#   TIMEOUT=S              of each boot: 3000
# Everything of the first boot is in guest instructions; the second has two cpus and measures time.
set -eu -o pipefail
# shellcheck source=../../qemu/lib.sh
. "$(dirname "$0")/../../qemu/lib.sh"
# shellcheck source=../../qemu/product.sh
. "$(dirname "$0")/../../qemu/product.sh"

here=$top/tests/bench
deterministic=(floor stop freeze inject threads woken processes fds mounts memory namespaces commands restart stall-one-cpu)
timed=(stall)
header=$'# SPDX-License-Identifier: GPL-2.0-or-later\nmeasurement\tx\tmedian\tp10\tp90\truns'
work=$(mktemp -d)
# shellcheck disable=SC2016 # expanded when it runs
on_exit 'rm -rf "$work"'

# chosen NAME...: those of them that BENCH= asks for
chosen() {
	local name list=''
	for name in "$@"; do
		case " ${BENCH:-$*} " in *" $name "*) list+="$name " ;; esac
	done
	echo "$list"
}

# The one that people use, with its libraries.
nsenter_item() {
	need_tool nsenter util-linux
	echo "file:$(command -v nsenter):/bin/nsenter"
}

pack() { # KERNEL-DIR NAMES
	local -a items
	printf 'export NSATTACH_BENCH=%q\n' "$2" >"$work/environment"
	mapfile -t items < <(command_items)
	"$top/qemu/initramfs.sh" "$work/initrd" "$1" "${items[@]}" "$(nsenter_item)" "ko:$ko" \
		"file:$build/tests/bench/bench" "file:$build/tests/bench/bench-true" \
		"file:$work/environment:/job/" "file:$here/guest.sh:/job/main" \
		"file:$top/qemu/splats:/job/" "file:$top/qemu/harmless:/job/"
}

# boot LOGS KERNEL-DIR NAMES VM-OPTION...: figures of one boot, added to $logs/figures
boot() {
	local logs=$1 dir=$2 names=$3
	shift 3
	[ -n "$names" ] || return 0
	pack "$dir" "$names"
	: >"$logs/channel"
	say "measuring: $names"
	"$top/qemu/vm.sh" --kernel "$dir" --initrd "$work/initrd" --channel "$logs/channel" --console "$logs/console" \
		--memory 3072 --timeout "${TIMEOUT:-3000}" "$@" &
	running=$!
	tail -n +1 -s 0.5 -f --pid="$running" "$logs/channel" | while IFS=$'\t' read -r word name x median _; do
		case $word in
		figure:) progress "$name $x: $median" ;;
		error:) printf '   %s: %s\n' "$name" "$x $median" >&2 ;;
		esac
	done
	wait "$running" || say "the VM ended with an error"
	running=''
	tr -d '\r' <"$logs/channel" | sed -n 's/^figure:\t//p' >>"$logs/figures"
	grep -q '^nsattach: done 0' "$logs/channel" || failed=true
}

# As above, but the kernel's memset and memcpy go by 8 bytes: with ERMS they are one instruction per byte to -icount,
# and clearing a page outweighs all the rest.
measure() { # KERNEL
	local kernel_dir logs=$build/logs/bench-$1
	kernel_dir=$("$top/qemu/kernel.sh" "$1" plain | tail -n1)
	lock "build-$checkout"
	build_userland
	build_module "$kernel_dir" "$1-plain"
	logged 300 "building the measuring programs" "$build/logs/bench-programs" "${make[@]}" -C "$here" programs
	unlock "build-$checkout"
	lock "bench-$checkout-$1"
	mkdir -p "$logs"
	: >"$logs/figures"
	boot "$logs" "$kernel_dir" "$(chosen "${deterministic[@]}")" --deterministic --append clearcpuid=erms
	boot "$logs" "$kernel_dir" "$(chosen "${timed[@]}")"
	mkdir -p "$build/bench/$1"
	{ echo "$header" && cat "$logs/figures"; } >"$build/bench/$1/result.tsv"
}

publish() { # KERNEL
	local dir=$build/bench/$1 committed=$here/results/$1.tsv
	"$here/table.sh" "$dir/result.tsv"
	if [ -e "$committed" ]; then
		"$here/compare.sh" "$committed" "$dir/result.tsv"
	fi
	if [ -n "${UPDATE-}" ] && ! $failed; then
		mkdir -p "$here/results"
		cp "$dir/result.tsv" "$committed"
		say "this is now $committed"
	fi
	[ -n "${BENCH-}" ] || "$here/plot.sh" "$dir/result.tsv" "$dir"
}

[ -n "${BENCH-}" ] || need_tool gnuplot gnuplot-nox
failed=false
[ $# -gt 0 ] || set -- 6.1-stock 6.1-patched newest-patched
for kernel in "$@"; do
	say "measuring on $kernel"
	measure "$kernel"
	publish "$kernel"
done
if $failed; then die "not everything could be measured"; fi
