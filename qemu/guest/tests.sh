#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
# The guest's job for `make test`: run every program of /tests, its TAP on fd 3, and look at the kernel log after each.

say() { printf 'nsattach: %s\n' "$*" >&3; }

now() { cut -d. -f1 /proc/uptime; }

# Everything that a check of the kernel has printed since the last call, minus what is known to be harmless.
splats() {
	dmesg -c >/run/log
	cat /run/log >>/run/log.all
	grep -vE -f /job/harmless /run/log | grep -E -A 40 -f /job/splats | head -n 80 | sed 's/^/nsattach: splat /' >&3
}

# A program that was killed may leave children, which would disturb the next one.
kill_leftovers() {
	for dir in /proc/[0-9]*; do
		pid=${dir#/proc/}
		if [ "$pid" -le 2 ] || [ "$pid" = $$ ]; then continue; fi
		[ -n "$(tr -d '\0' <"$dir/cmdline")" ] && kill -9 "$pid"
	done 2>/dev/null
}

# suite NAME LIMIT COMMAND...
suite() {
	name=$1 limit=$2 began=$(now)
	shift 2
	say begin "$name"
	printf 'nsattach: suite %s\n' "$name" >/dev/kmsg
	timeout -k 5 "$limit" "$@" >&3 2>&1 </dev/null
	status=$?
	echo >&3 # the last line may have no end
	[ $(($(now) - began)) -lt "$limit" ] || status=timeout
	kill_leftovers
	splats
	say end "$name" "$status" $(($(now) - began))
}

# One TAP test around one command.
tap_one() {
	echo 1..1
	tap_ok 1 "$@"
}

# tap_ok NUMBER WHAT COMMAND...
tap_ok() {
	what="$1 $2"
	shift 2
	if "$@"; then echo "ok $what"; else echo "not ok $what"; fi
}

load() {
	tap_one "nsattach.ko loads" modprobe nsattach
	[ -n "$NSATTACH_GDB" ] || return 0
	for section in .text .data .bss; do
		say section "$section" "$(cat /sys/module/nsattach/sections/$section)"
	done
	sleep 10 # time for gdb to attach, which stops the guest
}

unload() {
	lsmod | grep -q '^nsattach ' || modprobe nsattach
	tap_one "nsattach.ko unloads" rmmod nsattach
}

# kmemleak wants to see an object twice, some seconds apart.
leaks() {
	for _ in 1 2; do
		sleep 6
		echo scan >/sys/kernel/debug/kmemleak
	done
	cat /sys/kernel/debug/kmemleak
	tap_one "no leaked object" test ! -s /sys/kernel/debug/kmemleak
}

# A check that switched itself off, as lockdep does when it runs out of room, finds nothing either.
checks() {
	locks=/proc/lockdep_stats races=/sys/kernel/debug/kcsan leaks=/sys/kernel/debug/kmemleak
	count=0
	for file in $locks $races $leaks; do [ ! -e "$file" ] || count=$((count + 1)); done
	echo "1..$count"
	count=0
	if [ -e $locks ]; then
		tap_ok $((count += 1)) "lockdep is on" grep -Eq '^ *debug_locks: +1$' $locks
	fi
	if [ -e $races ]; then
		tap_ok $((count += 1)) "KCSAN is on" grep -Eq '^setup_watchpoints: [1-9]' $races
		sed -n 's/^setup_watchpoints: /figure: kcsan.watchpoints /p' $races
	fi
	if [ -e $leaks ]; then tap_ok $((count += 1)) "kmemleak is on" sh -c "echo scan >$leaks"; fi
}

case $1 in load | unload | leaks | checks) "$1"; exit ;; esac

# The programs, those of NSATTACH_FIRST before the others.
programs() {
	for name in $NSATTACH_FIRST; do
		[ ! -e "/tests/${name}_test" ] || echo "/tests/${name}_test"
	done
	for program in /tests/*; do
		[ -e "$program" ] || continue
		name=$(basename "$program" _test)
		case " $NSATTACH_FIRST " in *" $name "*) ;; *) echo "$program" ;; esac
	done
}

# A module that was traced: where its sections are while it is there, and where it has been.
traced() {
	[ ! -e /bin/fuzz ] || fuzz places >&3
}

suite load 60 sh "$0" load
for program in $(programs); do
	suite "$(basename "$program" _test)" "$NSATTACH_LIMIT" "$program"
done
# Not "unload", which is the name of a program.
traced
suite rmmod 60 sh "$0" unload
traced
[ ! -e /sys/kernel/debug/kmemleak ] || suite leaks 300 sh "$0" leaks
if [ -e /proc/lockdep_stats ] || [ -e /sys/kernel/debug/kcsan ] || [ -e /sys/kernel/debug/kmemleak ]; then
	suite checks 60 sh "$0" checks
fi
# What leaves the kernel unable to load modules.
[ ! -e /job/last ] || suite newcomer 120 /job/last
