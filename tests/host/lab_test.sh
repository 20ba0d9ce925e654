#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The scripts of the lab, where what they start (apt, guests, builds) is made
# up of small programs.

set -eu -o pipefail

# shellcheck source=lab.sh
. "$(dirname "$0")/lab.sh"

lab=$work/top
stage qemu/{lib,debian,kernel,kernel-source,kernel-stock,lines,fuzz,coverage,mutants}.sh qemu/splats qemu/harmless
tools() { try env PATH="$work/bin:$PATH" "$@"; }

# with SCRIPT: in a shell that has the functions of qemu/
with() { tools bash -eu -o pipefail -c ". '$lab/qemu/lib.sh'; . '$lab/qemu/debian.sh'; $1"; }

echo "TAP version 13"
echo "1..$(grep -c '^is "' "$0")"

# Two that want a package at once; the older one goes.
program "$work/bin/apt-get" <<'END'
case "$*" in
*update*) exit "$(cat "$NSATTACH_CACHE/update" 2>/dev/null || echo 0)" ;;
*download*)
	echo one >>"$NSATTACH_CACHE/downloads"
	sleep 0.5
	cp "$NSATTACH_CACHE/package" "${*: -1:1}_all.deb"
	mv ./*=*_all.deb "$(ls | sed 's/=/_/')"
	;;
esac
END
mkdir -p "$work/cache/debs"
touch "$work/cache/package" "$work/cache/debs/thing_1_all.deb"
with 'deb thing 2 & deb thing 2 & wait'
is "both have the package" test "$(grep -c '/debs/thing_2_all.deb$' "$work/said")" = 2
is "it was fetched once" test "$(wc -l <"$work/cache/downloads")" = 1
is "the older version is gone" test ! -e "$work/cache/debs/thing_1_all.deb"

# Without a network, with a list of yesterday or none.
echo 100 >"$work/cache/update"
with 'mirror() { echo http://nowhere/debian; }; use_suite sid'
is "without a list nothing goes on" test "$status" = 1
touch -d '2 days ago' "$work/cache/apt/sid/fresh"
with 'mirror() { echo http://nowhere/debian; }; use_suite sid; echo went on'
is "with an old list it goes on" test "$status" = 0
is "and says which list that is" grep -q "of sid of $(date -d '2 days ago' +%F)" "$work/said"
rm "$work/cache/update"

# Debian's source moves from 6.1.1 to 6.1.2.
mkdir -p "$work/package/DEBIAN" "$work/package/usr/src" "$work/linux-source-6.1/kernel" \
	"$work/cache/src/linux-source-6.1-6.1.1-1" "$work/cache/src/linux-source-6.12-6.12.1-1"
touch "$work/linux-source-6.1/kernel/nsproxy.c"
tar -C "$work" -cJf "$work/package/usr/src/linux-source-6.1.tar.xz" linux-source-6.1
printf 'Package: linux-source-6.1\nVersion: 6.1.2-1\nArchitecture: all\nMaintainer: a <a@localhost>\nDescription: a\n' \
	>"$work/package/DEBIAN/control"
dpkg-deb -b "$work/package" "$work/cache/package" >/dev/null
program "$work/bin/apt-cache" <<'END'
case "$*" in
*search*) echo 'linux-source-6.1 - a' ;;
*show*) echo 'Version: 6.1.2-1' ;;
esac
END
tools "$lab/qemu/kernel.sh" --source 6.1
is "the new source is there" test -e "$work/cache/src/linux-source-6.1-6.1.2-1/kernel/nsproxy.c"
is "the old one is gone" test ! -e "$work/cache/src/linux-source-6.1-6.1.1-1"
is "another series stays" test -d "$work/cache/src/linux-source-6.12-6.12.1-1"
is "what is unpacked is not kept packed" test -z "$(find "$work/cache/debs" -name 'linux-source*')"

# A signal ends what is waited for.
bash -eu -o pipefail -c ". '$lab/qemu/lib.sh'; on_exit 'echo ended'; interruptible sleep 300" >"$work/said" 2>&1 &
lab_pid=$!
until child=$(pgrep -P $lab_pid -x sleep) || [ ! -e /proc/$lab_pid ]; do sleep 0.1; done
kill $lab_pid || :
wait $lab_pid || status=$?
is "a signal ends who waits for a guest" test "$status" = 143
is "what is to be done at the end is done" grep -qx ended "$work/said"
for _ in {1..50}; do
	[ -e "/proc/$child" ] || break
	sleep 0.1
done
is "the guest is ended, too" test -n "$child" -a ! -e "/proc/$child"

# Where nothing works, and from where the tree is.
mkdir -p "$work/a checkout/qemu"
cp "$lab/qemu/lib.sh" "$work/a checkout/qemu/"
tools bash -c ". '$work/a checkout/qemu/lib.sh'; echo went on"
is "a path with a space is refused" grep -q "a checkout' has a space or a colon" "$work/said"
is "by one sentence" test "$(wc -l <"$work/said")" = 1
tools env -C "$work" KSRC=../linux bash -c ". '$lab/qemu/lib.sh'; env"
is "a tree is where it was seen from here" grep -qx "KSRC=$(dirname "$work")/linux" "$work/said"

# The fuzzer: what the guest says is in $work/words.
program "$lab/qemu/kernel.sh" <<<"echo '$work/cache'"
program "$lab/qemu/initramfs.sh" </dev/null
program "$lab/qemu/vm.sh" <<END
while [ "\$1" != --channel ]; do shift; done
cp "$work/words" "\$2"
touch "\$4"
[ ! -e "$work/hang" ] || exec sleep 300
END
echo 'build_module() { ko=; trace_ko=; }; build_fuzz() { :; }; guest_items=()' >"$lab/qemu/product.sh"
sed -i 's/-s 1 /-s 0.1 /' "$lab/qemu/fuzz.sh"
# objdump knows nothing of a module that is not there.
sed -i 's/^lines_of() {/&\n\techo .text 0 a.c 1\n\treturn/' "$lab/qemu/lines.sh"
mkdir -p "$lab/module"
touch "$lab/module/a.c" "$lab/qemu/unreached"
printf 'nsattach: %s\n' 'program 1' 'program 2.7' 'finding 2.7: a process can not be killed' 'end 2 programs' 'done 1' >"$work/words"
tools "$lab/qemu/fuzz.sh" 6.1-patched kasan
is "a program with a finding is run again by name" grep -q 'again: make fuzz KERNEL=6.1-patched CONFIG=kasan PROGRAM=2.7$' "$work/said"
is "and then no other one has done it" test -z "$(grep 'which of these' "$work/said")"
printf 'nsattach: %s\n' 'program 1' 'program 2.7' 'end 2 programs' 'leak unreferenced object' 'done 1' >"$work/words"
tools env KSRC=/linux "$lab/qemu/fuzz.sh" own kasan
is "a leak may be of any, on the same kernel" grep -q "which of these 2 .* KERNEL=own .*KSRC=/linux PROGRAM=@$lab/build/fuzz/all" "$work/said"
is "and they are named" test "$(paste -sd ' ' "$lab/build/fuzz/all")" = '1 2.7'
printf 'nsattach: %s\n' 'program 3' 'end 1 programs' 'finding last: the module can not be unloaded' 'done 1' >"$work/words"
tools "$lab/qemu/fuzz.sh" 6.1-patched kasan
is "a module that stays, too" grep -q 'which of these 1 ' "$work/said"

tools env MINUTES=0.5 "$lab/qemu/fuzz.sh" 6.1-patched kasan
is "there are only whole minutes" grep -qx 'nsattach: MINUTES=0.5 is not a whole number from 1 on' "$work/said"
printf 'nsattach: corpus 12.7\r\n' >"$work/words"
touch "$work/hang"
env NSATTACH_CACHE="$work/cache" "$lab/qemu/fuzz.sh" 6.1-patched kasan >"$work/said" 2>&1 </dev/null &
fuzz=$!
until grep -qs corpus "$lab/build/fuzz/channel-6.1-patched-kasan" || [ ! -e /proc/$fuzz ]; do sleep 0.1; done
kill $fuzz || :
wait $fuzz || :
rm "$work/hang"
is "what the fuzzer has learned stays when it is interrupted" grep -qx 12.7 "$lab/build/fuzz/corpus"

# Coverage, with a fuzzer whose guest runs nothing.
program "$lab/qemu/test.sh" <<END
mkdir -p "$lab/build/coverage"
echo a.c 1 1 >"$lab/build/coverage/\$1.lines"
END
echo 'nsattach: done 1' >"$work/words"
echo a.c 2 1 >"$lab/build/fuzz/6.1-patched-kasan.lines"
tools "$lab/qemu/coverage.sh"
is "the table is there without the fuzzer" grep -qx 'figure: coverage.lines 1' "$work/said"
is "which is a failure" test "$status" = 1

# Mutants, while another run is at work.
mkdir -p "$lab/build/mutants" "$work/cache/locks"
touch "$lab/build/mutants/a.row"
(
	checkout=$(bash -c ". '$lab/qemu/lib.sh'; echo \$checkout")
	exec 9>"$work/cache/locks/mutants-$checkout"
	flock 9
	tools env NSATTACH_LOCK_TIMEOUT=0 "$lab/qemu/mutants.sh"
)
is "two runs of mutants do not meet" grep -q 'another run holds' "$work/said"
is "the rows of the other one stay" test -e "$lab/build/mutants/a.row"

# mutant NAME LINE...: what it changes is the last one
mutant() {
	mkdir -p "$lab/tests/mutants"
	printf '%s\n' "${@:2}" >"$lab/tests/mutants/$1.sed"
}
echo 'int a;' >"$lab/module/a.c"
mutant no-config '# file: a.c' s/a/b/
mutant no-file '# config: plain' '# file: gone.c' s/a/b/
mutant no-sed '# config: plain' '# file: a.c' s/a
mutant broken '# config: plain' '# file: a.c' s/a/broken/
mutant late '# config: kasan' '# file: a.c' '# first: early' s/a/late/
mutant flaky '# config: kasan' '# file: a.c' '# first: early' s/a/flaky/
tools "$lab/qemu/mutants.sh"
is "mutants that can not be run are refused" test "$status" = 1
is "one without a config" grep -q "^no-config.sed: config: '' is none of" "$work/said"
is "one of a file that is not there" grep -qx 'no-file.sed: file: there is no module/gone.c' "$work/said"
is "one that sed does not take" grep -q '^no-sed.sed: .*unterminated' "$work/said"
rm "$lab"/tests/mutants/no-*
tools env MUTANT="broken nosuch" "$lab/qemu/mutants.sh"
is "so is a word that is none" grep -qx "nsattach: MUTANT=\"broken nosuch\": there is no 'nosuch'" "$work/said"

# Their guests: one suite is red on the module as it is.
program "$lab/qemu/test.sh" <<'END'
top=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$top/build/logs"
if grep -q broken "$top/module/a.c"; then
	echo "$top/module/a.c:1:1: error: a is broken" >"$top/build/logs/module-6.1-patched-plain"
	printf '%s\n' 'nsattach: building nsattach.ko for 6.1-patched-plain: failed' '0 passed, 1 failed'
	exit 1
fi
echo "== booting"
red=$(sed 's/int \(.*\);/\1/' "$top/module/a.c")
case "$TEST" in flaky) red=flaky ;; esac
[ "$red" = a ] || { printf '%s\tnot ok 1 x\n' "$red" >"$CAUGHT"; exit 1; }
END
git init -q "$lab"
echo build >"$lab/.gitignore"
mkdir -p "$lab/build/userland" "$lab/build/tests" "$lab/userland" "$lab/qemu/guest" "$lab/qemu/demo"
echo all: | tee "$lab/userland/Makefile" >"$lab/tests/Makefile"
tools "$lab/qemu/mutants.sh"
is "one that does not compile is told by its error" grep -q '^ERROR *broken .*not run: module/a.c:1:1: error: a is broken' "$work/said"
is "a suite that runs on no unchanged module beforehand runs there" grep -q '^caught *late .* late ' "$work/said"
is "and is not believed when that is red" grep -q '^ERROR *flaky .*the module as it is fails there' "$work/said"

# The guest's scripts, with everything below one directory.
in_guest() {
	sed "s#/\\(tests\\|run/\\|job/\\|home\\)#$work/guest/\\1#g; /^quiet_kernel\$/d" "$top/$1" >"$work/guest/main"
	tools sh "$work/guest/main" 3>"$work/guest/channel"
}
mkdir -p "$work"/guest/{job,run}
cp "$top/qemu/splats" "$top/qemu/harmless" "$work/guest/job/"
program "$work/bin/dmesg" <<<"cat '$work/guest/log'"
program "$work/guest/tests/a/good" <<<'echo 1..1; echo ok 1 a'
program "$work/guest/tests/b/bad" <<<'echo 1..1; echo not ok 1 b'
echo '[ 1.0] WARNING: CPU: 1 at kernel/pid.c:1' >"$work/guest/log"
in_guest qemu/guest/selftests.sh
is "a selftest that always fails does not end the guest's job" test "$status" = 0
"$top/qemu/selftests-read.sh" "$work/guest/channel" >"$work/loud"
is "what the kernel says of a program is a failed test" grep -qx 'failed a/good (kernel log)' "$work/loud"
echo '[ 1.0] Spectre V2 : WARNING: Unprivileged eBPF is enabled' >"$work/guest/log"
in_guest qemu/guest/selftests.sh
"$top/qemu/selftests-read.sh" "$work/guest/channel" >"$work/quiet"
is "but what is harmless is none" test -z "$(grep 'kernel log' "$work/quiet")"
tools "$top/qemu/selftests-compare.sh" "$work/quiet" "$work/loud"
is "a warning with the series alone is worse" grep -q 'a/good (kernel log): clean without the series' "$work/said"
is "and the figure says so" grep -qx 'figure: selftests.worse_with_the_series 3' "$work/said"
tools "$top/qemu/selftests-compare.sh" "$work/loud" "$work/loud"
is "one that is there without it is not" test "$status" = 0
is "and is no test" grep -qx 'figure: selftests.tests 4' "$work/said"

# The job of make test kills all processes: only how it runs a program.
{
	printf 'now() { echo 1; }\nkill_leftovers() { :; }\nsplats() { :; }\nsay() { echo "nsattach: $*" >&3; }\n'
	sed -n '/^suite() {/,/^}/ { s#/dev/kmsg#/dev/null#; p }' "$top/qemu/guest/tests.sh"
	echo "suite a 5 echo -n ok 1 a"
} >"$work/guest/main"
tools sh "$work/guest/main" 3>"$work/guest/channel"
is "a last line without its end does not take the next one" grep -qx 'nsattach: end a 0 0' "$work/guest/channel"

program "$work/bin/modprobe" </dev/null
program "$work/bin/bench" </dev/null
in_guest tests/bench/guest.sh
is "what is harmless does not fail a measurement" test "$status" = 0
echo '[ 1.0] WARNING: CPU: 1 at kernel/pid.c:1' >"$work/guest/log"
in_guest tests/bench/guest.sh
is "a warning does" test "$status" = 1

mkdir -p "$work/objects"
cat >"$work/objects/Makefile" <<'END'
modules:
	@echo O is $(O)
END
ln -s objects "$work/build"
tools make -s -C "$top/module" KDIR="$work/build" O="$work/out"
is "the module is built where the objects of the kernel are, not its source" grep -qx "O is $work/objects" "$work/said"

program "$work/bin/column" <<<'exit 127'
tools make -s -C "$top" help
is "make lists its targets with what every Debian has" grep -q '^  demo  *a live process' "$work/said"
exit $failed
