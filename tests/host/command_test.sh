#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The command as a user meets it, on a machine without the module

set -eu -o pipefail

nsattach=$OUT/nsattach
work=$(mktemp -d)
sleep 600 &
subject=$!
trap 'kill $subject; rm -rf "$work"' EXIT

# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
explain() { cat "$work/out" "$work/err"; }

# run CODE TEXT ARGS...: exits with CODE and says TEXT in one line on stderr
run() {
	local code=$1 text=$2 status=0
	shift 2
	"$nsattach" "$@" >"$work/out" 2>"$work/err" || status=$?
	[ "$status" = "$code" ] || { echo "exit code $status" >>"$work/err"; return 1; }
	[ ! -s "$work/out" ] || return 1
	[ "$(wc -l <"$work/err")" = 1 ] || return 1
	grep -q "^nsattach: .*$text" "$work/err"
}

# case NAME CODE TEXT ARGS...
try() {
	local name=$1
	shift
	run "$@" && true
	result "$name"
}

tests=$(grep -cE '^[[:space:]]*try "|^result "' "$0")
echo "TAP version 13"
echo "1..$tests"

try "no arguments at all ask for a process" 2 "give --pid" 
try "a word that is no number is refused" 2 "neither the number" --pid abc -t 1 -n
try "process 0 is refused" 2 "start at 1" --pid 0 -t 1 -n
try "a negative number is refused" 2 "negative" --pid -3 -t 1 -n
try "a huge number is refused" 2 "larger than any" --pid 99999999999 -t 1 -n
try "trailing garbage is refused" 2 "after the number" --pid 12x -t 1 -n
try "a dead subject is named" 1 "no process 4194303" --pid 4194303 -t $$ -n
try "a dead target is named" 1 "no process 4194303" --pid $subject -t 4194303 -n
try "a subject given twice is refused" 1 "named twice" --pid $subject $subject -t $$ -n
try "a typo in --ns gets a suggestion" 2 "did you mean net" --pid $subject -t $$ --ns nte
try "a typo in the kind of a container gets a suggestion" 2 "did you mean docker:web" --pid $subject -t dcoker:web -n
try "a file that is no namespace is refused" 1 "no namespace file" --pid $subject --ns net=/etc/passwd
try "a namespace of another type is refused" 1 "is no net namespace" --pid $subject --ns net=/proc/self/ns/uts
try "a missing namespace file is named" 1 "/nowhere does not exist" --pid $subject --ns net=/nowhere
try "an unknown netns is named" 1 "/run/netns/none" --pid $subject -t netns:none
try "a netns as subject is refused" 1 "netns" --pid netns:none -t $$ -n
try "an unknown container is named" 1 "no runc container" --pid $subject -t runc:none-such -n

# the rest needs the module to be missing
if [ ! -e /dev/nsattach ]; then
	try "a missing module has its own exit code" 3 "nsattach module" --pid $subject -t $$ -n
	try "the list needs the module too" 3 "nsattach module" --list
else
	run 0 "" --version || true
	true && result "a missing module has its own exit code # SKIP the module is loaded"
	true && result "the list needs the module too # SKIP the module is loaded"
fi

"$nsattach" --help >"$work/out" 2>"$work/err" && [ ! -s "$work/err" ] &&
	grep -q '^Usage: nsattach' "$work/out" && true
result "help goes to stdout and succeeds"

"$nsattach" --version >"$work/out" 2>"$work/err" && grep -q '^nsattach [0-9]' "$work/out" && true
result "version goes to stdout and succeeds"

told=0
for what in --help --version "--pid 4194303 -t 1 -n -J"; do
	status=0
	# shellcheck disable=SC2086
	"$nsattach" $what >/dev/full 2>"$work/err" || status=$?
	[ $status = 1 ] && grep -q "^nsattach: standard output can not be written: " "$work/err" && told=$((told + 1))
	status=0
	# shellcheck disable=SC2086
	"$nsattach" $what >&- 2>"$work/err" || status=$?
	[ $status = 1 ] && grep -q "^nsattach: standard output can not be written: " "$work/err" && told=$((told + 1))
done
[ $told = 6 ] && true
result "what can not be printed is told"

status=0
"$nsattach" --pid 4194303 -t 1 -n >&- 2>"$work/err" || status=$?
[ $status = 1 ] && [ "$(wc -l <"$work/err")" = 1 ] && true
result "who prints nothing needs no standard output"

top=$(cd "$(dirname "$0")/../.." && pwd)

! make -s -C "$top/module" KDIR=/nowhere O="$work/module" >"$work/out" 2>"$work/err" &&
	grep -q "^nsattach: there are no headers of a kernel in /nowhere: apt-get install linux-headers-" "$work/err" && true
result "the module without headers of a kernel says how to get them"

status=0
"$nsattach" --pid 4194303 -t 1 -n --json >"$work/out" 2>"$work/err" || status=$?
[ $status = 1 ] && grep -q "^nsattach: there is no process 4194303" "$work/err" &&
	grep -q '^{"error": {"exit": 1, "errno": "ESRCH", .*"pid": 4194303, .*"message": "there is no process 4194303' "$work/out" && true
result "a failure is JSON on stdout and a sentence on stderr"

found=0
for args in "$subject -t 4194303" "$subject $subject -t 1"; do
	# shellcheck disable=SC2086
	"$nsattach" --pid $args -n --json >"$work/out" 2>"$work/err" || true
	number=$(grep -o 'process [0-9]*' "$work/err" | head -n 1)
	if grep -q "\"pid\": ${number#process }, " "$work/out"; then
		found=$((found + 1))
	fi
done
[ $found = 2 ] && true
result "the process that the sentence is about is in the JSON"

"${CC:-cc}" -Wall -Wextra -Werror -I"$top/userland/include" -I"$top/module/include/uapi" \
	-o "$work/move" "$top/userland/examples/move.c" -L"$OUT" -lnsattach \
	>"$work/out" 2>"$work/err" && true
result "the example builds against the shared library"

{
	sed -n '/^\.EX/,/^\.EE/{/^\.E/!p}' "$top/userland/man/libnsattach.3" | sed 's/\\e/\\/g; s/\\-/-/g'
	echo 'int main(void) { return !move(NULL, 4194303, 1); }'
} >"$work/manual.c"
"${CC:-cc}" -Wall -Wextra -Werror -I"$top/userland/include" -I"$top/module/include/uapi" \
	-o "$work/manual" "$work/manual.c" -L"$OUT" -lnsattach >"$work/out" 2>"$work/err" && true
result "the example of libnsattach(3) builds"
LD_LIBRARY_PATH=$OUT "$work/manual" 2>"$work/err" && grep -q "there is no process 4194303" "$work/err" && true
result "and tells which process is not there"

status=0
LD_LIBRARY_PATH=$OUT "$work/move" 4194303 1 >"$work/out" 2>"$work/err" || status=$?
[ $status = 1 ] && grep -q "there is no process 4194303" "$work/err" && true
result "the example tells failures in the same words"

# Cut to 32 bits or to its digits, each of them would be the subject.
refused=0
for word in $((4294967296 + subject)) "${subject}abc"; do
	status=0
	LD_LIBRARY_PATH=$OUT "$work/move" "$word" $$ >"$work/out" 2>"$work/err" || status=$?
	if [ $status = 1 ] && grep -q "^$word: " "$work/err"; then
		refused=$((refused + 1))
	fi
done
[ $refused = 2 ] && true
result "the example takes whole numbers only"

! nm -D --defined-only "$OUT/libnsattach.so.0" | grep -vE ' nsattach_[a-z_]+@@LIBNSATTACH_0$| A LIBNSATTACH_0$' \
	>"$work/out" && true
result "the library shows nothing but its versioned interface"

grep -oE '\bnsattach_[a-z_]+\(' "$top/userland/include/libnsattach.h" | tr -d '(' | grep -v _fn$ | sort -u >"$work/out"
nm -D --defined-only "$OUT/libnsattach.so.0" | sed -nE 's/.* (nsattach_[a-z_]+)@@.*/\1/p' | sort -u |
	diff "$work/out" - >"$work/err" && true
result "every function of the header is in the library"

version=$("$nsattach" --version)
version=${version#nsattach }
{
	sed -n "1s/nsattach (\(.*\)) .*/\1/p" "$top/debian/changelog"
	sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$top/module/dkms.conf"
	sed -n 's/^\.TH .*"nsattach \(.*\)" .*/\1/p' "$top"/userland/man/*.[348]
} >"$work/out"
[ "$(sort -u "$work/out")" = "$version" ] && [ "$(wc -l <"$work/out")" = 5 ] && true
result "command, packages, DKMS and man pages have one version"

make -s -C "$top/userland" OUT="$OUT" DESTDIR="$work/root" install >"$work/out" 2>"$work/err" &&
	[ -x "$work/root/usr/sbin/nsattach" ] && [ -e "$work/root/usr/include/linux/nsattach.h" ] &&
	[ -e "$work/root/usr/share/man/man8/nsattach.8" ] && true
result "it installs below DESTDIR"

PKG_CONFIG_PATH=$(dirname "$(find "$work/root" -name libnsattach.pc)") pkg-config --libs libnsattach \
	>"$work/out" 2>"$work/err" && grep -q -- -lnsattach "$work/out" && true
result "pkg-config finds the library"

exit $failed
