#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
# The guest's job for `make fuzz`.
# shellcheck disable=SC2154 # fuzz_* come from /job/environment

modprobe nsattach || exit 1
if [ -s /job/names ]; then
	fuzz again "$fuzz_times" /job/names >&3 2>&1
else
	fuzz run "$fuzz_seconds" "$fuzz_first" /job/corpus >&3 2>&1
fi
status=$?
rmmod nsattach || {
	echo 'nsattach: finding last: the module can not be unloaded' >&3
	status=1
}
# Its end, too.
fuzz places >&3
# kmemleak wants to see an object twice, some seconds apart.
if [ -e /sys/kernel/debug/kmemleak ]; then
	for _ in 1 2; do
		sleep 6
		echo scan >/sys/kernel/debug/kmemleak
	done
	sed 's/^/nsattach: leak /' /sys/kernel/debug/kmemleak | head -n 60 >&3
fi
dmesg | grep -vE -f /job/harmless | grep -E -A 40 -f /job/splats | head -n 200 | sed 's/^/nsattach: splat /' >&3
exit $status
