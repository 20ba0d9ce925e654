#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# test.sh [host] [KERNEL[:CONFIG]]...: run the suites there, print a line per suite, a table, and `N passed, N failed`.
#   TEST="threads abi"   only these suites (shell patterns)
#   KSRC=/path/to/linux  that tree as the kernel
#   V=1                  show all of the TAP
#   SCALE=whole          the full numbers of rounds and processes (hours)
#   RESUME=1             what passed before with the same inputs is not run again
#   RESULTS=FILE         where the rows go; build/results.tsv without it
#   DETERMINISTIC=1      one processor, guest time counts guest instructions
#   SOAK=60              the soak suite for so many minutes, with a line a minute
#   FIRST="threads"      these suites before the others
#   TRACE=1              with a module that tells where it has been: build/coverage/KERNEL-CONFIG-N.lines
#   STOP=1 CAUGHT=FILE   end the guest at the first failure, and leave word of it in FILE
set -eu -o pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=product.sh
. "$(dirname "$0")/product.sh"
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=debian.sh
. "$(dirname "$0")/debian.sh"
# shellcheck source=suites.sh
. "$(dirname "$0")/suites.sh"
# shellcheck source=cells.sh
. "$(dirname "$0")/cells.sh"
# shellcheck source=lines.sh
. "$(dirname "$0")/lines.sh"

work=$(mktemp -d)
results=${RESULTS:-$work/results.tsv}
# shellcheck disable=SC2016 # expanded when it runs
on_exit 'rm -rf "$work"'

# A debug kernel takes several times as long for everything.
slowness() { case $1 in plain) echo 1 ;; *) echo 7 ;; esac; }

# Seconds that one suite may take.
limit() {
	local seconds=300
	[ "${SCALE:-quick}" != whole ] || seconds=3600
	echo "${LIMIT:-$((seconds * $(slowness "$1") + ${SOAK:-0} * 60))}"
}

# host_suite NAME MAKE-ARGUMENT...
host_suite() {
	local name=$1 began=$SECONDS status=0
	shift
	interruptible timeout 300 "${make[@]}" -s "$@" >"$build/logs/host-$name" 2>&1 </dev/null || status=$?
	{
		echo "nsattach: begin $name"
		cat "$build/logs/host-$name"
		echo "nsattach: end $name $status $((SECONDS - began))"
		echo "nsattach: done 0"
	} | tap_read host - "$results" 60
}

host() {
	say "on this machine"
	lock "build-$checkout"
	build_userland
	unlock "build-$checkout"
	if selected userland; then host_suite userland -C "$top/userland" check; fi
	if selected unit && grep -qs '^host:' "$top/tests/Makefile"; then
		host_suite unit -C "$top/tests" host
	fi
}

# selected SUITE: does TEST= ask for it (or for everything)?
selected() {
	local pattern
	[ -n "${TEST-}" ] || return 0
	for pattern in $TEST; do
		# shellcheck disable=SC2053 # these are patterns
		[[ $1 == $pattern ]] && return
	done
	return 1
}

# selected_suites KERNEL: their names. An old program may lie in build/tests: only what has a source counts.
selected_suites() {
	local file suite
	for file in "$top"/tests/*_test.c; do
		suite=$(basename "$file" _test.c)
		if selected "$suite"; then echo "$suite"; fi
	done
	script_suites "$1"
}

# test_items KERNEL: what they need in the guest
test_items() {
	local suite
	selected_suites "$1" | while read -r suite; do
		[ ! -e "$top/tests/${suite}_test.c" ] || echo "file:$build/tests/${suite}_test:/tests/"
	done
	script_items "$1"
}

pack() { # KERNEL CONFIG KERNEL-DIR
	local -a items
	printf 'export NSATTACH_KERNEL=%q NSATTACH_CONFIG=%q NSATTACH_SLOWNESS=%d NSATTACH_SCALE=%q NSATTACH_LIMIT=%d NSATTACH_GDB=%q NSATTACH_FIRST=%q NSATTACH_SOAK=%q\n' \
		"$1" "$2" "$(slowness "$2")" "${SCALE:-quick}" "$(limit "$2")" "${GDB-}" "${FIRST-}" "${SOAK-}" \
		>"$work/environment"
	mapfile -t items < <(test_items "$1" && command_items)
	[ -z "${TRACE-}" ] || items+=("ko:$trace_ko" "file:$build/fuzz/fuzz")
	"$top/qemu/initramfs.sh" "$work/initrd" "$3" "${guest_items[@]}" "${items[@]}" "ko:$ko" \
		"file:$work/environment:/job/" "file:$top/qemu/guest/tests.sh:/job/main" \
		"file:$top/qemu/splats:/job/" "file:$top/qemu/harmless:/job/"
}

# emulator_slipped LOGS: did the guest die at boot of a breakpoint that was gone already? QEMU can run one that the kernel
# has taken back when it patches its own code on two processors. No test had begun.
emulator_slipped() {
	! grep -qa '^nsattach: ' "$1/channel" && grep -qa 'Oops: int3' "$1/console"
}

# vm_run KERNEL CONFIG KERNEL-DIR [TRY]: boot, and read the verdict while it is written
vm_run() {
	local logs=$build/logs/$1-$2 status=0 vm silence=$(($(limit "$2") + 120))
	local append='' memory=2048
	local -a options=()
	[ "$2" = plain ] || append=panic_on_warn=1
	# Container engines want programs of AppArmor where the kernel has it.
	if wants_runtimes; then append+=' apparmor=0' memory=4096; fi
	[ -z "${GDB-}" ] || { options+=(--gdb) && silence=86400; }
	[ -z "${DETERMINISTIC-}" ] || options+=(--deterministic)
	mkdir -p "$logs"
	: >"$logs/channel"
	"$top/qemu/vm.sh" --kernel "$3" --initrd "$work/initrd" --channel "$logs/channel" --console "$logs/console" \
		--append "$append" --memory "${MEMORY:-$memory}" --timeout "${TIMEOUT:-$((6 * $(limit "$2")))}" "${options[@]}" &
	vm=$! running=$!
	# In the background and waited for, so that a signal ends the guest at once.
	{ tail -n +1 -s 0.2 -f --pid=$vm "$logs/channel" |
		tap_read "$1" "$2" "$results" $silence; } &
	wait $! || status=1
	# Who reads the channel stops when it has heard enough, or nothing for too long.
	[ $status = 0 ] || kill $vm 2>/dev/null || :
	wait $vm || status=1
	running=''
	if [ $status != 0 ] && [ "${4-1}" -lt 3 ] && emulator_slipped "$logs"; then
		say "QEMU ran a breakpoint that was gone while the kernel booted: once more"
		vm_run "$1" "$2" "$3" $((${4-1} + 1))
		return
	fi
	if [ $status = 0 ] || { [ -n "${STOP-}" ] && [ -s "$CAUGHT" ]; }; then return 0; fi
	cells_forget "$1" "$2"
	printf '   the guest did not end properly; the end of its console (%s):\n' "$logs/console"
	tail -n 40 "$logs/console" | sed 's/^/      | /'
	printf '%s\t%s\t%s\t0\t1\t0\t0\n' "$1" "$2" verdict >>"$results"
}

# traced NAME: keep what this guest has told about the module
traced() {
	boots+=1
	mkdir -p "$build/coverage"
	reached_lines "$ko" "$build/logs/$1/channel" >"$build/coverage/$1-$boots.lines"
}

# no_word KERNEL CONFIG SUITE...: what the guest said nothing of has failed
no_word() {
	local suite
	for suite in "${@:3}"; do
		printf 'FAILED  %-14s the guest said nothing of it\n' "$suite"
		printf '%s\t%s\t%s\t0\t1\t0\t0\n' "$1" "$2" "$suite" >>"$results"
	done
}

on_kernel() { # KERNEL CONFIG
	local kernel_dir TEST=${TEST-}
	local -a suites
	local -i boots=0
	say "on $1 ($2)"
	kernel_dir=$("$top/qemu/kernel.sh" "$1" "$2" | tail -n1)
	lock "build-$checkout"
	build_userland
	build_module "$kernel_dir" "$1-$2"
	build_tests
	[ -z "${TRACE-}" ] || build_fuzz
	unlock "build-$checkout"
	lock "vm-$checkout-$1-$2"
	cells_begin "$kernel_dir"
	mapfile -t suites < <(selected_suites "$1")
	[ ${#suites[@]} -gt 0 ] || die "there is no suite TEST='$TEST' (see tests/*_test.c and qemu/suites.sh)"
	# Once more for those that come after one that ends the guest.
	while mapfile -t suites < <(cells_to_do "$1" "$2" "${suites[@]}") && [ ${#suites[@]} -gt 0 ]; do
		TEST=${suites[*]}
		pack "$1" "$2" "$kernel_dir"
		say "booting $1 ($2)"
		vm_run "$1" "$2" "$kernel_dir"
		[ -z "${TRACE-}" ] || traced "$1-$2"
		[ -z "${STOP-}" ] || break
		[ "$(cells_to_do "$1" "$2" "${suites[@]}" | wc -l)" -lt ${#suites[@]} ] || break
	done
	[ -n "${STOP-}" ] || [ ${#suites[@]} = 0 ] || no_word "$1" "$2" "${suites[@]}"
	unlock "vm-$checkout-$1-$2"
}

# apart KERNEL CONFIG: on_kernel in a process of its own, so that a kernel that cannot be had, or a module that does not
# compile for it, is one failure and the others still run. Not in an if or ||, where set -e would not hold in it. And in a
# process group of its own, which a signal ends whole: the shell alone would wait for the kernel that it has compiled.
apart() {
	local status
	set -m
	(
		exit_commands=() running=''
		set_traps
		set -e
		on_kernel "$@"
	) </dev/null &
	running=-$!
	set +em
	wait "$!"
	status=$?
	set -e
	running=''
	[ $status = 0 ] || printf '%s\t%s\tbuild\t0\t1\t0\t0\n' "$1" "$2" >>"$results"
}

mkdir -p "$build/logs"
: >"$results"
[ $# -gt 0 ] || set -- host 6.1-stock 6.1-patched
for where in "$@"; do
	case $where in
	host | host:*) host ;;
	*:*) apart "${where%%:*}" "${where#*:}" ;;
	*) apart "$where" plain ;;
	esac
done
[ -n "${RESULTS-}" ] || cp "$results" "$build/results.tsv"
tap_table "$results"
