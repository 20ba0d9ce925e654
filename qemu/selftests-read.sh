#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# selftests-read.sh CHANNEL: one line per test, "passed|skipped|failed PROGRAM TEST", by the best of its runs.
# A program that prints no TAP is one test, told by its exit status; one that ends with less than it announced, or by a
# signal, fails as a whole beside its tests. What the kernel has to say of a program (before the first: of its own boot) is a
# failed test "(kernel log)", whatever the other runs brought.
set -eu -o pipefail

tr -d '\r' <"$1" | awk '
function result(test, what) {
	test = program " " test
	if (!(test in best)) order[++n] = test
	if (!(test in best) || rank[what] > rank[best[test]]) best[test] = what
}
BEGIN { rank["failed"] = 0; rank["skipped"] = 1; rank["passed"] = 2; program = "boot" }
/^nsattach: begin / { program = $3; seen = 0; planned = -1; next }
/^nsattach: splat / { result("(kernel log)", "failed"); next }
/^nsattach: end / {
	whole = $4 == 0 ? "passed" : $4 == 4 ? "skipped" : "failed"
	# The tests themselves tell of their failures.
	if (planned >= 0 && $4 < 124) whole = seen < planned ? "failed" : "passed"
	result("(whole)", whole)
	next
}
/^1\.\.[0-9]+/ { planned = substr($1, 4) + 0; next }
/^(not )?ok [0-9]+/ {
	seen++
	what = /# ?[Ss][Kk][Ii][Pp]/ ? "skipped" : /^not ok/ ? "failed" : "passed"
	sub(/^not /, "")
	sub(/ *#.*/, "")
	result($0, what)
}
END { for (i = 1; i <= n; i++) print best[order[i]], order[i] }'
