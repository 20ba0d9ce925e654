#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC2154,SC2317
# The mistakes of the first hour, each told in a sentence with its remedy: no root, no module, one for another kernel, one
# that the kernel may not take. And what makes it work without root: the group. Runs last: some of it can not be undone.

# In a user namespace of a plain user.
own_processes() {
	sleep 100 &
	subject=$!
	unshare -n sleep 101 &
	target=$!
	sleep 0.5
	nsattach --pid $subject --target $target --ns net
	code=$?
	[ "$(readlink /proc/$subject/ns/net)" = "$(readlink /proc/$target/ns/net)" ] || code=99
	kill $subject $target
	exit $code
}

[ "$1" != own_processes ] || own_processes

# shellcheck source=show.sh
. /job/show.sh

node=/dev/nsattach
ko=$(find /lib/modules -name nsattach.ko)
libkmod=$(find / -xdev -name 'libkmod.so.2' | head -n1)

loaded() { grep -q '^nsattach ' /proc/modules; }

fresh() {
	if loaded; then rmmod nsattach; fi
	rm -f $node
}

as_nobody() { su nobody -s /bin/sh -c "$*"; }

features() { nsattach --features; }

announced() {
	heading "Opening the device loads the module"
	fresh
	claim "depmod announces the device" grep -x 'nsattach nsattach c10:247' "/lib/modules/$(uname -r)/modules.devname"
	show "mknod -m 600 $node c 10 247"
	mv "$libkmod" /tmp/
	claim "whoever opens it has the module, without libkmod" features
	claim "it is loaded" loaded
	fresh
	claim "without the node and libkmod there is a sentence" refused 3 "libkmod.so.2 is missing to do it; run modprobe nsattach as root" \
		features
	mv /tmp/libkmod.so.2 "$libkmod"
	claim "with libkmod it is loaded by name" features
	fresh
	mkdir -p /etc/modprobe.d
	echo 'options nsattach minor=255' >/etc/modprobe.d/nsattach.conf
	claim "minor=255 takes another minor number" eval "features && not is \"\$(stat -c %T $node)\" f7"
	rm /etc/modprobe.d/nsattach.conf
	fresh
}

without_root() {
	heading "Without root"
	claim "the module is missing and a user may not load it" refused 4 \
		"the nsattach module is not loaded and you may not load it; run modprobe nsattach as root" as_nobody nsattach --features
	features >/dev/null
	claim "the device is root's" refused 4 \
		"you may not open /dev/nsattach; run nsattach as root, or join the group that owns the device" as_nobody nsattach --features
	echo 'nsattach:x:996:member' >>/etc/group
	echo 'member:x:1000:1000:member:/:/bin/sh' >>/etc/passwd
	fresh
	mknod -m 600 $node c 10 247
	/lib/systemd/systemd-udevd --daemon
	claim "udev gives the node to the group before the module is there" soon eval "is \"\$(stat -c '%G %a' $node)\" 'nsattach 660'"
	rm $node
	features >/dev/null
	claim "and when the module makes it" soon eval "is \"\$(stat -c '%G %a' $node)\" 'nsattach 660'"
	sleep 86400 &
	claim "a member of the group may open it, but not move what is root's" refused 4 "you may not" \
		su member -s /bin/sh -c "nsattach --pid $! --target $$ --ns net"
	kill $!
}

delegated() {
	claim "but its own processes, in a user namespace of its own" \
		su member -s /bin/sh -c "unshare -r -n sh /job/newcomer.sh own_processes"
}

wrong_modules() {
	heading "Without a module that fits"
	fresh
	mv "$ko" /tmp/
	claim "there is none" refused 3 "there is no nsattach module for the running kernel; build and install it for this kernel" features
	cp /job/other.ko "$ko"
	claim "one that was built for another kernel" refused 3 \
		"the nsattach module was built for another kernel; build it with the headers of the running one" features
	mv /tmp/nsattach.ko "$ko"
	echo 'blacklist nsattach' >/etc/modprobe.d/blacklist.conf
	claim "one that is blacklisted" refused 4 "is blacklisted in /etc/modprobe.d" features
	rm /etc/modprobe.d/blacklist.conf
	claim "and with the right one it works again" features
	fresh
}

# From here on this kernel takes no more modules.
unsigned() {
	heading "Where modules must be signed"
	dmesg -c >/dev/null
	echo integrity >/sys/kernel/security/lockdown
	claim "an unsigned module is told in lockdown" refused 3 \
		"as it is not signed with a key that it trusts; sign it with a key enrolled by mokutil, or turn Secure Boot off" features
	claim "the kernel log says what nsattach(4) quotes" eval "dmesg | grep 'unsigned module loading is restricted'"
	echo 1 >/sys/module/module/parameters/sig_enforce
	claim "and with module.sig_enforce" refused 3 "as it is not signed with a key that it trusts" features
	claim "the kernel log says what nsattach(4) quotes of it" eval "dmesg | grep 'Loading of unsigned module is rejected'"
	echo 1 >/proc/sys/kernel/modules_disabled
	claim "and after kernel.modules_disabled" refused 3 \
		"loading modules is turned off until the next boot (kernel.modules_disabled); load nsattach at boot" features
}

announced
without_root
delegated
wrong_modules
unsigned
conclude
