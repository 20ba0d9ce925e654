#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
# The guest's job for selftests.sh: run every program below /tests, up to three times while it fails, its TAP on fd 3.

say() { printf 'nsattach: %s\n' "$*" >&3; }

# What a check of the kernel has printed since the last call.
splats() {
	dmesg -c | grep -vE -f /job/harmless | grep -E -A 40 -f /job/splats | head -n 80 | sed 's/^/nsattach: splat /' >&3
}

# run NAME: true if it is not worth another try
run() {
	say begin "$1"
	# Some look for files beside them, some write where they are.
	(cd "/tests/$(dirname "$1")" && timeout -k 5 240 "./$(basename "$1")") >/run/output 2>&1 </dev/null
	status=$?
	cat /run/output >&3
	echo >&3
	splats
	say end "$1" $status
	[ $status = 0 ] || [ $status = 4 ] || return 1
	! grep -q '^not ok' /run/output
}

mkdir -p /home
splats
find /tests -type f | sort | while read -r program; do
	name=${program#/tests/}
	run "$name" || run "$name" || run "$name" || :
done
