#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC2154
# A live process and a container of Podman: net and mnt by name, and Podman goes on working.
engine=podman thing=Podman
# shellcheck source=engine.sh
. /job/engine.sh

# What a small guest lacks: systemd, journald, and a network stack of Podman's.
configure() {
	mkdir -p /etc/containers
	printf '{"default":[{"type":"insecureAcceptAnything"}]}\n' >/etc/containers/policy.json
	printf '[engine]\nruntime="crun"\ncgroup_manager="cgroupfs"\nevents_logger="file"\n' >/etc/containers/containers.conf
	printf '[storage]\ndriver="vfs"\nrunroot="/run/containers/storage"\ngraphroot="/var/lib/containers/storage"\n' \
		>/etc/containers/storage.conf
}

scene() {
	heading "1. Two containers, and a process outside of them"
	show "podman import /tmp/busybox.tar busybox"
	for name in web db; do
		show "podman run -d --name $name --network none localhost/busybox sleep 86400"
		claim "$name runs" is "$(podman inspect -f '{{.State.Running}}' $name)" true
	done
	show "podman ps"
	start_daemon
	pid=$(pid_of web)
	show "ls -l /proc/$pid/ns"
	claim "web has namespaces of its own" contained "$pid"
}

configure
import_image
show "podman --version"
scene
heading "2. The one command"
attach_by_name
listen_inside
heading "3. By other names"
names
heading "4. Podman does not mind"
goes_on
kill "$subject"
conclude
