#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# matrix.sh [KERNEL[:CONFIG]|:CONFIG]...: every suite, at whole scale, on every kernel and config that makes sense, or on those
# of a kernel or with a config; two guests at a time where there is memory for that. Prints a line as a row begins and ends and
# as each suite ends, then one table (a row per kernel, a column per suite, in a cell passed, failed and skipped tests and the
# time), then for each red cell what the log says and the command that runs it again.
#   TEST="threads abi"   only these suites, on the kernels that have them
#   KSRC=/path/to/linux  that tree instead of Debian's kernels
#   SCALE=quick          at the scale of make test
#   WORKERS=1            one guest at a time
# build/matrix.tsv has the same for machines, build/figures.tsv what the suites measured. A cell that passed is not run
# again as long as its inputs stay the same (cells.sh).
set -eu -o pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=suites.sh
. "$(dirname "$0")/suites.sh"
# shellcheck source=cells.sh
. "$(dirname "$0")/cells.sh"

dir=$build/matrix
export RESUME=1 SCALE=${SCALE:-whole}

# Debug configs are for kernels that are compiled here; the unpatched one is looked up in as a stock kernel is, under their
# eyes. KCSAN needs a compiler with support that fits the kernel: 6.1.
all_rows() {
	local kernel
	echo host:plain
	if [ -n "${KSRC-}" ]; then
		printf '%s\n' own:{kasan,lockdep,plain}
		return
	fi
	printf '%s\n' 6.1-patched:kasan 6.1-patched:kcsan 6.1-patched:lockdep
	for kernel in 6.12 newest; do printf '%s\n' "$kernel"-patched:{kasan,lockdep,plain}; done
	printf '%s\n' 6.1-unpatched:{kasan,lockdep} 6.1-patched:plain 6.1-stock:plain 6.12-stock:plain
}

# suites_on KERNEL: does TEST= select one that it has?
suites_on() {
	case $1 in
	host) selected userland ;;
	*) [ -n "$(selected_suites "$1")" ] ;;
	esac
}

# rows_of KERNEL|:CONFIG|KERNEL:CONFIG: those that it stands for
rows_of() {
	case $1 in
	:*) all_rows | grep -- "$1\$" ;;
	*:*) echo "$1" ;;
	*) all_rows | grep "^$1:" || echo "$1:plain" ;;
	esac
}

# rows [KERNEL|:CONFIG|KERNEL:CONFIG]...: these or all, of those where there is something to run
rows() {
	local where
	if [ $# -gt 0 ]; then for where in "$@"; do rows_of "$where"; done; else all_rows; fi | while read -r where; do
		if suites_on "${where%%:*}"; then echo "$where"; fi
	done
}

# fitting_workers: how many guests the memory of this machine is enough for, of two
fitting_workers() {
	awk -v guest="$(guest_memory)" '/^MemTotal/ { print $2 / 1024 < 2 * (guest + 256) + 1024 ? 1 : 2 }' /proc/meminfo
}

# row N/M KERNEL:CONFIG: what compiles for minutes says so every 20 seconds
row() {
	local kernel=${2%%:*} config=${2#*:} head log tsv
	head=$(printf '%-14s %-8s' "$kernel" "$config") log=$dir/$kernel-$config.log tsv=$dir/$kernel-$config.tsv
	echo "$head== row $1 begins"
	rm -f "$cells/$(cell_of "$kernel" "$config" verdict).why"
	RESULTS=$tsv "$top/qemu/test.sh" "$2" 2>&1 </dev/null | tee "$log" |
		sed -un "/^\(ok\|FAILED\|before\|figure\|==\|   [0-9]* s, \)/s/^/$head/p" || :
	# Who does not come to its sums was ended by somebody, and has not run everything.
	grep -qxE '[0-9]+ passed, [0-9]+ failed' "$log" || printf '%s\t%s\tverdict\t0\t1\t0\t0\n' "$kernel" "$config" >>"$tsv"
	echo "$head== row $1 ends after $((SECONDS / 60)) min: $(tail -n 1 "$log")"
}

# The table, in as many blocks of columns as the width asks for. Suites in the order of their names; load, rmmod and
# leaks are the guest's own.
table() {
	awk -F '\t' -v width="${COLUMNS:-130}" '
	{
		row = sprintf("%-14s %-8s", $1, $2)
		if (!(row in rows)) { rows[row] = 1; row_at[++nr_rows] = row }
		if (!($3 in suites)) { suites[$3] = 1; suite_at[++nr_suites] = $3 }
		k = row SUBSEP $3
		there[k] = 1; p[k] += $4; f[k] += $5; s[k] += $6; t[k] += $7; P += $4; F += $5
		if ($5) red[row]++
	}
	END {
		per = int((width - 24) / 16); if (per < 1) per = 1
		for (from = 1; from <= nr_suites; from += per) {
			printf "\n%-24s", "passed/failed/skipped"
			for (i = from; i < from + per && i <= nr_suites; i++) printf "%15s ", suite_at[i]
			printf "\n"
			for (r = 1; r <= nr_rows; r++) {
				printf "%-24s", row_at[r]
				for (i = from; i < from + per && i <= nr_suites; i++) {
					k = row_at[r] SUBSEP suite_at[i]
					printf "%15s ", there[k] ? sprintf("%s%d/%d/%d %ds", f[k] ? "!" : "", p[k], f[k], s[k], t[k]) : "-"
				}
				printf "\n"
			}
		}
		printf "\n%d passed, %d failed\n", P, F
		exit !(P && !F)
	}' "$1"
}

red_cells() {
	local kernel config suite why
	awk -F '\t' '$5 { print $1, $2, $3 }' "$1" | uniq | while read -r kernel config suite; do
		printf '\n%s %s %s\n' "$kernel" "$config" "$suite"
		why=$cells/$(cell_of "$kernel" "$config" "$suite").why
		if [ -s "$why" ]; then
			sed -n '1,40p' "$why"
		else
			{ grep -vE '^(ok|before|figure|==) ' "$dir/$kernel-$config.log" || :; } | tail -n 20 | sed 's/^/   /'
		fi
		printf '   %s\n' "$(again "$kernel" "$config" "$suite")"
	done
}

if [ "${1-}" = --row ]; then
	row "$2" "$3"
	exit
fi

whole_number WORKERS
check_asked
for where in "$@"; do
	[[ $where != :* ]] || [ -n "$(rows_of "$where")" ] || die "the matrix has no CONFIG=${where#:}"
done
lock "matrix-$checkout"
mkdir -p "$dir"
rm -f "$dir"/*.tsv "$dir"/*.log
mapfile -t wanted < <(rows "$@")
[ ${#wanted[@]} -gt 0 ] || die "there is no suite TEST='${TEST-}' on ${*:-any kernel} (see tests/*_test.c and qemu/suites.sh)"
workers=${WORKERS:-$(fitting_workers)}
say "${#wanted[@]} rows, $workers at a time; what passed before is not run again (rm -r build/cells forgets it)"
# For grouped.
all_of_them() {
	for i in "${!wanted[@]}"; do echo "$((i + 1))/${#wanted[@]} ${wanted[i]}"; done |
		xargs -P "$workers" -n 2 "$0" --row
}
grouped all_of_them || :
printf 'kernel\tconfig\tsuite\tpassed\tfailed\tskipped\tseconds\n' >"$build/matrix.tsv"
for where in "${wanted[@]}"; do
	if [ ! -s "$dir/${where/:/-}.tsv" ]; then printf '%s\t%s\tbuild\t0\t1\t0\t0\n' "${where%%:*}" "${where#*:}"; fi
	cat "$dir/${where/:/-}.tsv" 2>/dev/null || :
done | LC_ALL=C sort -t $'\t' -k1,1V -k2,2 -k3,3 >"$dir/all"
cat "$dir/all" >>"$build/matrix.tsv"
printf 'kernel\tconfig\tscale\tsuite\ttest\tfigure\tvalue\n' >"$build/figures.tsv"
for where in "${wanted[@]}"; do
	cat "$build/figures/$(cell_of "${where%%:*}" "${where#*:}" '')"*.tsv 2>/dev/null || :
done >>"$build/figures.tsv"
red_cells "$dir/all"
table "$dir/all"
