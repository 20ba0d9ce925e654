#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the command makes of the kernel's answers, which a stand-in for the device gives
# (standin/device.c)

# shellcheck source=standin.sh
. "$(dirname "$0")/standin.sh"

nsattach --pid $one -t $place -n
[ $code = 0 ] && calls 1 "attach flags=0x0 ns=0x40000000 pids= $one$" && [ ! -s "$work/err" ] && true
result "the stand-in is asked as the kernel would be"

nsattach --pid $one -t $place -n -o BOGUS
[ $code = 2 ] && said "there is no column 'BOGUS'" && calls 0 && true
result "an unknown column is told before anything moves"

nsattach --detach --pid $one -o BOGUS
[ $code = 2 ] && said "there is no column 'BOGUS'" && calls 0 && true
result "an unknown column is told before anything is put back"

# a library that is found first and has none of the functions
"${CC:-cc}" -shared -o "$work/libsmartcols.so.1" -x c /dev/null
LD_LIBRARY_PATH=$work nsattach --pid $one -t $place -n --json
[ $code = 1 ] && said "install libsmartcols1" && calls 0 && true
result "a missing library for tables is told before anything moves"

code=0
LD_PRELOAD=$STANDIN "$OUT/nsattach" --pid $one -t $place -n -o pid >/dev/full 2>"$work/err" || code=$?
[ $code = 1 ] && said "can not be written: No space left on device; what was asked for was done nevertheless" && true
result "a move whose table can not be written says that it is done"

code=0
STANDIN_HOOK="readlink /proc/\$PPID/fd/[012] >$work/out" LD_PRELOAD=$STANDIN \
	"$OUT/nsattach" --pid $one -t $place -n -J <&- >&- 2>&- || code=$?
[ $code = 1 ] && [ "$(sort -u "$work/out")" = / ] && [ "$(wc -l <"$work/out")" = 3 ] && true
result "no process or device takes the place of a closed standard file"

STANDIN_SAY=part nsattach --detach --each $one $two
[ $code = 6 ] && said "process $two was not put back: it is not attached" &&
	said "1 of 2 processes were not put back" && true
result "each that is not put back is told"

STANDIN_SAY=none STANDIN_NOCGROUP=1 nsattach --detach --each $one $two --dry-run -v
[ $code = 1 ] && said "2 of 2 processes would not be put back" && ! said "could be" && ! said "stays in it" && true
result "of those of whom none could be put back nothing else is told"

STANDIN_SAY=part nsattach --detach --each $one $two --dry-run -v
[ $code = 6 ] && said "each was looked at" && said "1 of 2 processes would not be put back" && true
result "nor is it said of all that they could be, when some could"

STANDIN_SAY=part nsattach --detach --each $one $two --json
[ $code = 6 ] && printed '"moved": true' && printed '"why": "process '$two' was not put back' && true
result "each that is not put back is in the JSON"

STANDIN_LIST=$one nsattach --detach $one --json
[ $code = 0 ] && printed '"mnt", "net"' && ! printed '\[ *null' && true
result "a detach tells the namespaces that were left"

in_there() { readlink "/proc/$place/ns/$1"; }
STANDIN_LIST=$place nsattach --list -o pid,inside
[ $code = 0 ] && grep -qF "$place $(in_there mnt),$(in_there net)" "$work/out" && true
result "the list tells which namespaces a process is in"

STANDIN_LIST=$place nsattach --list --json
[ $code = 0 ] && grep -qF "\"inside\": [\"$(in_there mnt)\", \"$(in_there net)\"]" "$work/out" && true
result "so does its JSON"

STANDIN_LIST=4194303 nsattach --list --json
[ $code = 0 ] && printed '"inside": \[\]' && true
result "of one that can not be looked at no namespaces are told"

STANDIN_LIST=$one nsattach --list -o age
age=$(tail -n 1 "$work/out")
age_there=$(STANDIN_LIST=$one LD_PRELOAD=$STANDIN unshare --user --map-root-user --time --boottime 1000000 --fork \
	"$OUT/nsattach" --list -o age 2>"$work/err" | tail -n 1)
[ "$age" -gt 0 ] && [ $((age_there - age)) -lt 1000 ] && [ $((age_there - age)) -ge 0 ] && true
result "the age is that of the machine's clock in a time namespace as well"

STANDIN_SAY=none nsattach --each $one $two -t $place -n --json
[ $code = 1 ] && calls 2 && [ "$(grep -c '"moved": false' "$work/out")" = 2 ] &&
	printed "\"why\": \"process $two was not moved" && said "^nsattach: process $one was not moved" &&
	said "^nsattach: process $two was not moved" && said "2 of 2 processes were not moved" && true
result "with --each all are told when none moves"

STANDIN_SAY=none nsattach --detach --each $one $two
[ $code = 1 ] && said "process $one was not put back" && said "process $two was not put back" &&
	said "2 of 2 processes were not put back" && true
result "with --each all are told when none is put back"

STANDIN_SAY="fail=25,18 fail=22,110,$two" nsattach --each $one $two -t $place -m --json
[ $code = 1 ] && calls 2 "flags=0x9 .*pids= $two" && printed '"reason": "CHROOTED"' && printed '"reason": "DEADLINE"' &&
	printed '"stall_us": 1000,' && printed '"stall_us": 2000,' && said "process $one was not moved .* it is in a chroot" &&
	said "process $two was not moved .* its thread .*sleep.* is sleeping.* and did not stop within" && true
result "with --each every failure has its own reason"

STANDIN_HOOK="[ \$STANDIN_NUMBER != 2 ] || kill -2 \$PPID" STANDIN_SAY="ok none" nsattach --each $one $two $holder -t $place -n -o pid,stall-us
[ $code = 6 ] && calls 2 && said "process $two was not moved .* it is the init" && printed "^ *$holder *0$" &&
	said "process $holder was not moved .* interrupted by a signal$" && said "2 of 3 processes were not moved" && true
result "with --each a signal is the end, and who moved before is told"

STANDIN_SAY="fail=1,22 none" nsattach --each $one $two -t $place -n
[ $code = 1 ] && calls 2 && said "process $two was not moved .* it is the init" && true
result "with --each a failure of the first is not that of the others"

STANDIN_SAY=bad nsattach --each $one $two -t $place -n --json
[ $code = 1 ] && calls 1 && printed '{"error": .*"FLAGS"' && [ "$(wc -l <"$work/err")" = 1 ] && true
result "with --each what is wrong with all is told once"

nsattach --each --pid 4194303 $one -t $place -n --json
[ $code = 6 ] && calls 1 "pids= $one$" && printed '"pid": 4194303' && printed '"error": "ESRCH"' &&
	printed '"moved": true' && said "there is no process 4194303" && said "1 of 2 processes were not moved" && true
result "with --each one that has gone keeps nobody else"

nsattach --each --pid 4194303 4194302 -t $place -n --json
[ $code = 1 ] && calls 0 && [ "$(grep -c '"moved": false' "$work/out")" = 2 ] &&
	said "2 of 2 processes were not moved" && true
result "where all have gone nothing is asked"

nsattach --each --pid 4194303 abc -t $place -n
[ $code = 2 ] && said "'abc' is neither" && calls 0 && true
result "a wrong word is none that has gone"

STANDIN_SAY=part nsattach --dry-run --each $holder $one 4194303 -t $place -n -o kind
[ $code = 6 ] && printed "^socket" && calls 2 "flags=0x41 " && said "process $one was not moved" &&
	said "there is no process 4194303" && said "2 of 3 processes would not be moved" && true
result "a dry run tells each that would not move"

STANDIN_SAY="none ok" STANDIN_SCAN="[ \$STANDIN_NUMBER != $one ] || touch $work/looked" \
	nsattach --dry-run --each $one $holder -t $place -n -o kind
[ $code = 6 ] && [ ! -e "$work/looked" ] && printed "^socket" && said "1 of 2 processes would not be moved" && true
result "it does not look at what those hold open"

sleep 600 &
gone=$!
disown
STANDIN_SCAN="[ \$STANDIN_NUMBER != $gone ] || { kill $gone; while [ -e /proc/$gone ]; do sleep 0.1; done; }" \
	STANDIN_SAY=part nsattach --dry-run --each $gone $one $holder -t $place -n -o kind
[ $code = 6 ] && printed "^socket" && said "1 of 3 processes would not be moved" && true
result "one that exits meanwhile keeps no other from being listed, or told"

nsattach --quarantine --pid $one
[ $code = 0 ] && [ ! -s "$work/err" ] && true
result "a quarantine that leaves nothing open is quiet"

nsattach --quarantine --pid $one $holder $inside
[ $code = 0 ] && [ "$(wc -l <"$work/err")" = 1 ] &&
	said "^nsattach: process $holder and 1 more: 2 ways into the old network are still open" &&
	said "--dry-run --pid $holder --ns net=/proc/$holder/ns/net lists them" && true
result "a quarantine tells in one line what leads out of it"

nsattach --pid $holder -t $place -n
[ $code = 0 ] && [ ! -s "$work/err" ] && true
result "other moves do not"

nsattach --pid $holder $inside -t $place -n --json
[ $code = 0 ] && [ "$(grep -c '"residue": 1' "$work/out")" = 2 ] && true
result "the JSON of a move counts what is left"

STANDIN_SAY=part nsattach --each --pid $holder $inside -t $place -n -o pid,residue
[ $code = 6 ] && printed "^ *$holder  *1$" && printed "^ *$inside *$" && true
result "but not of those that did not move"

STANDIN_SCAN="touch $work/scanned" nsattach --pid $holder -t $place -n -o pid,moved
[ $code = 0 ] && [ ! -e "$work/scanned" ] && true
result "nothing is looked at when nobody wants to know"

nsattach -v --pid $many -t $place -n
[ $code = 0 ] && [ "$(grep -c "process $many still reaches out by its socket fd" "$work/err")" = 8 ] &&
	said "2 more open files, maps and sockets still reach the old namespaces" && true
result "with -v some are told, and how many more there are"

mkdir "$work/gone"
unshare --user --map-root-user --mount bash -c \
	"mount -t tmpfs gone $work/gone && cd $work/gone && umount -l $work/gone && exec sleep 600" &
adrift=$!
within10s "[ \$(cat /proc/$adrift/comm) = sleep ]"
nsattach --dry-run --pid $adrift -t $adrift --ns all -o kind,what
[ $code = 0 ] && calls 1 "flags=0x40 " && printed "^cwd */" && ! printed "^root" && true
result "a working directory outside of the same mounts is listed"
kill $adrift

cd "$work"
LC_ALL=C.UTF-8 nsattach --pid $odd -t $place -n -v
[ $code = 0 ] && said "process $odd (dä\\\\xff\\\\x1b\[31m) goes into" && true
result "a name can not drive the terminal"

LC_ALL=C nsattach --pid $odd -t $place -n -v
[ $code = 0 ] && said "process $odd (d\\\\xc3\\\\xa4\\\\xff\\\\x1b\[31m) goes into" && true
result "what the locale does not have is not shown"

LC_ALL=C.UTF-8 nsattach --pid $odd -t $place -n -o command
[ $code = 0 ] && printed "^dä\\\\xff\\\\x1b\[31m$" && true
result "a table shows the letters that the locale has"

LC_ALL=C nsattach --pid $odd -t $place -n --json
[ $code = 0 ] && iconv -f UTF-8 "$work/out" >"$work/err" && printed '"dä\\\\xff\\u001b\[31m"' && true
result "JSON is UTF-8 whatever a process is called"

STANDIN_LIST=$one nsattach --detach --each $one $two --json
[ $code = 0 ] && printed '"ns": \["mnt", "net"\]' && printed '"ns": \[\]' && true
result "without a record the list of namespaces is empty"

# in Turkish the small letter of I is another one
skip=
localedef -i tr_TR -f UTF-8 "$work/tr_TR.UTF-8" 2>/dev/null || skip=" # SKIP there is no Turkish locale here"
code=0
env LOCPATH="$work" LC_ALL=tr_TR.UTF-8 LD_PRELOAD="$STANDIN" "$OUT/nsattach" --pid $one -t $place -n -o pid --json \
	>"$work/out" 2>"$work/err" || code=$?
[ "$skip" ] || { [ $code = 0 ] && printed '"pid": '$one; } && true
result "columns have the same names in all languages$skip"

# What is shared already: all but net, or everything.
nsattach --pid $one -t $two -a -v
[ $code = 0 ] && said "nothing to do" && calls 1 "flags=0x40 ns=0x4000000 " && true
result "where all is shared it is asked who they are, and nothing else"

STANDIN_SAY="fail=12,22" nsattach --pid $one -t $two -a
[ $code = 1 ] && calls 1 && said "process $one was not moved .* it is a kernel thread" && true
result "who can not be moved at all is told where all is shared, too"

STANDIN_SAY="fail=11,3" nsattach --pid $one -t $two -a --dry-run
[ $code = 1 ] && calls 1 && said "target $two has exited" && true
result "so is who has gone, in a dry run"

STANDIN_SAY="fail=12,22 ok" nsattach --each $one $holder -t $two -a
[ $code = 6 ] && calls 2 "flags=0x41 " && said "process $one was not moved .* it is a kernel thread" &&
	said "1 of 2 processes were not moved" && true
result "and with --each of each"

nsattach --pid $one -t $two -a --reparent
[ $code = 0 ] && calls 1 "flags=0x40 " && true
result "without the options of a type that is not joined"

nsattach --pid $one -t $two -a --json
[ $code = 0 ] && printed "\"pid\": $one," && printed '"ns": \[\]' && printed '"moved": false' &&
	printed '"error": null' && true
result "nothing to do is JSON too"

nsattach --pid $one -t $two -a --chrooted
[ $code = 0 ] && calls 1 "flags=0xc ns=0x20000 " && true
result "mnt is joined again to leave a chroot"

nsattach --pid $one -t $two -a --wd /
[ $code = 0 ] && calls 1 "ns=0x20000 " && true
result "mnt is joined again for a working directory"

(cd /usr && exec sleep 600) &
usr=$!
(cd / && exec sleep 600) &
top=$!
within10s "[ \$(readlink /proc/$usr/cwd)\$(readlink /proc/$top/cwd) = /usr/ ]"
nsattach $one $usr $top -t $two -m -v
[ $code = 0 ] && calls 1 "flags=0x8 ns=0x20000 pids= $one $usr $top wd=$first_directory wd=/usr wd=-$" &&
	said "working directory of process $usr inside is /usr$" &&
	said "working directory of process $top inside is /$" && true
result "of several each keeps its own working directory"

STANDIN_SAY=part nsattach $top $one $usr -t $two -m --each
[ $code = 6 ] && calls 3 "flags=0x9 .* pids= $usr wd=/usr$" && grep -q "pids= $one wd=$first_directory$" log && true
result "so does each for itself"

STANDIN_SIZE=112 nsattach $one $usr -t $two -m --each -v
[ $code = 0 ] && calls 2 "wd=/usr$" && ! said "single process only" && true
result "each for itself keeps it with any module"

nsattach $one $usr -t $two -m --wd /var
[ $code = 0 ] && calls 1 "pids= $one $usr wd=/var$" && true
result "one that is given is for all"

STANDIN_SIZE=112 nsattach $one $usr -t $two -m -v
[ $code = 0 ] && calls 1 "pids= $one $usr$" && said "can keep that of a single process only" && true
result "a module that knows one working directory is not asked for two"

STANDIN_SIZE=112 nsattach $usr -t $two -m -v
[ $code = 0 ] && calls 1 "pids= $usr wd=/usr$" && ! said "single process only" && true
result "that of a single process it keeps"
kill $usr $top

skip=
[ -e /sys/fs/cgroup/cgroup.procs ] || [ -e /sys/fs/cgroup/unified/cgroup.procs ] ||
	skip=" # SKIP cgroup2 is not mounted here"
nsattach --pid $one -t $two -a --join-cgroup
[ "$skip" ] || { [ $code = 0 ] && calls 1 "flags=0x1000 ns=0x4000000 "; } && true
result "the cgroup is joined even where all is shared$skip"

nsattach --detach $one
[ "$skip" ] || { [ $code = 0 ] && calls 1 "detach flags=0x1000 " && [ ! -s "$work/err" ]; } && true
result "a detach takes back out of it$skip"

STANDIN_WITHOUT=0x1000 nsattach --detach $one
[ $code = 0 ] && calls 1 "detach flags=0x0 " && [ ! -s "$work/err" ] && true
result "a module that knows no cgroups is not asked to"

STANDIN_NOCGROUP=1 nsattach --detach $one
[ "$skip" ] || { [ $code = 0 ] && calls 1 "detach flags=0x0 " && said "stays in it; move it by hand, or give --keep-cgroup"; } && true
result "where it can not be left, that is told$skip"

STANDIN_NOCGROUP=1 nsattach --detach $one --keep-cgroup
[ $code = 0 ] && calls 1 "detach flags=0x0 " && [ ! -s "$work/err" ] && true
result "but not to who wants to stay"

STANDIN_TYPES=0x20000 STANDIN_WITHOUT=0x1000 STANDIN_SIZE=112 nsattach --features
[ $code = 0 ] && printed "^net .*no .*without CONFIG_NET_NS$" && printed "^cgroup .*no .*without CONFIG_CGROUPS$" &&
	printed "^join-cgroup .*no .*newer module$" && printed "^wd-of-each .*no .*newer module; " && true
result "what a kernel or a module does not have is listed with the reason"

nsattach --dry-run --pid $holder -t $place -n -o kind,ns
[ $code = 0 ] && printed "socket net" && calls 1 "attach flags=0x40 " && true
result "a dry run lists the socket that would stay"

nsattach --dry-run --pid $holder -t $place -n --strict -o kind,ns
[ $code = 7 ] && printed "socket net" && said "--strict would refuse this" && true
result "a strict dry run has the exit status of the refusal"

nsattach --dry-run --pid $inside -t $place -a -o kind,ns
[ $code = 0 ] && printed "socket net" && true
result "a dry run looks at what is shared already"

nsattach --pid $inside -t $place -a --strict --json
[ $code = 7 ] && printed "{\"error\": {\"exit\": 7, .*\"pid\": $inside, " && calls 0 && true
result "strict is not content with namespaces that are the same"

nsattach --pid $one -t $place -u --strict
[ $code = 0 ] && calls 1 && true
result "strict lets go who leaves nothing behind"

STANDIN_UNSEEN=1 nsattach --pid $one -t $place -u --strict
[ $code = 7 ] && said "first its unseen sharing with process 1 and .* more (Operation not permitted)" && calls 0 && true
result "strict does not take for unshared what can not be compared"

STANDIN_SCAN="kill -2 \$PPID" nsattach --pid $one -t $place -n --strict
[ $code = 130 ] && calls 0 && true
result "a signal during the look of --strict leaves everything as it is"

STANDIN_SCAN="kill -2 \$PPID" nsattach --pid $one -t $place -n --dry-run
[ $code = 130 ] && true
result "a signal ends a dry run"

exit $failed
