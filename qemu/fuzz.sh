#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fuzz.sh KERNEL CONFIG: tests/fuzz in a guest, with a module that tells which of its blocks were run.
#   MINUTES=5               how long
#   FIRST=1000              the first seed; without it a number that was not used before
#   PROGRAM="12.7.33 40"    only these programs (or @FILE: those that it names), one after the other, call by call
#   TIMES=20                how often then
# Prints a line a minute, what was found, and how much of module/ was reached. In build/fuzz: corpus (programs that each
# came to new places; the next run begins with them), and the words and the log of the guest.
set -eu -o pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=product.sh
. "$(dirname "$0")/product.sh"
# shellcheck source=lines.sh
. "$(dirname "$0")/lines.sh"

kernel=$1 config=$2 TRACE=1
dir=$build/fuzz minutes=${MINUTES:-5}
channel=$dir/channel-$kernel-$config console=$dir/console-$kernel-$config
first=${FIRST:-$(date +%s)}
slowness=1
[ "$config" = plain ] || slowness=5

# shellcheck disable=SC2086 # several names
build_and_pack() {
	kernel_dir=$("$top/qemu/kernel.sh" "$kernel" "$config" | tail -n1)
	lock "build-$checkout"
	build_module "$kernel_dir" "$kernel-$config"
	build_fuzz
	touch "$dir/corpus"
	case ${PROGRAM-} in
	@*) cp "${PROGRAM#@}" "$dir/names" ;;
	*) printf '%s\n' ${PROGRAM-} | grep . >"$dir/names" || : ;;
	esac
	printf 'export NSATTACH_SLOWNESS=%d fuzz_times=%q fuzz_seconds=%q fuzz_first=%q\n' "$slowness" "${TIMES:-20}" \
		$((minutes * 60)) "$first" >"$dir/environment"
	"$top/qemu/initramfs.sh" "$dir/initrd" "$kernel_dir" "${guest_items[@]}" "ko:$ko" "ko:$trace_ko" "file:$dir/fuzz" \
		"file:$dir/environment:/job/" "file:$dir/corpus:/job/" "file:$dir/names:/job/" "file:$top/tests/fuzz/guest.sh:/job/main" \
		"file:$top/qemu/splats:/job/" "file:$top/qemu/harmless:/job/"
	unlock "build-$checkout"
}

# The guest has more time than the programs: for what is looked at at the end.
boot() {
	local vm append=''
	[ "$config" = plain ] || append=panic_on_warn=1
	: >"$channel"
	on_exit keep_corpus
	say "booting $kernel ($config): ${PROGRAM:-seeds from $first on}"
	"$top/qemu/vm.sh" --kernel "$kernel_dir" --initrd "$dir/initrd" --channel "$channel" --console "$console" \
		--memory "${MEMORY:-2048}" --timeout $((minutes * 60 + 300 + 180 * slowness)) --append "$append" &
	vm=$! running=$!
	tail -n +1 -s 1 -f --pid=$vm "$channel" | tr -d '\r' |
		sed -un 's/^nsattach: \(minute .*\|finding .*\|splat .*\|leak .*\)/   \1/p; s/^#/   #/p' &
	wait $vm || :
	wait || :
	running=''
	sed -i 's/\r$//' "$channel"
}

# found: sentences about what is wrong
found() {
	local last
	sed -n 's/^nsattach: finding /program /p' "$channel"
	! grep -q '^nsattach: splat' "$channel" || echo "the kernel log is not clean"
	! grep -q '^nsattach: leak' "$channel" || echo "kmemleak found objects that nobody has"
	if grep -q '^nsattach: done' "$channel"; then
		grep -q '^nsattach: end ' "$channel" || echo "the fuzzer did not come to its end"
		return
	fi
	last=$(sed -n 's/^nsattach: program //p' "$channel" | tail -n 1)
	echo "program ${last:-none}: the guest stopped: $(tr -d '\r' <"$console" |
		grep -vE -f "$top/qemu/harmless" | grep -E -m 1 -f "$top/qemu/splats" || echo 'no word in its log: a hang')"
}

# keep_corpus: at the end, even of a run that is interrupted; one that ended early has not come to all of the old ones
keep_corpus() {
	[ -z "${PROGRAM-}" ] || return 0
	tr -d '\r' <"$channel" | sed -n 's/^nsattach: corpus //p' >"$dir/corpus.new"
	grep -q '^nsattach: end ' "$channel" || cat "$dir/corpus" >>"$dir/corpus.new"
	awk '!had[$0]++' "$dir/corpus.new" >"$dir/corpus"
}

# one_of FILE: how to run the programs that it names, one of which has done it
one_of() {
	[ -s "$1" ] || return 0
	printf '   which of these %d was it: %s PROGRAM=@%s TIMES=1\n' "$(wc -l <"$1")" "$again" "$1"
}

tell_findings() {
	local name again="make fuzz KERNEL=$kernel CONFIG=$config${KSRC:+ KSRC=$KSRC}"
	printf '\n'
	sed 's/^/   /' "$dir/found" | head -n 40
	sed -nE 's/^program ([0-9.]+):? .*/\1/p' "$dir/found" | sort -u | head -n 5 | while read -r name; do
		printf '   again: %s PROGRAM=%s\n' "$again" "$name"
	done
	if grep -q '^program epoch' "$dir/found"; then
		awk '/^nsattach: finding epoch/ { exit } /^nsattach: epoch/ { n = 0 } sub(/^nsattach: program /, "") { name[n++] = $0 }
			END { for (i = 0; i < n; i++) print name[i] }' "$channel" >"$dir/epoch"
		one_of "$dir/epoch"
	fi
	# Seen only at the end: it may be the work of any.
	if grep -qvE '^program ([0-9]|epoch)' "$dir/found"; then
		sed -n 's/^nsattach: program //p' "$channel" | awk '!had[$0]++' >"$dir/all"
		one_of "$dir/all"
	fi
	printf '   (logs: %s, %s)\n' "$channel" "$console"
}

whole_number MINUTES
need_tool objdump binutils
mkdir -p "$dir"
lock "fuzz-$checkout"
build_and_pack
boot
programs=$(grep -c '^nsattach: program ' "$channel") || :
found >"$dir/found"
[ ! -s "$dir/found" ] || tell_findings
if [ -z "${PROGRAM-}" ] && [ "$programs" -gt 0 ]; then
	reached_lines "$ko" "$channel" >"$dir/$kernel-$config.lines"
	print_lines fuzz "$top/qemu/unreached" "$dir/$kernel-$config.lines"
fi
findings=$(wc -l <"$dir/found")
[ "$programs" -gt 0 ] || die "the guest ran no program (log: $channel)"
printf '\nfigure: fuzz.programs %d\nfigure: fuzz.findings %d\n' "$programs" "$findings"
# A program may have had more than one finding.
bad=$(sed -nE 's/^program ([^ :]+).*/\1/p' "$dir/found" | sort -u | wc -l)
printf '%d passed, %d failed\n' $((programs - (bad < programs ? bad : programs))) "$findings"
[ "$findings" = 0 ]
