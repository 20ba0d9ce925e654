#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# selftests-compare.sh UNPATCHED PATCHED: two outputs of selftests-read.sh; a table of programs, what is worse with the
# series, and figures. Status 1 if anything is worse, also a test that passed and is now skipped, or is not there, and a kernel
# log that was clean.
set -eu -o pipefail

awk '
function note(test, before, now,  word) {
	split(test, word, " ")
	worse[word[1]]++
	nr_worse++
	lines = lines sprintf("   %s: %s without the series, %s with it\n", test, before, now)
}
{ what = $1; program = $2; test = $0; sub(/^[^ ]+ /, "", test) }
/\(kernel log\)$/ { if (NR == FNR) logged[test]; else if (!(test in logged)) note(test, "clean", what); next }
NR == FNR { was[test] = what; tests[program]++; next }
{
	is[test] = what
	if (!(program in tests)) new[program] = 1
	if (!(program in listed)) { listed[program] = 1; order[++n] = program }
	count[program, what]++
}
END {
	printf "%-42s %7s %7s %7s %7s\n", "selftest", "passed", "skipped", "failed", "worse"
	for (test in was) {
		total++
		if (was[test] == "failed") failed++
		if (is[test] == "passed" || was[test] == "failed") continue
		if (is[test] == was[test]) continue
		note(test, was[test], is[test] ? is[test] : "missing")
	}
	for (i = 1; i <= n; i++) {
		p = order[i]
		printf "%-42s %7d %7d %7d %7d\n", p, count[p, "passed"], count[p, "skipped"], count[p, "failed"], worse[p]
	}
	printf "%s", lines
	printf "figure: selftests.tests %d\n", total
	printf "figure: selftests.failed_without_the_series %d\n", failed
	printf "figure: selftests.worse_with_the_series %d\n", nr_worse
	exit !(total && !nr_worse)
}' "$1" "$2"
