# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# What is known of a cell (a suite on a kernel with a config), from one run of test.sh to the next.
#   build/cells/NAME       the key of what it passed with, and its row; RESUME=1 takes it for a run
#   build/cells/NAME.new   the same while its guest has not come to its end: what that finds may be the work of any suite in it
#   build/cells/NAME.why   what the log says of a red one
#   build/figures/NAME.tsv   what it measured
# The key is a hash of all that a result depends on, made when the guest is packed: what is put into the guest, by its content
# and not by where it lies; how the guest is made and booted; and what judges its words. Of scripts that do more than that,
# as test.sh, only what they come to is in it, so that a change of what they print throws nothing away.

cells=$build/cells
declare -A cell_keys=()

# cell_of KERNEL CONFIG SUITE: the name of its files; at another scale, or watched, it is another cell
cell_of() {
	echo "$1-$2${TRACE:+-traced}${GDB:+-gdb}${DETERMINISTIC:+-deterministic}-${SCALE:-quick}-$3"
}

# again KERNEL CONFIG SUITE: the command that runs it again; what the guest itself does comes with any suite
again() {
	local suite=$3 kernel="${KSRC:+ KSRC=$KSRC} KERNEL=$1 CONFIG=$2"
	case $suite in build | verdict | load | rmmod | leaks | checks) suite='' ;; esac
	[ "$1" != host ] || kernel=' KERNEL=host'
	echo "again: make test$kernel${SCALE:+ SCALE=$SCALE}${suite:+ TEST=$suite}"
}

# items_sum: of the items on standard input, what they bring and where to. The name of a tree tells its packages' versions.
items_sum() {
	local item path
	while read -r item; do
		case $item in
		file:* | ko:*)
			path=${item#*:} path=${path%%:*}
			echo "${path##*/}${item#*:"$path"}"
			sha256sum <"$path"
			;;
		*) echo "$item" ;;
		esac
	done
}

# cells_begin KERNEL-DIR SUITE...: the keys, of the items of $work that are packed now. A kernel of KSRC has the same directory
# whatever is in its tree, so its content counts.
cells_begin() {
	local common suite
	common=$( (
		basename "$1"
		cat "$1/bzImage" "$1/build/Module.symvers" | hash_of
		items_sum <"$work/common"
		cat "$top"/qemu/{initramfs.sh,vm.sh,skips,guest/init}
		echo "${vm_options[*]}"
		declare -f tap_read tap_plan tap_no_test may_skip tap_skip tap_splat tap_end
	) | hash_of)
	for suite in "${@:2}"; do
		cell_keys[$suite]=$( (echo "$common" && items_sum <"$work/items/$suite") | hash_of)
	done
}

# cells_to_do KERNEL CONFIG SUITE...: those without a result yet; with RESUME=1, what passed before gets its row
cells_to_do() {
	local kernel=$1 config=$2 suite file
	shift 2
	for suite in "$@"; do
		! cut -f1-3 "$results" | grep -qxF "$kernel"$'\t'"$config"$'\t'"$suite" || continue
		file=$cells/$(cell_of "$kernel" "$config" "$suite")
		if [ -n "${RESUME-}" ] && [ -e "$file" ] && [ "$(sed -n 1p "$file")" = "${cell_keys[$suite]}" ]; then
			sed -n 2p "$file" >>"$results"
			printf 'before  %-14s %4d passed\n' "$suite" "$(sed -n 2p "$file" | cut -f4)" >&2
		else
			echo "$suite"
		fi
	done
}

# cell_done SUITE FAILED ROW LINE...: called where a row is written. What the guest itself does has no key.
cell_done() {
	local file
	file=$cells/$(cell_of "$kernel" "$config" "$1")
	mkdir -p "$cells"
	rm -f "$file" "$file.new" "$file.why"
	if [ "$2" != 0 ]; then
		printf '%s\n' "${@:4}" >"$file.why"
		# A leak, a check that is off, or a module that does not go may be the work of any suite in this guest.
		case $1 in load | rmmod | leaks | checks) cells_forget "$kernel" "$config" ;; esac
	elif [ -n "${cell_keys[$1]-}" ]; then
		printf '%s\n%s\n' "${cell_keys[$1]}" "$3" >"$file.new"
	fi
}

# cells_keep KERNEL CONFIG: the guest has ended properly, so what passed in it counts
cells_keep() {
	local suite file
	for suite in $TEST; do
		file=$cells/$(cell_of "$1" "$2" "$suite")
		[ ! -e "$file.new" ] || mv "$file.new" "$file"
	done
}

# cells_forget KERNEL CONFIG: nothing that passed in this guest counts for the next
cells_forget() {
	local suite file
	for suite in $TEST; do
		file=$cells/$(cell_of "$1" "$2" "$suite")
		rm -f "$file" "$file.new"
	done
}
