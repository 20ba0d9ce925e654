#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm.sh --kernel DIR --initrd FILE --channel FILE --console FILE [OPTION]...: one boot, bounded in time.
#   --memory MB      2048
#   --timeout S      600: the guest is killed after that, status 124
#   --append WORDS   more kernel parameters
#   --deterministic  one cpu; guest time counts guest instructions (for measuring, not for races)
#   --interactive    console on this terminal, no deadline
#   --gdb            gdb server on build/gdb.sock
set -eu -o pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

memory=2048 limit=600 append='' kernel_dir='' initrd='' channel='' console='' cpus=2
deterministic=false interactive=false gdb=false
while [ $# -gt 0 ]; do
	case $1 in
	--kernel) kernel_dir=$2 && shift ;;
	--initrd) initrd=$2 && shift ;;
	--channel) channel=$2 && shift ;;
	--console) console=$2 && shift ;;
	--memory) memory=$2 && shift ;;
	--timeout) limit=$2 && shift ;;
	--append) append=$2 && shift ;;
	--deterministic) deterministic=true cpus=1 ;;
	--interactive) interactive=true ;;
	--gdb) gdb=true ;;
	*) die "vm.sh: unknown option $1" ;;
	esac
	shift
done

# /dev/kvm may be there, and open, and hang the machine: it works where the processor itself offers virtualisation.
accelerator() {
	if $deterministic; then
		echo -accel tcg -cpu max -icount shift=0,sleep=off
	elif grep -qwE 'vmx|svm' /proc/cpuinfo && [ -w /dev/kvm ]; then
		echo -accel kvm -cpu host
	else
		echo -accel tcg,thread=multi -cpu max
	fi
}

# With TCG the guest reads the time stamp counter of this machine. On a busy one its own measurement against emulated timers
# comes out wrong by as much as a factor of four, and so does every clock of the guest.
counter_rate() {
	if [[ " ${accel[*]} " == *thread=multi* ]] && grep -qw constant_tsc /proc/cpuinfo && [ ! -e /sys/devices/system/cpu/cpu0/cpufreq ]; then
		awk -F : '/^cpu MHz/ { printf "tsc_early_khz=%d", $2 * 1000; exit }' /proc/cpuinfo
	fi
}

# The text and the stack of a WARN are warnings: without them the console of a guest that panics on it has the panic alone.
parameters() {
	echo console=ttyS0 loglevel="${NSATTACH_LOGLEVEL:-5}" log_buf_len=8M nokaslr tsc=reliable no_timer_check \
		oops=panic panic=-1 rcupdate.rcu_cpu_stall_timeout=60 watchdog_thresh=60 dummy.numdummies=0 "$(counter_rate)" "$append"
}

need_tool qemu-system-x86_64 qemu-system-x86
free=$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
[ "$free" -ge $((memory + 256)) ] || die "the guest needs $memory MB of memory and this machine has $free MB free"

read -ra accel < <(accelerator)
qemu=(qemu-system-x86_64 -machine q35 "${accel[@]}" -smp "$cpus" -m "$memory" -nodefaults -no-user-config -no-reboot
	-display none -kernel "$kernel_dir/bzImage" -initrd "$initrd" -append "$(parameters)")
if $gdb; then
	qemu+=(-chardev "socket,path=$build/gdb.sock,server=on,wait=off,id=gdb" -gdb chardev:gdb)
fi
if $interactive; then
	exec "${qemu[@]}" -serial mon:stdio -serial "file:$channel"
fi
exec timeout -k 5 "$limit" "${qemu[@]}" -monitor none -serial "file:$console" -serial "file:$channel" </dev/null
