# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC2034,SC2154,SC2317
# In the guest: what the demonstrations with Docker Engine and Podman have in common. $engine is the command.
# shellcheck source=world.sh
. /job/world.sh
# shellcheck source=show.sh
. /job/show.sh

ask() { teller "$socket" "$1"; }

# Debian has both, and engines look there.
mkdir -p /var/lib /var/tmp
ln -sfn /run /var/run

# An image made of busybox.
import_image() {
	make_rootfs
	mkdir -p $bundle/rootfs/proc $bundle/rootfs/sys $bundle/rootfs/dev
	tar -C $bundle/rootfs -cf /tmp/busybox.tar .
}

pid_of() { "$engine" inspect -f '{{.State.Pid}}' "$1"; }

# Each type of namespace is another one than ours.
contained() {
	for ns in mnt net uts ipc pid; do
		not is "$(readlink "/proc/$1/ns/$ns")" "$(readlink "/proc/self/ns/$ns")" || return
	done
}

own_world() { in_ns "$subject" "$1" self; }

# The process before, and the one command: P is moved into the net and mnt of web.
attach_by_name() {
	show "teller $socket interfaces"
	show "teller $socket root"
	claim "before: all threads of the process are in the host's net and mnt" eval "own_world net && own_world mnt"
	show "nsattach --pid $subject --target $engine:web --ns net,mnt"
	claim "nsattach moved it" is $? 0
	claim "net and mnt of all its threads are the container's" eval "in_ns $subject net $pid && in_ns $subject mnt $pid"
	claim "uts, ipc and pid stayed the host's" eval "own_world uts && own_world ipc && own_world pid"
	show "teller $socket interfaces"
	claim "it sees the interfaces that the container sees" is "$(ask interfaces | tr ' ' '\n' | sort | xargs)" \
		"$("$engine" exec web ls /sys/class/net | sort | xargs)"
	show "teller $socket root"
	claim "it sees the container's root directory" has "$(ask root)" inside-the-box
	claim "no blocked call of it was interrupted" is "$(ask interrupted)" "0 interrupted, 0 returned"
}

# A socket that it opens from now on belongs to the container.
listen_inside() {
	show "teller $socket 'listen 8080'"
	show "$engine exec web nc -w 5 127.0.0.1 8080 </dev/null"
	claim "it answers inside the container" says "$("$engine" exec web nc -w 5 127.0.0.1 8080 </dev/null)" \
		"teller here, pid $subject"
	claim "and not on the host" not nc -w 5 127.0.0.1 8080
}

# Every way to name a container, and what is said of one that is stopped or gone.
names() {
	show "nsattach --detach --pid $subject"
	claim "a detach puts it back" eval "own_world net && own_world mnt"
	show "nsattach --pid $subject --target container:db --ns uts"
	claim "container:NAME finds the engine" in_ns "$subject" uts "$(pid_of db)"
	id=$("$engine" ps -q --filter name=web)
	show "nsattach --pid $subject --target $engine:$id --ns net,mnt"
	claim "the short id is a name, too" in_ns "$subject" net "$pid"
	claim "a name that there is not is told" refused 1 "no $thing container has this name" \
		nsattach --pid "$subject" --target "$engine:wbe" --ns net
}

# With the process still inside.
goes_on() {
	show "$engine ps"
	claim "$engine ps lists both containers" is "$("$engine" ps -q | wc -l)" 2
	show "$engine exec web ps"
	claim "$engine exec works" says "$("$engine" exec web ps)" "sleep 86400"
	show "$engine stop -t 1 web"
	claim "$engine stop works" is "$("$engine" inspect -f '{{.State.Running}}' web)" false
	claim "nsattach says that it is stopped" refused 1 "this $thing container is not running: start it first" \
		nsattach --pid "$subject" --target "$engine:web" --ns net
	show "$engine start web"
	claim "$engine starts it again" is "$("$engine" inspect -f '{{.State.Running}}' web)" true
	show "nsattach --detach --pid $subject"
	claim "and back from the stopped container" eval "own_world net && own_world mnt"
	show "nsattach --pid $subject --target $engine:web --ns net,mnt"
	claim "the new one is found by the same name" in_ns "$subject" net "$(pid_of web)"
	show "$engine rm -f web db"
	claim "$engine rm works with the process inside" is "$("$engine" ps -aq | wc -l)" 0
	claim "nsattach says that it has gone" refused 1 "no $thing container has this name" \
		nsattach --pid "$subject" --target "$engine:web" --ns net
	claim "the process lives on" eval "is '$(ask interrupted)' '0 interrupted, 0 returned'"
	claim "the kernel log is clean" not eval "dmesg | grep -vEf /job/harmless | grep -Ef /job/splats"
}
