# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
# On a patched kernel: a process gets a number of its own inside a container, and goes with it. Part of guest.sh.
# shellcheck disable=SC2154,SC2317,SC2009 # as there; its ps is busybox

can_number() { nsattach --features | grep -q '^pid-move .*number of its own'; }

outsider() { # SECONDS: a process of the host, $insider from now on
	(cd / && exec setsid sleep "$1" </dev/null >/dev/null 2>&1 3>&-) &
	insider=$!
	sleep 0.2
}

inner() { awk '/^NSpid:/ { print $NF }' "/proc/$insider/status"; }
both() { awk '/^NSpid:/ { print $2, $3 }' "/proc/$insider/status"; }
seen_inside() { "$runtime" exec room ps -o pid,args | awk -v nr="$1" '$1 == nr'; }
on_host() { ps -o pid,args | grep -q "^ *$1 sleep"; }

enter_room() {
	(cd / && $runtime run -d --bundle "$bundle" --pid-file /run/room.pid room </dev/null >/dev/null 2>&1 3>&-)
	room=$(cat /run/room.pid)
	outsider 4711
	show "nsattach --verbose --pid $insider --target $room --ns all --join-cgroup"
	claim "nsattach says that it succeeded" is $? 0
	for ns in mnt net uts ipc cgroup pid; do
		claim "$ns: it is in the container's" in_ns "$insider" "$ns" "$room"
	done
}

look_from_both_sides() {
	show "$runtime exec room ps -o pid,args"
	claim "inside, pid 1 is the container's init" has "$(seen_inside 1)" 86400
	claim "and the process is number $(inner)" has "$(seen_inside "$(inner)")" 4711
	show "grep ^NSpid /proc/$insider/status"
	claim "outside it is $insider as before" is "$(both)" "$insider $(inner)"
	show "ps -o pid,args | grep ' sleep [0-9]'"
	claim "the host shows both" eval "on_host $room && on_host $insider"
	show "$runtime ps --format json room"
	claim "$runtime ps shows it" eval "$runtime ps --format json room | grep -qw $insider"
}

reach_it() {
	show "$runtime exec room kill -0 $(inner)"
	claim "a signal from inside reaches it" is $? 0
	show "$runtime kill --all room TERM"
	wait "$insider"
	claim "$runtime kill --all ended it" is $? 143
	claim "the container runs on" on_host "$room"
}

take_it_along() {
	outsider 4712
	show "nsattach --pid $insider --target $room --ns all --join-cgroup"
	claim "another one joins" has "$(seen_inside "$(inner)")" 4712
	show "$runtime delete --force room"
	claim "$runtime delete works" is $? 0
	wait "$insider"
	claim "the process that had joined went with it" is $? 137
	claim "nobody is left of it" not eval "on_host $room || on_host $insider"
	claim "its cgroup is gone" not test -e /sys/fs/cgroup/room
	claim "$runtime has forgotten it" not eval "$runtime list | grep -q room"
}

by_number() {
	heading "A process with a number of its own inside (patched kernels)"
	enter_room
	look_from_both_sides
	reach_it
	take_it_along
}
