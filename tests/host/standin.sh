# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034 # others use what is set here
#
# The command with a stand-in for the device (standin/device.c), processes for it, and what it said

set -eu -o pipefail

work=$(mktemp -d)

# within10s SHELL-CONDITION
within10s() {
	for _ in {1..100}; do
		eval "$1" && return
		sleep 0.1
	done
	echo "Bail out! it did not come true: $1"
	exit 1
}

sleep 600 &
one=$!
first_directory=$PWD
sleep 600 &
two=$!
unshare --user --net sleep 600 &
place=$!
within10s "[ \$(readlink /proc/$place/ns/net) != \$(readlink /proc/self/ns/net) ]"
# two with a socket of the outside: one is outside itself, one inside
bash -c 'exec 5<>/dev/udp/127.0.0.1/9 && exec sleep 600' &
holder=$!
bash -c 'exec 5<>/dev/udp/127.0.0.1/9 && exec nsenter -U -n --preserve-credentials -t $1 sleep 600' - $place &
inside=$!
within10s "[ \$(cat /proc/$holder/comm) = sleep ]"
within10s "[ \$(cat /proc/$inside/comm) = sleep ]"
bash -c 'for i in {10..19}; do eval "exec $i<>/dev/udp/127.0.0.1/9"; done; exec sleep 600' &
many=$!
within10s "[ \$(cat /proc/$many/comm) = sleep ]"
# a name with a letter of UTF-8, a byte that is none, and a sequence that makes a terminal write in red
cp "$(command -v sleep)" "$work/"$'d\xc3\xa4\xff\e[31m'
"$work/"$'d\xc3\xa4\xff\e[31m' 600 &
odd=$!
# Not in a child that is ended before its exec: bash runs the trap there as well.
trap '[ $BASHPID != $$ ] || { kill $one $two $place $holder $inside $many $odd; rm -rf "$work"; }' EXIT
export STANDIN_LOG=$work/log

# nsattach ARGS...: with the stand-in; its exit code is in $code
nsattach() {
	code=0
	: >"$work/log"
	LD_PRELOAD=$STANDIN "$OUT/nsattach" "$@" >"$work/out" 2>"$work/err" || code=$?
}

# shellcheck source=tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
explain() {
	echo "exit code $code"
	cat "$work/out" "$work/err" "$work/log"
}

said() { grep -q -- "$1" "$work/err"; }
printed() { grep -q -- "$1" "$work/out"; }
# calls N [TEXT]: so often the device was asked, the last time with TEXT
calls() {
	[ "$(wc -l <"$work/log")" = "$1" ] || return 1
	[ "$1" = 0 ] || tail -n 1 "$work/log" | grep -q -- "${2-.}"
}

tests=$(grep -cE '^result "' "$0")
echo "TAP version 13"
echo "1..$tests"
