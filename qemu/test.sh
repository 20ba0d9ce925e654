#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# test.sh [host] [KERNEL[:CONFIG]]...: run the suites there, print a line per suite, a table, and `N passed, N failed`.
#   TEST="threads abi"   only these suites (shell patterns)
#   KSRC=/path/to/linux  that tree as the kernel
#   V=1                  show all of the TAP
#   SCALE=whole          the full numbers of rounds and processes (hours)
#   RESUME=1             what passed before with the same inputs is not run again (see cells.sh)
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
	interruptible timeout 900 "${make[@]}" -s "$@" >"$build/logs/host-$name" 2>&1 </dev/null || status=$?
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

# environment KERNEL CONFIG: what the guest's job is told
environment() {
	printf 'export NSATTACH_KERNEL=%q NSATTACH_CONFIG=%q NSATTACH_SLOWNESS=%d NSATTACH_SCALE=%q NSATTACH_LIMIT=%d NSATTACH_GDB=%q NSATTACH_FIRST=%q NSATTACH_SOAK=%q\n' \
		"$1" "$2" "$(slowness "$2")" "${SCALE:-quick}" "$(limit "$2")" "${GDB-}" "${FIRST-}" "${SOAK-}"
}

# common_items: what every guest has
common_items() {
	printf '%s\n' "${guest_items[@]}"
	command_items
	[ -z "${TRACE-}" ] || printf '%s\n' "ko:$trace_ko" "file:$build/fuzz/fuzz"
	printf '%s\n' "ko:$ko" "file:$work/environment:/job/" "file:$top/qemu/guest/tests.sh:/job/main" \
		"file:$top/qemu/splats:/job/" "file:$top/qemu/harmless:/job/"
}

# list_items KERNEL CONFIG SUITE...: into $work/common, and $work/items/SUITE. Into files, since a failure in <() goes unnoticed
# and the guest would lack something.
list_items() {
	local suite
	mkdir -p "$work/items"
	environment "$1" "$2" >"$work/environment"
	common_items >"$work/common"
	for suite in "${@:3}"; do suite_items "$suite" >"$work/items/$suite"; done
}

# pack KERNEL-DIR SUITE...
pack() {
	local -a items
	mapfile -t items < <(cd "$work/items" && cat "${@:2}" ../common | awk '!had[$0]++')
	"$top/qemu/initramfs.sh" "$work/initrd" "$1" "${items[@]}"
}

# emulator_slipped LOGS: did the guest die at boot of a breakpoint that was gone already? QEMU can run one that the kernel
# has taken back when it patches its own code on two processors. No test had begun.
emulator_slipped() {
	! grep -qa '^nsattach: ' "$1/channel" && grep -qa 'Oops: int3' "$1/console"
}

# choose_vm CONFIG: sets vm_options
choose_vm() {
	local append=''
	[ "$1" = plain ] || append=panic_on_warn=1
	# Container engines want programs of AppArmor where the kernel has it.
	if wants_runtimes; then append+=' apparmor=0'; fi
	vm_options=(--append "$append" --memory "$(guest_memory)")
	[ -z "${GDB-}" ] || vm_options+=(--gdb)
	[ -z "${DETERMINISTIC-}" ] || vm_options+=(--deterministic)
}

# red KERNEL CONFIG SUITE LINE...: what there is no TAP of has failed. What could not be built has said why.
red() {
	local kernel=$1 config=$2
	printf 'FAILED  %-14s %s\n' "$3" "$4"
	[ $# -lt 5 ] || printf '%s\n' "${@:5}"
	printf '        %s\n' "$(again "$1" "$2" "$3")"
	printf '%s\t%s\t%s\t0\t1\t0\t0\n' "$1" "$2" "$3" >>"$results"
	[ "$3" = build ] || cell_done "$3" 1 '' "   $3: $4" "${@:5}"
}

# vm_run KERNEL CONFIG KERNEL-DIR [TRY]: boot, and read the verdict while it is written. No boot takes as long as a suite may.
vm_run() {
	local logs=$build/logs/$1-$2 status=0 vm boot=$((300 * $(slowness "$2"))) silence=$(($(limit "$2") + 120)) console
	[ -z "${GDB-}" ] || boot=86400 silence=86400
	mkdir -p "$logs"
	: >"$logs/channel"
	: >"$logs/console"
	"$top/qemu/vm.sh" --kernel "$3" --initrd "$work/initrd" --channel "$logs/channel" --console "$logs/console" \
		--timeout "${TIMEOUT:-$((6 * $(limit "$2")))}" "${vm_options[@]}" &
	vm=$! running=$!
	# In the background and waited for, so that a signal ends the guest at once.
	{ tail -n +1 -s 0.2 -f --pid=$vm "$logs/channel" |
		tap_read "$1" "$2" "$results" $silence $boot; } &
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
	[ $status != 0 ] || cells_keep "$1" "$2"
	if [ $status = 0 ] || { [ -n "${STOP-}" ] && [ -s "$CAUGHT" ]; }; then return 0; fi
	cells_forget "$1" "$2"
	# The next guest has a console as well.
	console=$(mktemp "$logs/console.XXXX")
	cp "$logs/console" "$console"
	red "$1" "$2" verdict "the guest did not end properly; the end of its console ($console):" \
		"$(tail -n 38 "$console" | tr -d '\r' | sed 's/^/      | /')"
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
	for suite in "${@:3}"; do red "$1" "$2" "$suite" 'the guest said nothing of it'; done
}

# build_all KERNEL CONFIG KERNEL-DIR
build_all() {
	build_userland
	build_module "$3" "$1-$2"
	build_tests
	[ -z "$(script_suites "$1")" ] || build_teller
	[ -z "${TRACE-}" ] || build_fuzz
}

# What is packed is what the keys are of, and what was built: nobody else builds between.
on_kernel() { # KERNEL CONFIG
	local kernel_dir skips_of=$1 TEST=${TEST-}
	local -a suites vm_options
	local -i boots=0
	say "on $1 ($2)"
	kernel_dir=$("$top/qemu/kernel.sh" "$1" "$2" | tail -n1)
	[ "$1" != own ] || grep -qx CONFIG_NSATTACH_PID_MOVE=y "$kernel_dir/.config" || skips_of=own-unpatched
	mapfile -t suites < <(selected_suites "$1")
	[ ${#suites[@]} -gt 0 ] || die "there is no suite TEST='$TEST' (see tests/*_test.c and qemu/suites.sh)"
	choose_vm "$2"
	lock "vm-$checkout-$1-$2"
	rm -f "$build/logs/$1-$2"/console.*
	lock "build-$checkout"
	build_all "$1" "$2" "$kernel_dir"
	list_items "$1" "$2" "${suites[@]}"
	cells_begin "$kernel_dir" "${suites[@]}"
	# Once more for those that come after one that ends the guest.
	while mapfile -t suites < <(cells_to_do "$1" "$2" "${suites[@]}") && [ ${#suites[@]} -gt 0 ]; do
		TEST=${suites[*]}
		pack "$kernel_dir" "${suites[@]}"
		unlock "build-$checkout"
		say "booting $1 ($2)"
		vm_run "$1" "$2" "$kernel_dir"
		lock "build-$checkout"
		[ -z "${TRACE-}" ] || traced "$1-$2"
		[ -z "${STOP-}" ] || break
		[ "$(cells_to_do "$1" "$2" "${suites[@]}" | wc -l)" -lt ${#suites[@]} ] || break
		cells_begin "$kernel_dir" "${suites[@]}"
	done
	unlock "build-$checkout"
	[ -n "${STOP-}" ] || [ ${#suites[@]} = 0 ] || no_word "$1" "$2" "${suites[@]}"
	unlock "vm-$checkout-$1-$2"
}

# of KERNEL CONFIG: with set -e, which its caller must not have
of() {
	set -e
	case $1 in host) host ;; *) on_kernel "$@" ;; esac
}

# apart KERNEL CONFIG: in a process of its own, so that a kernel that cannot be had, or a module that does not compile for it,
# is one failure and the others still run. Not in an if or ||, where set -e would not hold in it. The shell alone would wait for
# the kernel that it has compiled, so a signal ends all that it has started.
apart() {
	local status
	set +e
	grouped of "$@"
	status=$?
	set -e
	[ $status = 0 ] || red "$1" "$2" build 'what is to run could not be had or made, see above'
}

check_asked
MINUTES=${SOAK-} whole_number MINUTES
mkdir -p "$build/logs"
: >"$results"
[ $# -gt 0 ] || set -- host 6.1-stock 6.1-patched
for where in "$@"; do
	case $where in
	host | host:*) apart host - ;;
	*:*) apart "${where%%:*}" "${where#*:}" ;;
	*) apart "$where" plain ;;
	esac
done
[ -n "${RESULTS-}" ] || cp "$results" "$build/results.tsv"
tap_table "$results"
