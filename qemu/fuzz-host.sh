#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fuzz-host.sh: libFuzzer with address and undefined-behaviour sanitizers on what the command reads: arguments, names and
# times, and the state files of container runtimes.
#   MINUTES=1    for each
# What each run has learned stays in build/fuzz/corpus-*; an input that crashes in build/fuzz/crash-*.
set -eu -o pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

dir=$build/fuzz src=$top/tests/fuzz/host
whole_number MINUTES
need_tool clang clang
mkdir -p "$dir"
logged 600 "building with sanitizers" "$build/logs/fuzz-host" "${make[@]}" -C "$top/tests/fuzz" host -j"$jobs"

# seeds TARGET DIR: the first inputs; libFuzzer finds the rest
seeds() {
	local n=0 line
	while IFS= read -r line; do
		n=$((n + 1))
		printf '%b' "$line" >"$2/seed-$n"
	done < <(grep -v '^#' "$src/$1.seeds")
}

passed=0 failed=0
for target in arguments names state; do
	mkdir -p "$dir/corpus-$target"
	seeds "$target" "$dir/corpus-$target"
	say "$target, $((${MINUTES:-1} * 60)) s"
	if (cd "$dir" && "$dir/host-$target" -max_total_time=$((${MINUTES:-1} * 60)) -timeout=10 -max_len=4096 -print_final_stats=1 \
		-artifact_prefix="$dir/crash-$target-" "$dir/corpus-$target") >"$build/logs/fuzz-$target" 2>&1 </dev/null; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		grep -E -A 30 'ERROR: |runtime error' "$build/logs/fuzz-$target" | head -n 40 | sed 's/^/   | /'
		printf '   again: %s FILE (see %s)\n' "$dir/host-$target" "$dir/crash-$target-*"
	fi
	sed -nE "s/^stat::number_of_executed_units: */figure: fuzz.$target.runs /p" "$build/logs/fuzz-$target"
	sed -nE 's/.*cov: ([0-9]+) .*/\1/p' "$build/logs/fuzz-$target" | tail -n 1 | sed "s/^/figure: fuzz.$target.edges /"
done
rm -rf /tmp/nsattach-fuzz.??????
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
