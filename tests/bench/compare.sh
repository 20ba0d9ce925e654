#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# compare.sh OLD.tsv NEW.tsv: which medians have moved by more than 1 %. Some depend on whom the scheduler lets run first
# and have two values: a median that lies where the old run had its middle 80 % has not moved.
# Times of several cpus are not compared: they measure the machine of the day.
set -eu -o pipefail

awk -F '\t' '
FNR == 1 { file++ }
/^#/ || $1 == "measurement" { next }
$1 ~ /^stall-[^o]/ || $1 ~ /-events-received$/ { next }
file == 1 { old[$1, $2] = $3; low[$1, $2] = $4; high[$1, $2] = $5; next }
!(($1, $2) in old) { printf "  %-36s %8s %14s %14s  new\n", $1, $2, "-", $3; moved++; next }
{
	compared++
	before = old[$1, $2]
	change = before ? ($3 - before) / before * 100 : $3 ? 100 : 0
	if (change <= 1 && change >= -1 || $3 >= low[$1, $2] && $3 <= high[$1, $2])
		next
	printf "  %-36s %8s %14s %14s  %+.1f %%\n", $1, $2, before, $3, change
	moved++
}
BEGIN { printf "\n%-38s %8s %14s %14s\n", "Moved by more than 1 %", "x", "committed", "now" }
END { printf "  %d compared, %d moved\n", compared, moved }' "$1" "$2"
