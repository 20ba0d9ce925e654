#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What bash completes, with names of containers that are there and with one that is a trap

set -eu -o pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
tests=$(grep -cE '^(try|result) "' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_RUNTIME_DIR=$work HOME=$work
cd "$work"

# As bash-completion has it: the last two words whole, and with -s an option and its value apart.
_init_completion() {
	cur=${line[-1]} prev=${line[-2]}
	if [[ $1 == -s ]]; then
		split=false
		[[ $cur != --?*=* ]] || split=true prev=${cur%%=*} cur=${cur#*=}
	fi
}
compopt() { :; }
_filedir() { COMPREPLY=(directory); }
# a cgroup2 of our own
find() {
	local -a words=("$@")
	command find "${words[@]/#\/sys\//$work/sys/}"
}

# shellcheck source=../../userland/completion/nsattach.bash
. "$top/userland/completion/nsattach.bash"

# completes LAST-WORDS... THING: that is among what the last word can become
completes() {
	line=(nsattach "${@:1:$#-1}")
	COMPREPLY=()
	_nsattach "$OUT/nsattach" || true
	printf '%s\n' "${COMPREPLY[@]}" >"$work/out"
	grep -qxF -e "${*: -1}" "$work/out"
}

# shellcheck source=tap.sh
. "$top/tests/host/tap.sh"
explain() { head -n 20 "$work/out"; }

# try NAME LAST-WORDS... THING
try() {
	completes "${@:2}" && true
	result "$1"
}

mkdir -p runc/web "runc/\$(touch\${IFS}trapped)" runc/web.2
touch runc/web/state.json runc/web.2/state.json "runc/\$(touch\${IFS}trapped)/state.json"
# podman: db runs, idle does not, nor does one without a name
mkdir -p .local/share/containers/storage/vfs-containers containers/vfs-containers/{cc1,cc3}/userdata
touch containers/vfs-containers/{cc1,cc3}/userdata/pidfile
echo '[{"id":"cc1","names":["db","db2"],"image":"x"},{"id":"cc2","names":["idle"]},{"id":"cc3","image":"y"}]' \
	>.local/share/containers/storage/vfs-containers/containers.json
mkdir -p sys/fs/cgroup/{ssh.service/inner.service,a.slice/a-b.slice/getty@tty1.service,c.scope/d.service}

echo "TAP version 13"
echo "1..$tests"

try "a container goes by its name" --target runc:w runc:web
try "a dot is part of a name" --target runc:web. runc:web.2
try "a process goes by its number" --pid $$ $$
try "so it does behind an equals sign" --target=$$ $$
try "a name does, too" --target=runc:w runc:web
try "a list of namespaces goes on after the comma" --ns mnt,n mnt,net
try "behind an equals sign as well" --ns=mnt,n mnt,net
try "--creds has two ways" --creds=k keep
try "a directory is one" --wd=/ directory
try "an option goes by its first letters" x --det --detach
try "a subject needs no option" x $$ $$
try "it may be a name" x runc:we runc:web

try "a container of Podman is one" --target podman:d podman:db
! completes --target podman: podman:idle && true
result "one that does not run is none"
try "a container goes without its runtime, too" --target container:w container:web
try "and from the first letter on" --target container:d container:db
try "a service goes by its unit" --target unit:s unit:ssh.service
try "one in slices does" --target unit:g unit:getty@tty1.service
! completes --target unit: unit:inner.service && ! completes --target unit: unit:d.service && true
result "what is in the realm of another manager is no unit of the system"

! completes --detach=1 1 && [ -z "$(cat "$work/out")" ] && true
result "an option without a value has none to complete"

completes --target runc: runc:web && ! grep -F touch "$work/out" && [ ! -e trapped ] && [ ! -e "$top/trapped" ] && true
result "a name that the shell would expand is neither run nor offered"

exit $failed
