# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# What is known of a cell (a suite on a kernel with a config), from one run of test.sh to the next.
#   build/cells/KERNEL-CONFIG-SUITE       the key of the inputs it passed with, and its row; only with RESUME=1
#   build/cells/KERNEL-CONFIG-SUITE.why   what the log says of a red one
# The key is a hash of all that a result depends on: kernel, module, command, the suite, the guest's scripts, the scale.

cells=$build/cells
cells_common=''

# cells_begin KERNEL-DIR
cells_begin() {
	local f
	cells_common=$( (
		echo "1 $(basename "$1") ${SCALE:-quick} ${DETERMINISTIC-}"
		cd "$top" && find module -type f | LC_ALL=C sort | while read -r f; do sha256sum "$f"; done
		sha256sum <"$build/userland/nsattach"
		cat qemu/guest/init qemu/guest/tests.sh qemu/splats qemu/harmless qemu/skips
	) | hash_of)
}

# cell_key SUITE; those that are scripts use the programs of the demonstration
cell_key() {
	(
		echo "$cells_common"
		cat "$build/tests/$1_test" 2>/dev/null ||
			cat "$top"/qemu/demo/* "$top/qemu/suites.sh" "$top/README.md" "$top/userland/man/nsattach.8"
	) | hash_of
}

# cells_to_do KERNEL CONFIG SUITE...: those without a result yet; what passed before gets its row
cells_to_do() {
	local kernel=$1 config=$2 suite file
	shift 2
	for suite in "$@"; do
		! cut -f1-3 "$results" | grep -qxF "$kernel"$'\t'"$config"$'\t'"$suite" || continue
		file=$cells/$kernel-$config-$suite
		if [ -n "${RESUME-}" ] && [ -e "$file" ] && [ "$(sed -n 1p "$file")" = "$(cell_key "$suite")" ]; then
			sed -n 2p "$file" >>"$results"
			printf 'before  %-14s %4d passed\n' "$suite" "$(sed -n 2p "$file" | cut -f4)" >&2
		else
			echo "$suite"
		fi
	done
}

# cell_done SUITE FAILED ROW LINE...: called where a row is written
cell_done() {
	local file=$cells/$kernel-$config-$1
	mkdir -p "$cells"
	rm -f "$file" "$file.why"
	if [ "$2" != 0 ]; then
		printf '%s\n' "${@:4}" >"$file.why"
		# A leak, or a module that does not go, may be the work of any suite in this guest.
		case $1 in load | rmmod | leaks) cells_forget "$kernel" "$config" ;; esac
	elif [ -n "${RESUME-}" ] && [ -n "$cells_common" ]; then
		printf '%s\n%s\n' "$(cell_key "$1")" "$3" >"$file"
	fi
}

# cells_forget KERNEL CONFIG: nothing that passed in this run counts for the next
cells_forget() {
	local suite
	awk -F '\t' -v k="$1" -v c="$2" '$1 == k && $2 == c { print $3 }' "$results" | while read -r suite; do
		rm -f "$cells/$1-$2-$suite"
	done
}
