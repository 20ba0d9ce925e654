#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC2154,SC2317
# The stories of README.md and the examples of nsattach(8), run as they are printed there: only the numbers that stand for
# a process are replaced.
export RUNTIME=runc
# shellcheck source=world.sh
. /job/world.sh
# shellcheck source=show.sh
. /job/show.sh

# story NUMBER: the indented lines of that paragraph of README's stories
story() {
	sed -n '/^## Stories/,/^## [^S]/p' /job/README.md | awk -v n="$1" '
		/^    / { if (!inside) block++; inside = 1; if (block == n) print substr($0, 5); next }
		{ inside = 0 }'
}

# as_here: 3728 and 1234 are the subject and the target
as_here() { sed -e "s/\b3728\b/$subject/g" -e "s/\b1234\b/$target/g"; }

# line N OF-STORY: show that line of it; the status is the command's
line() {
	text=$(story "$2" | sed -n "$1p" | as_here)
	[ -n "$text" ] || text="echo 'story $2 has no line $1' && false"
	show "$text"
}

ask() { teller "$socket" "$1"; }
own_world() { in_ns "$subject" "$1" self; }

# A service as systemd keeps it, a cgroup of its own; the work is done by a child of its first process.
start_service() {
	rm -f $socket
	# shellcheck disable=SC2016 # the shell that is started expands it
	(cd / && exec setsid sh -c 'teller "$1" & wait' - $socket </dev/null >/run/teller.log 2>&1 3>&-) &
	main=$!
	soon test -S $socket
	teller $socket hostname >/dev/null
	subject=$(family $main)
	mkdir -p /sys/fs/cgroup/system.slice/web.service
	for pid in $main $subject; do
		echo "$pid" >/sys/fs/cgroup/system.slice/web.service/cgroup.procs
	done
}

make_blue() {
	mkdir -p /run/netns
	touch /run/netns/blue
	unshare -n sleep 86404 &
	soon not own_net $!
	mount --bind /proc/$!/ns/net /run/netns/blue
	ip link add veth-blue type veth
	ip link set veth0 netns $!
	nsenter -t $! -n ip link set veth0 name eth-blue
	kill $!
}

behind_another_network() {
	heading "A daemon behind another network, and back"
	start_service
	make_blue
	line 1 1
	claim "the service is behind the network blue" is "$?$(readlink "/proc/$subject/ns/net" | sed 's/.*\[/ /; s/\]//')" \
		"0 $(stat -L -c %i /run/netns/blue)"
	claim "its first process, too" in_ns "$main" net "$subject"
	claim "nobody stays outside, so nothing is said" test ! -s /run/show.log
	claim "it sees the interfaces of blue" is "$(ask interfaces | tr ' ' '\n' | sort | xargs)" "eth-blue lo"
	line 2 1
	claim "and it is back" eval "is $? 0 && own_world net && own_net $main"
	claim "no blocked call of it was interrupted" is "$(ask interrupted)" "0 interrupted, 0 returned"
	claim "without --tree it tells who stays outside" says \
		"$(nsattach --pid unit:web.service --target netns:blue 2>&1)" \
		"nsattach: 1 other process of unit:web.service stays outside: --tree takes its descendants too, --cgroup system.slice/web.service takes all"
	claim "and the worker is outside" own_world net
	nsattach --pid "$subject" --target netns:blue
	claim "a detach without --tree tells who stays attached" says "$(nsattach --detach --pid unit:web 2>&1)" \
		"1 other process of unit:web stays attached: --tree"
	claim "the same with --tree takes it back, and is quiet" is "$(nsattach --detach --pid "$subject" --tree 2>&1)" ""
}

# A real session: sshd, a shell, what runs under it; and somebody who goes on typing.
start_session() {
	mkdir -p "$HOME/.ssh" /etc/dropbear
	chmod 700 "$HOME" "$HOME/.ssh"
	dropbearkey -t ed25519 -f /etc/dropbear/host >/dev/null 2>&1
	dropbearkey -t ed25519 -f "$HOME/key" 2>/dev/null | grep ^ssh- >"$HOME/.ssh/authorized_keys"
	dropbear -r /etc/dropbear/host -p 127.0.0.1:22 -P /run/dropbear.pid
	mkfifo /run/typed
	dbclient -T -y -i "$HOME/key" root@127.0.0.1 sh </run/typed >/run/seen 2>/run/ssh.log 3>&- &
	exec 4>/run/typed
	# shellcheck disable=SC2016 # the session expands it
	echo 'cd /tmp; sleep 86400 & (sleep 86401 & wait) & echo shell $$' >&4
	soon grep -q '^shell' /run/seen || cat /run/ssh.log
	subject=$(sed -n 's/^shell //p' /run/seen)
}

in_tmp() { is "$(readlink "/proc/$1/cwd")" /tmp; }

# each_of_session CHECK...: for the shell and all under it
each_of_session() {
	for pid in $subject $(family "$subject"); do
		"$@" "$pid" || return
	done
}

# family PID: its descendants
family() {
	tr ' ' '\n' <"/proc/$1/task/$1/children" | while read -r child; do
		echo "$child"
		family "$child"
	done
}

in_box() {
	for ns in mnt net uts ipc cgroup; do in_ns "$1" $ns "$target" || return; done
	is "$(cat "/proc/$1/cgroup")" "$(cat "/proc/$target/cgroup")"
}

adopt_session() {
	heading "An ssh session moves into a container"
	start_container
	start_session
	claim "a shell and what runs under it: three processes more" is "$(family "$subject" | wc -l)" 3
	line 1 2
	claim "all of them are in the container and in its cgroup" eval "is $? 0 && each_of_session in_box"
	claim "and still in /tmp, the container's" each_of_session in_tmp
	echo 'hostname; ls -d /inside*' >&4
	claim "the user types on, inside" soon eval "grep -x box /run/seen && grep -x /inside-the-box /run/seen"
	show "runc ps box"
	claim "runc counts them as its own" eval "runc ps box | grep -w $subject"
	show "runc kill --all box KILL"
	claim "and ends them with the container" soon not test -e "/proc/$subject/ns/net"
	show "runc delete box"
	claim "nothing is left of it" eval "is $? 0 && [ ! -e /sys/fs/cgroup/box ]"
	exec 4>&-
	kill "$(cat /run/dropbear.pid)"
}

start_suspect() {
	(cd / && exec setsid sh -c 'sleep 86402 & sleep 86403; :' </dev/null >/dev/null 2>&1 3>&-) &
	subject=$!
	soon eval "[ \$(family $subject | wc -l) = 2 ]"
}

no_network() {
	not own_net "$1" && is "$(nsenter -t "$1" -n ip -o link | wc -l)" 1 &&
		not eval "nsenter -t '$1' -n ip -o link | grep '<.*UP.*>'"
}

own_net() { in_ns "$1" net self; }

quarantine() {
	heading "A suspicious process is cut off, and released"
	start_suspect
	line 1 3
	claim "it and its children have an empty network" eval "is $? 0 && each_of_session no_network"
	claim "they live" each_of_session kill -0
	line 2 3
	claim "all have the network back" eval "is $? 0 && each_of_session own_net"
	kill -9 -"$subject"
}

new_hosts() {
	heading "A service gets another /etc/hosts"
	start_service
	echo '127.0.0.1 old' >/etc/hosts
	echo '192.0.2.7 new' >/etc/hosts.new
	line 1 4
	hosts_ns=$!
	line 2 4
	claim "the new file is in a mount namespace of its own" eval "is $? 0 && grep new /proc/$hosts_ns/root/etc/hosts"
	target=$hosts_ns
	line 3 4
	claim "the service reads the new one" eval "is $? 0 && grep new /proc/$subject/root/etc/hosts"
	claim "everybody else the old one" grep old /etc/hosts
	kill "$hosts_ns"
	claim "it does so when nobody else is in there" grep new "/proc/$subject/root/etc/hosts"
	nsattach --detach --pid "$subject"
	claim "and the old one after a detach" grep old "/proc/$subject/root/etc/hosts"
	kill "$subject"
}

examples_of_manual() {
	sed -n '/^\.SH EXAMPLES/,/^\.SH SEE/ { s/\\-/-/g; /^nsattach/p; }' /job/nsattach.8 | grep -v docker:
}

attached() { nsattach --list --output pid | grep -qw "$1"; }

examples() {
	heading "The examples of nsattach(8)"
	start_container
	start_suspect
	claim "there are at least 7 of them" test "$(examples_of_manual | wc -l)" -ge 7
	examples_of_manual >/run/examples
	while read -r text <&5; do
		case $text in *--detach*) ;; *) ! attached "$subject" || nsattach --detach --tree --pid "$subject" ;; esac
		show "$(echo "$text" | as_here)"
		claim "this works: $text" is $? 0
		case $text in
		*--dry-run* | *--detach*) claim "it is where it was" own_net "$subject" ;;
		*--target\ netns:blue) claim "it is in blue" not own_net "$subject" ;;
		*--tree*) claim "all are in the container" each_of_session in_box ;;
		*--quarantine*) claim "it is cut off" no_network "$subject" ;;
		*--ns\ net,mnt) claim "it sees the container's files" test -e "/proc/$subject/root/inside-the-box" ;;
		esac
	done 5</run/examples
	runc kill --all box KILL
	soon runc delete box
}

behind_another_network
kill "$subject"
adopt_session
quarantine
new_hosts
examples
claim "the kernel log is clean" not eval "dmesg | grep -vEf /job/harmless | grep -Ef /job/splats"
conclude
