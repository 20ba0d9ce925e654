#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC2154,SC2317
# A container of Docker Engine as one sees it from the host, and a live process that comes to see it from inside.
engine=docker thing=Docker
# shellcheck source=engine.sh
. /job/engine.sh

start_engine() {
	for name in iptables iptables-save iptables-restore ip6tables; do
		ln -sf xtables-legacy-multi /usr/sbin/$name
	done
	mkdir -p /etc/docker
	dockerd >/run/dockerd.log 2>&1 3>&- &
	for _ in 1 2 3 4 5 6; do
		if soon docker version >/dev/null 2>&1; then return; fi
	done
	tail -n 20 /run/dockerd.log
}

scene() {
	heading "1. Two containers"
	show "docker import /tmp/busybox.tar busybox"
	for name in web db; do
		show "docker run -d --name $name -e COLOUR=$name busybox sleep 86400"
		claim "$name runs" is "$(docker inspect -f '{{.State.Running}}' $name)" true
	done
	show "docker ps"
}

cable_of() { grep -lx "$(docker exec "$1" cat /sys/class/net/eth0/iflink)" /sys/class/net/veth*/ifindex; }

walk() {
	heading "2. What a container is, seen from the host"
	show "docker inspect -f '{{.State.Pid}}' web"
	pid=$(pid_of web)
	claim "its first process is an ordinary one here, number $pid" is "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "sleep 86400 "
	show "tr '\\0' '\\n' </proc/$pid/environ"
	claim "its environment can be read" eval "tr '\\0' '\\n' </proc/$pid/environ | grep -x COLOUR=web"
	show "docker exec web ps -ef"
	claim "inside, it is number 1" eval "docker exec web ps -ef | grep -E '^ *1 .*sleep 86400'"
	show "ip -o link | grep veth"
	claim "there is one veth for each container" is "$(ip -o link | grep -c veth)" 2
	claim "web's eth0 is the other end of one, db's of the other" not is "$(cable_of web)" "$(cable_of db)"
	show "grep ' / ' /proc/$pid/mounts"
	claim "its mounts are its own, on an overlay" eval \
		"grep '^overlay / ' /proc/$pid/mounts && ! cmp -s /proc/$pid/mounts /proc/self/mounts"
	show "ls -l /proc/$pid/ns"
	claim "it has namespaces of its own" contained "$pid"
}

# The examples of the manual page that are about Docker, as they are printed there.
examples() {
	mkdir -p /sys/fs/cgroup/system.slice/ssh.service
	echo "$subject" >/sys/fs/cgroup/system.slice/ssh.service/cgroup.procs
	sed -n '/^\.SH EXAMPLES/,/^\.SH SEE/ { s/\\-/-/g; /^nsattach.*docker:/p; }' /job/nsattach.8 >/run/examples
	claim "nsattach(8) has examples with docker:" test -s /run/examples
	while read -r line; do
		show "$line"
		claim "this example of nsattach(8) works" eval "is $? 0 && in_ns $subject net $pid"
		nsattach --detach --pid "$subject"
	done </run/examples
}

import_image
start_engine
show "docker version --format 'Docker Engine {{.Server.Version}}'"
scene
walk
heading "3. A process outside of it: the one command"
start_daemon
attach_by_name
listen_inside
claim "it answers to the other container, at web's address" says \
	"$(docker exec db nc -w 5 "$(docker inspect -f '{{.NetworkSettings.IPAddress}}' web)" 8080 </dev/null)" \
	"teller here, pid $subject"
heading "4. By other names"
names
nsattach --detach --pid "$subject"
examples
nsattach --pid "$subject" --target docker:web --ns net,mnt
heading "5. Docker does not mind"
goes_on
kill "$subject"
conclude
