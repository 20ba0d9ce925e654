# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
# What the tests of the lab share: a directory that goes at the end, TAP, and a checkout that is a copy.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tap.sh
. "$top/tests/host/tap.sh"
explain() { cat "$work/said"; }

# is NAME COMMAND...
is() {
	local rc=0
	"${@:2}" || rc=$?
	told $rc "$1"
}

# try COMMAND...: its output to $work/said, its status to $status
try() {
	status=0
	env -u KSRC NSATTACH_CACHE="$work/cache" "$@" >"$work/said" 2>&1 </dev/null || status=$?
}

# stage FILE...: copies in $work/top
stage() {
	(cd "$top" && cp --parents -t "$work/top" "$@")
}

# program FILE: an executable shell script, from standard input
program() {
	mkdir -p "$(dirname "$1")"
	{ printf '#!/bin/bash\n' && cat; } >"$1"
	chmod +x "$1"
}

mkdir -p "$work/top"
