#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
# The guest's job for `make bench` and `make overhead`: what /job/environment names in $NSATTACH_BENCH, figures on fd 3.
# NSATTACH_BARE=1: without the module.

# Daemons of the kernel that start by themselves would land in somebody's figure.
quiet_kernel() {
	echo 200000 >/proc/sys/kernel/threads-max
	# Without CONFIG_BASE_FULL 32768 is the most.
	echo 200000 >/proc/sys/kernel/pid_max || echo 32768 >/proc/sys/kernel/pid_max
	echo 1000000 >/proc/sys/vm/max_map_count
	echo 200000 >/proc/sys/fs/mount-max
	echo 0 >/proc/sys/kernel/hung_task_timeout_secs
} 2>/dev/null

quiet_kernel
# What a fork copies depends on where the program lies.
[ -z "$NSATTACH_BARE" ] || echo 0 >/proc/sys/kernel/randomize_va_space
[ -n "$NSATTACH_BARE" ] || modprobe nsattach || exit 1
# Each measurement gets its own process and time limit; a failure is told, and the rest goes on.
status=0
for name in $NSATTACH_BENCH; do
	timeout -s KILL 1200 bench "$name" >&3 2>/run/errors </dev/null || status=1
	sed "s/^/error:	$name	/" /run/errors >&3
done
dmesg | grep -vE -f /job/harmless | grep -E -A 40 -f /job/splats >/run/splats && status=1
sed 's/^/error:	kernel	/' /run/splats >&3
exit $status
