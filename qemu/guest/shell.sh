#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
# The guest's job for `make shell`: a running container, a daemon outside of it, and a shell.
# shellcheck disable=SC2154 # runtime, target and subject come from world.sh
# shellcheck source=../demo/world.sh
. /job/world.sh
# shellcheck source=/dev/null
. /job/size

start_container
join_network
start_daemon
cat <<END

$runtime runs the container 'box', its init is pid $target; the daemon 'teller' outside of it is pid $subject. Try:

  nsattach --verbose --pid $subject --target $target --ns mnt,net,uts,ipc,cgroup
  teller $socket hostname        (or root, interfaces, interrupted, 'listen 8080')
  $runtime exec box ip addr

END
export PS1='vm# ' pid="$subject" target
sh -i
printf 'powering off\n'
