#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
# The guest's job for `make demo`. Commands are shown as they are typed, with their output, and every sentence that
# claims something is checked.
# shellcheck disable=SC2154,SC2317 # checks are called by claim; their variables come from world.sh
# shellcheck source=world.sh
. /job/world.sh
# shellcheck source=show.sh
. /job/show.sh
# shellcheck source=pid.sh
. /job/pid.sh

ask() { teller "$socket" "$1"; }

same_world() { in_ns "$subject" "$1" "$target"; }
own_world() { in_ns "$subject" "$1" self; }

answers() { # COMMAND-PREFIX...: does the daemon's TCP port answer there?
	"$@" nc -w 5 127.0.0.1 8080 </dev/null | grep "teller here, pid $subject"
}

threads_of() { for task in /proc/"$1"/task/*; do printf '%s ' "${task##*/}"; done; }

scene() {
	heading "1. A container, started by $runtime, and a daemon outside of it"
	start_container
	join_network
	start_daemon
	before=$(threads_of "$subject")
	show "$runtime list"
	claim "the container runs" grep -q . "/proc/$target/comm"
	show "$runtime exec box ip -4 -o addr"
	show "cat /proc/$subject/task/*/comm | xargs"
	echo "  (the daemon, pid $subject: one line per thread, named after the call it is blocked in)"
}

look_before() {
	heading "2. Before: the daemon lives on the host side"
	show "ls /proc/$subject/task/*/ns/* | xargs -n1 readlink | sort | uniq -c"
	show "ls /proc/$target/ns/* | xargs -n1 readlink"
	for ns in mnt net uts ipc cgroup; do
		claim "$ns: all threads of the daemon are where this shell is, the container is elsewhere" \
			eval "own_world $ns && not same_world $ns"
	done
	show "ip -o link | cut -d: -f2 | xargs"
	show "teller $socket interfaces"
	claim "the daemon sees the host's end of the cable" has "$(ask interfaces)" veth-box
	show "teller $socket hostname"
	claim "its hostname is the host's" is "$(ask hostname)" vm
	show "teller $socket root"
	claim "its root directory is the host's" has "$(ask root)" job
}

move() {
	heading "3. The one command"
	show "nsattach --verbose --pid $subject --target $target --ns mnt,net,uts,ipc,cgroup"
	claim "nsattach says that it succeeded" is $? 0
}

look_after() {
	heading "4. After: the same process, inside"
	show "ls /proc/$subject/task/*/ns/* | xargs -n1 readlink | sort | uniq -c"
	for ns in mnt net uts ipc cgroup; do
		claim "$ns: every thread is in the container's" same_world $ns
	done
	claim "the same threads as before: $before" is "$(threads_of "$subject")" "$before"
	show "teller $socket interfaces"
	claim "the daemon sees the container's end of the cable" has "$(ask interfaces)" eth0
	claim "and no longer the host's" not has "$(ask interfaces)" veth-box
	show "teller $socket hostname"
	claim "its hostname is the container's" is "$(ask hostname)" box
	show "teller $socket root"
	claim "its root directory is the container's" has "$(ask root)" inside-the-box
	show "teller $socket interrupted"
	claim "no blocked call was interrupted, none returned" is "$(ask interrupted)" "0 interrupted, 0 returned"
}

listen() {
	heading "5. A socket that it opens from now on is the container's"
	show "teller $socket 'listen 8080'"
	show "$runtime exec box nc -w 5 127.0.0.1 8080 </dev/null"
	claim "it answers inside the container" answers "$runtime" exec box
	show "nc -w 5 192.0.2.2 8080 </dev/null"
	show "nc -w 5 127.0.0.1 8080 </dev/null"
	claim "it does not answer outside" not answers
}

by_name() {
	heading "6. Back, and in again by the container's name"
	show "nsattach --detach --pid $subject"
	for ns in mnt net uts ipc cgroup; do
		claim "$ns: all threads of the daemon are back" own_world $ns
	done
	claim "it sees the host's interfaces again" has "$(ask interfaces)" veth-box
	claim "the container does not miss it" is "$($runtime exec box hostname)" box
	show "nsattach --pid $subject --target $runtime:box --ns net,uts"
	claim "net and uts are the container's" eval "same_world net && same_world uts"
	claim "mnt is not" own_world mnt
}

afterwards() {
	heading "7. $runtime does not mind"
	show "$runtime list"
	claim "$runtime list shows the container running" eval "$runtime list | grep -q 'box.*running'"
	show "$runtime exec box ps"
	claim "$runtime exec works" is "$($runtime exec box hostname)" box
	show "$runtime kill box KILL"
	claim "$runtime kill stops it" soon eval "$runtime list | grep -q 'box.*stopped'"
	claim "a stopped container is told so" refused 1 "this $runtime container is not running: start it first" \
		nsattach --pid "$subject" --target "$runtime:box" --ns net
	show "$runtime delete box"
	claim "$runtime delete works" is $? 0
	show "$runtime list"
	claim "the container is gone" not eval "$runtime list | grep -q box"
	claim "nsattach says so, too" refused 1 "no $runtime container has this name" \
		nsattach --pid "$subject" --target "$runtime:box" --ns net
	claim "the daemon lives on" is "$(ask hostname)" box
	show "kill $subject; rmmod nsattach"
	claim "the module unloads" soon not grep -q ^nsattach /proc/modules
	claim "the kernel log is clean" not eval "dmesg | grep -vEf /job/harmless | grep -Ef /job/splats"
}

show 'uname -r'
show "$runtime --version | head -n1"
scene
look_before
move
look_after
listen
by_name
if can_number; then by_number; fi
afterwards
conclude
