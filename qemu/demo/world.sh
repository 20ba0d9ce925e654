# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC2034
# In the guest: a container by a real runtime, with an address on a veth pair, and a daemon outside of it.

runtime=${RUNTIME:-runc}
bundle=/run/box
socket=/run/teller

make_rootfs() {
	mkdir -p $bundle/rootfs/bin $bundle/rootfs/tmp $bundle/rootfs/etc $bundle/rootfs/home
	cp /bin/busybox $bundle/rootfs/bin/
	chroot $bundle/rootfs /bin/busybox --install -s /bin
	echo 'this is the container' >$bundle/rootfs/inside-the-box
}

# The runtime's own template, with a program that stays and a name of its own.
make_config() {
	rm -f $bundle/config.json
	(cd $bundle && $runtime spec) || return
	sed -i -e 's/"terminal": true/"terminal": false/' \
		-e 's/"hostname": ".*"/"hostname": "box"/' \
		-e 's/^\([[:space:]]*\)"sh"$/\1"sleep", "86400"/' $bundle/config.json
}

start_container() {
	make_rootfs
	make_config
	$runtime run -d --bundle $bundle --pid-file /run/box.pid box </dev/null >/run/box.log 2>&1 || cat /run/box.log
	target=$(cat /run/box.pid)
}

join_network() {
	ip link add veth-box type veth
	ip link set veth0 netns "$target"
	nsenter -t "$target" -n ip link set veth0 name eth0
	ip addr add 192.0.2.1/24 dev veth-box
	ip link set veth-box up
	nsenter -t "$target" -n ip link set lo up
	nsenter -t "$target" -n ip addr add 192.0.2.2/24 dev eth0
	nsenter -t "$target" -n ip link set eth0 up
}

start_daemon() {
	rm -f $socket
	(cd / && exec setsid teller $socket </dev/null >/run/teller.log 2>&1 3>&-) &
	subject=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ ! -S $socket ] || break
		sleep 0.2
	done
	# It answers when it has started all its threads.
	teller $socket hostname >/dev/null
}
