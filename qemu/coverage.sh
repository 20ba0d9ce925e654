#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# coverage.sh: which lines of module/ the suites and the fuzzer run, together.
#   MINUTES=3    of fuzzing
#   KEEP=1       what was run before is not run again: only the sums
# All suites on patched 6.1; of the debug kernels only the suite that lets allocations fail; a short one on the stock kernel,
# where functions are looked up. Prints the table, figure: coverage.percent, and the lines that nothing ran, each with the
# reason that qemu/unreached has for it. Passes with 90 % and a reason for every other line; whether the suites pass is what
# make test says (with a module that traces, some find less time for what they count).
set -eu -o pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lines.sh
. "$(dirname "$0")/lines.sh"

dir=$build/coverage
export TRACE=1
whole_number MINUTES
need_tool objdump binutils

# suites WHERE [SUITES]: in a guest, with the traced module
suites() {
	RESULTS=$dir/results.tsv TEST=${2-} "$top/qemu/test.sh" "$1" || say "not all of the suites have passed, which make test judges"
}

enough() { awk '{ n++; h += $3 } END { exit !(h >= 0.9 * n) }' "$build/coverage.lines"; }

status=0
mkdir -p "$dir"
lock "coverage-$checkout"
if [ -z "${KEEP-}" ]; then
	rm -f "$dir"/*.lines
	suites 6.1-patched:plain
	suites 6.1-patched:kasan fault
	suites 6.1-stock:plain "abi detach"
	rm -f "$build/fuzz/6.1-patched-kasan.lines"
	MINUTES=${MINUTES:-3} "$top/qemu/fuzz.sh" 6.1-patched kasan || status=1
	# A fuzzer that ran no program leaves none.
	cp "$build/fuzz/6.1-patched-kasan.lines" "$dir/fuzz.lines" || status=1
fi
print_lines coverage "$top/qemu/unreached" "$dir"/*.lines
passed=0 failed=0
check() {
	if "${@:2}"; then passed=$((passed + 1)); else
		failed=$((failed + 1))
		printf 'not ok: %s\n' "$1"
	fi
}
printf '\n'
check 'the fuzzer found something, see above' [ $status = 0 ]
check 'less than 90 % of the lines were reached' enough
check 'there are lines that nothing ran, without a reason' [ ! -s "$build/coverage.unreached.left" ]
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ]
