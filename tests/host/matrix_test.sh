#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lab remembers what passed, and with what. Here it has no kernel and no guest: a kernel is a directory with words in it,
# a test program is the TAP that it would print, and the guest says what the programs packed for it say.
# shellcheck disable=SC2016,SC2317 # scripts in quotes, and functions that `is` runs

set -eu -o pipefail

# shellcheck source=lab.sh
. "$(dirname "$0")/lab.sh"
for name in TEST SCALE RESUME RESULTS LIMIT MEMORY TIMEOUT WORKERS V SOAK FIRST TRACE GDB DETERMINISTIC STOP CAUGHT; do
	unset "$name"
done
lab=$work/top long=300.$$ tree=''
export lab long NSATTACH_CACHE=$work/cache PATH="$work/bin:$PATH"

mkdir -p "$lab/src" "$lab/tests" "$lab/build" "$lab/kernel/build"
cp -r "$top/qemu" "$lab/"
touch "$lab/kernel/.config" "$lab/tests/"{one,two,pid}_test.c
echo image >"$lab/kernel/bzImage"
echo symbols >"$lab/kernel/build/Module.symvers"
printf '1..1\nok 1 one.works\n' >"$lab/src/one_test"
printf '1..1\nok 1 two.works\n' >"$lab/src/two_test"
printf '1..1\nok 1 # SKIP not on this kernel\n' >"$lab/src/pid_test"
echo command >"$lab/src/nsattach"
echo module >"$lab/src/nsattach.ko"

# What is built is copied.
program "$work/bin/make" <<'END'
case "$*" in
*/userland\ *) mkdir -p "$lab/build/userland" && cp "$lab/src/nsattach" "$lab/build/userland/" ;;
*/module\ *)
	[ ! -e "$lab/broken" ] || exit 1
	for arg; do case $arg in O=*) mkdir -p "${arg#O=}" && cp "$lab/src/nsattach.ko" "${arg#O=}/" ;; esac; done ;;
*/tests\ *) mkdir -p "$lab/build/tests" && cp "$lab"/src/*_test "$lab/build/tests/" ;;
esac
END
# What is done at once is not waited for.
program "$work/bin/sleep" <<<'[ "$1" != 0.2 ] || set -- 0.02; exec /bin/sleep "$@"'
program "$work/bin/tail" <<<'[ "${3-}" != -s ] || set -- "$@" -s 0.02; exec /usr/bin/tail "$@"'
program "$work/bin/apt-cache" </dev/null
program "$work/bin/apt-get" </dev/null
program "$lab/qemu/kernel.sh" <<'END'
. "$(dirname "$0")/lib.sh"
[ ! -e "$lab/compile" ] || logged 600 "compiling" "$lab/build/log" sleep "$long"
echo '   20 s, 5 lines: CC' >&2
echo "$lab/kernel"
END
program "$lab/qemu/initramfs.sh" <<<'printf "%s\n" "${@:3}" >"$1"'
# The guest: a program with nothing in it is one of which nothing is said.
program "$lab/qemu/vm.sh" <<'END'
while [ $# -gt 0 ]; do
	case $1 in --initrd) initrd=$2 ;; --channel) channel=$2 ;; --console) console=$2 ;; esac
	shift
done
echo boot >>"$lab/boots"
[ ! -e "$lab/during" ] || . "$lab/during"
{
	printf 'nsattach: begin load\n1..1\nok 1 loads\nnsattach: end load 0 1\n'
	sed -n 's|^file:\(.*\):/tests/$|\1|p' "$initrd" | while read -r file; do
		[ -s "$file" ] || continue
		name=$(basename "$file" _test)
		echo "nsattach: begin $name"
		cat "$file"
		echo "nsattach: end $name 0 1"
	done
	[ ! -e "$lab/after" ] || . "$lab/after"
	echo 'nsattach: done 0'
} >>"$channel"
END

said() { grep -q -- "$1" "$work/said"; }
not() { ! "$@"; }
# run STATUS COMMAND...: with $tree for KSRC
run() {
	local want=$1
	shift
	try env ${tree:+KSRC=$tree} "$@"
	[ "$status" = "$want" ]
}
matrix() { run "$1" "$lab/qemu/matrix.sh" "${@:2}"; }
quick() { run "$1" "$lab/qemu/test.sh" "${@:2}"; }
# boots N: so many since the last question
boots() {
	local n
	touch "$lab/boots"
	n=$(wc -l <"$lab/boots")
	rm "$lab/boots"
	[ "$n" = "$1" ]
}
within10s() {
	for _ in {1..100}; do
		! "$@" || return 0
		/bin/sleep 0.1
	done
	return 1
}

echo "TAP version 13"
echo "1..$(grep -c '^is "' "$0")"

# What passed is remembered, whoever ran it
two_fails() { printf '1..1\nnot ok 1 two.works\n' >"$lab/src/two_test"; }
two_works() { printf '1..1\nok 1 two.works\nfigure: two.figure 5\n' >"$lab/src/two_test"; }
export TEST="one two"
two_fails
is "a suite that fails is a failure of the matrix" matrix 1 a:plain
is "the command that runs it again is printed" said 'again: make test KERNEL=a CONFIG=plain SCALE=whole TEST=two$'
is "a row says which of how many it is as it begins" said '== row 1/1 begins'
is "a row says how it ended" said '== row 1/1 ends after .* 2 passed, 1 failed'
is "a kernel that compiles says so" said '20 s, 5 lines'
two_works
is "the command of the red one passes" run 0 env SCALE=whole TEST=two "$lab/qemu/test.sh" a:plain
two_fails
is "at another scale it may fail" quick 1 a:plain
two_works
boots 3 || :
is "the matrix passes" matrix 0 a:plain
is "and has run nothing again" boots 0
is "the figures of its scale are there" grep -q $'whole\ttwo.*two.figure\t5$' "$lab/build/figures.tsv"

# What a result depends on
rerun() { TEST=one matrix 0 a:plain && boots "$1"; }
export LIMIT=77
is "another limit is another result" rerun 1
unset LIMIT
is "without it as well" rerun 1
echo '# changed' >>"$lab/qemu/vm.sh"
is "so is another way to boot" rerun 1
echo module2 >"$lab/src/nsattach.ko"
is "so is another module" rerun 1
echo image2 >"$lab/kernel/bzImage"
is "so is a kernel that has changed where it lies" rerun 1
echo '# changed' >>"$lab/qemu/test.sh"
is "a script that only calls the others does not matter" rerun 0
# Somebody builds while the guest runs.
cat >"$lab/during" <<'END'
printf '1..2\nok 1 one.works\nok 2 one.is_new\n' | tee "$lab/src/one_test" >"$lab/build/tests/one_test"
END
printf '1..1\nok 1 one.works\n# other\n' >"$lab/src/one_test"
is "a program that changes" rerun 1
rm "$lab/during"
is "did not pass as what it is after the run" rerun 1

# What the guest's own checks find, and a guest that is ended
printf '# other\n' >>"$lab/src/one_test"
cat >"$lab/after" <<'END'
printf "%s\n" "nsattach: begin checks" 1..1 "not ok 1 lockdep is on" "nsattach: end checks 0 1"
END
is "a check that is off is a failure" eval 'TEST=one matrix 1 a:plain && boots 1'
rm "$lab/after"
is "and what passed beside it is run again" rerun 1
printf '# third\n' >>"$lab/src/one_test"
echo 'sleep "$long"' >"$lab/after"
TEST=one setsid "$lab/qemu/matrix.sh" a:plain >"$work/first" 2>&1 </dev/null &
first=$!
is "a suite passes in a guest that has not ended" within10s grep -qs 'ok  *one' "$work/first"
kill -- "-$first"
wait "$first" || :
rm "$lab/after"
boots 1 || :
is "which does not count when that is killed" rerun 1

# A panic, and another guest for the suite that was still to come
cat >"$lab/after" <<'END'
echo "as it should be" >"$console"
[ ! -e "$lab/panics" ] || { rm "$lab/panics"; echo "Kernel panic - not syncing" >"$console"; exit 1; }
END
touch "$lab/panics"
printf '# before the panic\n' >>"$lab/src/one_test"
: >"$lab/src/two_test"
boots 0 || :
is "a panic is a failure" matrix 1 a:plain
is "after which another guest goes on" boots 2
rm "$lab/after"
two_works
is "whose kernel log the matrix shows" eval 'sed "1,/^a plain verdict/d" "$work/said" | grep -q "| Kernel panic"'
console=$(sed -n 's/.*end of its console (\(.*\)):$/\1/p; T; q' "$work/said")
is "the console that is named is not that of the next guest" grep -qs 'Kernel panic' "$console"

# Who judges is ended
echo 'kill -9 "$(ps -o ppid= -p $PPID)"' >"$lab/during"
printf '# fourth\n' >>"$lab/src/one_test"
is "a row that was killed is red" eval 'TEST=one matrix 1 a:plain'
is "and says so" said '^a *plain *== row .* ends'
rm "$lab/during"

# Programs that run nothing, or too long
printf '1..0 # SKIP needs root\n' >"$lab/src/one_test"
is "a program that runs no test has failed" eval 'TEST=one quick 1 a:plain'
is "and its reason is told" said '^   one: it ran no test: needs root$'
cat >"$lab/after" <<'END'
printf "%s\n" "nsattach: begin slow" 1..1 "#  RUN           slow.never_ends ..." "nsattach: end slow timeout 5"
END
is "a suite that takes too long is a failure" eval 'TEST=two quick 1 a:plain'
is "and the test is named" said 'stopped after 5 s without an end (in slow.never_ends)'
rm "$lab/after"
printf '1..1\nok 1 one.works\n' >"$lab/src/one_test"

# What can not be built, and this machine
touch "$lab/broken"
is "a module that does not compile is a failure" eval 'TEST=two quick 1 a:plain'
is "which is told" said '^FAILED  build '
is "with the command to try again" said '^  *again: make test KERNEL=a CONFIG=plain$'
rm "$lab/broken"
is "a failure on this machine" eval 'TEST=userland quick 1 host'
is "has such a command as well" said '^  *again: make test KERNEL=host TEST=userland$'

# A guest that hangs at boot: nothing is ever written
exec {nothing}< <(exec sleep "$long")
silent=$!
hangs() {
	try bash -eu -o pipefail -c '. "$1/qemu/lib.sh"; . "$1/qemu/cells.sh"; . "$1/qemu/tap.sh"; tap_read a plain "$2" 86400 0.1 <&"$3"' \
		- "$lab" "$work/rows" "$nothing"
	[ "$status" = 1 ]
}
is "is not waited for as long as a suite may take" hangs
kill "$silent" || :
exec {nothing}<&-

# A guest that says nothing of a suite
: >"$lab/src/two_test"
tree=/a/tree
is "a suite of which the guest says nothing has failed" matrix 1 a:plain
is "that is what is told of it" said '^   two: the guest said nothing of it'
is "the command has the tree" said 'again: make test KSRC=/a/tree KERNEL=a CONFIG=plain SCALE=whole TEST=two$'
two_works

# Which rows, which skips
TEST=pid
is "a tree of KSRC is what all rows are of" matrix 0
is "rows without a suite are left out" said '== 3 rows'
is "without the patch, what needs it may be skipped" said 'own .*ok .*pid .* 1 skipped'
echo CONFIG_NSATTACH_PID_MOVE=y >"$lab/kernel/.config"
is "with the patch it may not" quick 1 own:plain
is "no kernel but its own takes KSRC" run 1 "$top/qemu/kernel.sh" 6.1-patched
is "that is said" said "KSRC=/a/tree is the kernel 'own', and 6.1-patched is another"
tree=''
is "a debug kernel without the series may skip as well" quick 0 6.1-unpatched:kasan
TEST=nosuch
is "a suite that no kernel has fails" matrix 1
is "that is said, too" said "TEST=\"nosuch\": there is no 'nosuch'$"
is "a word among others that is none is not dropped" eval 'TEST="one nosuch" quick 1 a:plain'
is "and is named" said "TEST=\"one nosuch\": there is no 'nosuch'$"
TEST=one
is "there is no third scale" run 1 env SCALE=all "$lab/qemu/test.sh" a:plain
is "and no half guest" run 1 env WORKERS=0.5 "$lab/qemu/matrix.sh" a:plain
is "a kernel is all of its rows" matrix 0 6.1-unpatched
is "which are two here" said '== 2 rows'
is "a config is that of all kernels" matrix 0 :kcsan
is "which is one here" said '^6.1-patched *kcsan *== row 1/1 ends'
is "a config that there is not is refused" matrix 1 :nosuch
export MEMORY=100000000 TEST=one
is "a machine with too little memory for two guests" matrix 0 a:plain
is "runs one at a time" said '1 rows, 1 at a time'
unset MEMORY

# What the guest is to have cannot be had
boots 0 || :
TEST=stories
is "a package that cannot be had is a failure" quick 1 a:plain
is "it is named" said 'have a package named'
is "and no guest is booted without it" boots 0

# Another matrix, and the end of one
TEST=two
touch "$lab/compile"
setsid "$lab/qemu/matrix.sh" a:plain >"$work/first" 2>&1 </dev/null &
first=$!
compiles() { pgrep -f "sleep $long" >/dev/null; }
is "a compilation begins" within10s compiles
log=$(ls -i "$lab/build/matrix/a-plain.log")
is "a second matrix does not begin" run 1 env NSATTACH_LOCK_TIMEOUT=1 "$lab/qemu/matrix.sh" a:plain
is "and leaves the log of the first" test "$log" = "$(ls -i "$lab/build/matrix/a-plain.log")"
kill "$first"
is "a signal to it alone ends it with the compilation" within10s not compiles
wait "$first" || :
exit $failed
