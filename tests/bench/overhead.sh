#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# overhead.sh [6.1|6.12|newest]...: guest instructions of what everybody does, on the kernel with the series against the same
# source and configuration without it, nothing attached and no module loaded. Bad is more than 1/1000.
#   BOOTS=N   of each kernel, in turns: 3. A kernel draws its hash seeds at boot: the figure of an operation is the median
#             over boots of the medians, and the line "spread" tells how far the boots of one kernel lie apart.
set -eu -o pipefail
# shellcheck source=../../qemu/lib.sh
. "$(dirname "$0")/../../qemu/lib.sh"

one_by_one "$@"
which=${1:-6.1}
logs=$build/logs/overhead-$which
work=$(mktemp -d)
# shellcheck disable=SC2016 # expanded when it runs
on_exit 'rm -rf "$work"'

# boot patched|unpatched NUMBER: its medians, "KIND NAME INSTRUCTIONS", are added to $work/figures
boot() {
	local dir log=$logs/$1-$2
	dir=$("$top/qemu/kernel.sh" "$which-$1" plain | tail -n1)
	"$top/qemu/initramfs.sh" "$work/initrd" "$dir" "file:$build/tests/bench/bench" "file:$build/tests/bench/bench-true" \
		"file:$work/environment:/job/" "file:$top/tests/bench/guest.sh:/job/main" \
		"file:$top/qemu/splats:/job/" "file:$top/qemu/harmless:/job/"
	say "boot $2 of $which-$1"
	interruptible "$top/qemu/vm.sh" --kernel "$dir" --initrd "$work/initrd" --channel "$log.channel" --console "$log.console" \
		--timeout 1200 --deterministic --append clearcpuid=erms || die "the VM did not end properly (log: $log.console)"
	grep -q '^nsattach: done 0' "$log.channel" || die "not everything could be measured (log: $log.channel)"
	tr -d '\r' <"$log.channel" | awk -F '\t' -v kind="$1" '$1 == "figure:" { print kind, $2, $4 }' >>"$work/figures"
}

compare() {
	sort -k1,1 -k2,2 -k3,3n "$work/figures" | awk '
	{
		k = $1 " " $2
		v[k, ++n[k]] = $3
		if ($1 == "patched" && !($2 in seen)) { seen[$2] = 1; order[++m] = $2 }
	}
	function median(k) { return v[k, int((n[k] + 1) / 2)] }
	function spread(k) { return (v[k, n[k]] - v[k, 1]) * 1000 / median(k) }
	END {
		printf "%-18s %12s %12s %10s %10s   (1/1000)\n", "guest instructions", "without", "with", "more", "spread"
		for (i = 1; i <= m; i++) {
			name = order[i]
			a = median("unpatched " name)
			b = median("patched " name)
			more = (b - a) * 1000 / a
			s = spread("unpatched " name) > spread("patched " name) ? spread("unpatched " name) : spread("patched " name)
			if (more > 1) bad++
			printf "%-18s %12d %12d %10.3f %10.3f %s\n", name, a, b, more, s, (more > 1 ? " above 1" : "")
			figures = figures sprintf("figure: overhead.%s %.3f\n", substr(name, 8), more)
		}
		printf "%s", figures
		exit !(m && !bad)
	}'
}

mkdir -p "$logs"
lock "overhead-$checkout"
lock "build-$checkout"
logged 300 "building the measuring programs" "$build/logs/bench-programs" "${make[@]}" -C "$top/tests/bench" programs
unlock "build-$checkout"
printf 'export NSATTACH_BARE=1 NSATTACH_BENCH=others\n' >"$work/environment"
for ((i = 1; i <= ${BOOTS:-3}; i++)); do
	boot unpatched "$i"
	boot patched "$i"
done
compare
