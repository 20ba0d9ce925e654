# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# From places of the module that nsa_trace.ko has seen to lines of module/.

# What every awk here begins with: numbers are hexadecimal in objdump's and the guest's words.
hex='function hex(s,  n, i) { n = 0; for (i = 1; i <= length(s); i++) n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1; return n }'

# instructions KO SECTION: "ADDRESS PLACE" for each. The compiler has put a call at the start of each block; PLACE is where
# the last one before an instruction returns to (before the first of a function: that one).
instructions() {
	objdump -dr --no-show-raw-insn -j "$2" "$1" | awk '
		function flush(  i) { for (i = 0; i < n; i++) print waiting[i], place; n = 0 }
		/^[0-9a-f]+ <.*>:$/ { n = 0; place = ""; called = 0; next }
		/R_X86_64/ { if (/__sanitizer_cov_trace_pc/) called = 1; next }
		/^ *[0-9a-f]+:/ {
			sub(/:$/, "", $1)
			if (called) { place = $1; called = 0; flush() }
			if (place == "") waiting[n++] = $1; else print $1, place
		}'
}

# lines_of KO: "SECTION PLACE FILE LINE", a line of module/ for each instruction that is of it (also inlined elsewhere)
lines_of() {
	local section dir
	dir=$(cd "$(dirname "$1")" && pwd)
	for section in .text .text.unlikely .init.text .exit.text; do
		objdump -h -j "$section" "$1" >/dev/null 2>&1 || continue
		instructions "$1" "$section" >"$1.instructions"
		cut -d' ' -f1 "$1.instructions" | addr2line -ai -j "$section" -e "$1" | awk -v dir="$dir/" -v section="$section" '
			FILENAME == ARGV[1] { place[NR] = $2; next }
			/^0x/ { n++; next }
			index($1, dir) == 1 { sub(/\/\.\//, "/", $1); split(substr($1, length(dir) + 1), at, ":")
				if (at[2] + 0) print section, place[n], at[1], at[2] }' "$1.instructions" - | sort -u
	done
	rm -f "$1.instructions"
}

# reached_lines KO CHANNEL: "FILE LINE 0|1" for every line that has code, by what the guest said
reached_lines() {
	lines_of "$1" | awk "$hex"'
		FILENAME == ARGV[1] { sub(/\r$/, "") }
		FILENAME == ARGV[1] && /^nsattach: section / { start[$3] = hex($4); next }
		FILENAME == ARGV[1] && /^nsattach: pc / { seen[hex($3)] = 1; next }
		FILENAME == ARGV[1] { next }
		{ k = $3 " " $4; hit[k] = hit[k] || (start[$1] + hex($2)) in seen }
		END { for (k in hit) print k, hit[k] + 0 }' "$2" - | sort -k1,1 -k2,2n
}

# print_lines NAME REASONS FILE...: the union of such lists: a table, the figure NAME.percent, and what no run reached, under
# the reason that the file REASONS has for it
print_lines() {
	local name=$1 reasons=$2 file line
	shift 2
	sort -k1,1 -k2,2n "$@" | awk '{ k = $1 " " $2; if (k != old && old != "") print old, hit; if (k != old) hit = 0
		old = k; if ($3) hit = 1 } END { print old, hit }' >"$build/$name.lines"
	printf '\nlines of module/ that have code, and those that were reached\n'
	awk -v name="$name" '
		{ n[$1]++; h[$1] += $3; N++; H += $3 }
		END { for (f in n) printf "   %-20s %4d of %4d  %5.1f %%\n", f, h[f], n[f], 100 * h[f] / n[f] | "sort"
			close("sort")
			printf "figure: %s.lines %d\nfigure: %s.reached %d\nfigure: %s.percent %.1f\n", name, N, name, H, name, 100 * H / N
		}' "$build/$name.lines"
	while read -r file line _; do
		printf '%s:%d:%s\n' "$file" "$line" "$(sed -n "${line}p" "$top/module/$file")"
	done < <(awk '!$3' "$build/$name.lines") | tr -s ' \t' ' ' >"$build/$name.unreached"
	print_unreached "$build/$name.unreached" "$reasons"
}

# print_unreached FILE REASONS: each line under the first reason whose pattern it matches
print_unreached() {
	local pattern reason left=$1.left
	cp "$1" "$left"
	while IFS=$'\t' read -r pattern reason; do
		case $pattern in '' | '#'*) continue ;; esac
		grep -qEe "$pattern" "$left" || continue
		printf '\nnot reached: %s\n' "$reason"
		grep -Ee "$pattern" "$left" | sed 's/^/   /'
		grep -vEe "$pattern" "$left" >"$left.new" || :
		mv "$left.new" "$left"
	done < <(cat "$2")
	if [ -s "$left" ]; then
		printf '\nnot reached, without a reason:\n'
		sed 's/^/   /' "$left"
	fi
}
