#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the command makes of the kernel's answers, which a stand-in for the device gives
# (standin/device.c)

set -eu -o pipefail

work=$(mktemp -d)
count=0
failed=0

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

# result NAME: told by the status of the last command
result() {
	local status=$?
	count=$((count + 1))
	if [ $status = 0 ]; then
		echo "ok $count $1"
	else
		echo "not ok $count $1"
		echo "# exit code $code"
		sed 's/^/# /' "$work/out" "$work/err" "$work/log"
		failed=1
	fi
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

STANDIN_SAY="fail=24,4 ok" nsattach --each $one $two -t $place -n
[ $code = 0 ] && calls 3 "pids= $two$" && [ ! -s "$work/err" ] && true
result "with --each who had to let an older attach go first is asked for again"

STANDIN_HOOK="[ \$STANDIN_NUMBER != 2 ] || kill -2 \$PPID" STANDIN_SAY="ok none" nsattach --each $one $two $holder -t $place -n -o pid,stall-us
[ $code = 6 ] && calls 2 && said "process $two was not moved .* it is the init" && printed "^ *$holder *0$" &&
	said "process $holder was not moved .* interrupted by a signal" && said "2 of 3 processes were not moved" && true
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

# A cgroup for the command: a directory with a list. The hook lets a member appear.
mkdir "$work/members"
cd "$work"
members() { printf '%s\n' "$@" >"$work/members/cgroup.procs"; }
appear="grep -q '^$two$' $work/members/cgroup.procs || echo $two >>$work/members/cgroup.procs"

members $one
STANDIN_HOOK=$appear nsattach --cgroup ./members -t $place -n -o pid,moved,threads
[ $code = 0 ] && calls 2 "pids= $two$" && printed "^ *$one yes *1" && printed "^ *$two yes *1" && true
result "who is moved in a later round is in the table"

members $one
STANDIN_HOOK=$appear nsattach --cgroup ./members -t $place -n -m
[ $code = 0 ] && calls 2 "pids= $two wd=$first_directory$" && true
result "who is moved in a later round keeps its own working directory"

members $one
STANDIN_HOOK=$appear STANDIN_SAY="ok none" nsattach --cgroup ./members -t $place -n --each -o pid,moved,error
[ $code = 6 ] && printed "^ *$one yes" && printed "^ *$two no *EBUSY" &&
	said "process $two was not moved into the net namespace of process $place: it is the init" &&
	said "1 of 2 processes were not moved" && ! grep -q detach log && true
result "with --each a failure in a later round is told, and the others stay"

members $one $two
STANDIN_SAY="fail=11,3" nsattach --cgroup ./members -t $place -n --each --json
[ $code = 1 ] && calls 2 && [ "$(grep -c '"reason": "TARGET_GONE"' "$work/out")" = 2 ] &&
	said "process $one was not moved .*: target $place has exited" && said "2 of 2 processes were not moved" && true
result "who was only found is told when it is the target that has gone"

STANDIN_SAY="fail=11,3" nsattach --cgroup ./members -t $place -n --each --dry-run
[ $code = 1 ] && calls 2 "flags=0x41 " && said "2 of 2 processes would not be moved" && true
result "in a dry run as well"

STANDIN_SAY="fail=10,3 ok" nsattach --cgroup ./members -t $place -n --each --json
[ $code = 0 ] && calls 2 && [ "$(grep -c '"moved"' "$work/out")" = 1 ] && [ ! -s "$work/err" ] && true
result "who was only found and has gone itself is not"

members $one
STANDIN_HOOK="[ \$STANDIN_NUMBER != 1 ] || echo $holder >>$work/members/cgroup.procs" \
	nsattach --cgroup ./members -t $place -n --strict
[ $code = 7 ] && calls 2 "detach .* pids= $one$" && said "process $holder was not moved: 1 thing would still reach" && true
result "strict looks at who is moved in a later round"

members $one
STANDIN_HOOK="echo $holder >>$work/members/cgroup.procs" STANDIN_SAY="left ok" \
	nsattach --pid $one --tree --cgroup ./members -t $place -n --strict
[ $code = 7 ] && calls 1 && said "process $holder was not moved: 1 thing would still reach" && true
result "and at a child that is found when the kernel names it"

members $one
STANDIN_HOOK=$appear STANDIN_SAY="ok busy ok" nsattach --cgroup ./members -t $place -n
[ $code = 1 ] && calls 3 "detach flags=0x1 ns=0x0 pids= $one$" && said "process $two was not moved" && true
result "all or nothing: who was moved before goes back"

members $one
STANDIN_HOOK=$appear STANDIN_SAY="ok busy none" nsattach --cgroup ./members -t $place -n
[ $code = 6 ] && calls 3 "detach" &&
	said "1 of 1 processes have moved and could not be put back, see --list: process $two was not moved" && true
result "who can not be put back is told, with an exit status of its own"

members $one $holder
STANDIN_HOOK=$appear STANDIN_LIST=$one STANDIN_SAY="ok busy ok" nsattach --cgroup ./members -t $place -n
[ $code = 6 ] && calls 3 "detach .* pids= $holder$" &&
	said "1 of 2 processes have moved and could not be put back (1 attached before, whom a detach would take further back)" && true
result "who was attached before is not taken further back than it was"

members $one
STANDIN_HOOK=$appear STANDIN_LIST=$one STANDIN_SAY="ok busy" nsattach --cgroup ./members -t $place -n
[ $code = 6 ] && calls 2 "attach" && said "1 of 1 processes have moved" && true
result "where all were attached before there is nobody to put back"

members $one
STANDIN_LIST=$one nsattach --cgroup ./members -t $place -n --json
[ $code = 0 ] && printed '"net"' && ! printed '"mnt"' && true
result "who was attached before is told with what is joined now"

members $one $two
STANDIN_OPENED="[ \$STANDIN_NUMBER != $two ] || echo $one >$work/members/cgroup.procs" nsattach --cgroup ./members -t $place -n
[ $code = 0 ] && calls 1 "pids= $one$" && true
result "who was opened when it was no member any more is not moved"

members $one $two
STANDIN_OTHER="$two $holder" nsattach --cgroup ./members -t $place -n
[ $code = 0 ] && calls 1 "pids= $one$" && true
result "who got the number of a member is not moved"

members $one
STANDIN_HOOK="rm -r $work/members" nsattach --cgroup ./members -t $place -n
[ $code = 0 ] && calls 1 "attach" && true
result "a cgroup that goes with its last member takes nobody back"

mkdir -p members
members $inside
nsattach --cgroup ./members --ns net=/proc/$place/ns/net
[ $code = 0 ] && calls 1 "pids= $inside$" && true
result "a cgroup whose members are all inside already is not an empty one"

nsattach --cgroup ./members --ns net=/proc/$place/ns/net --strict
[ $code = 7 ] && calls 0 && true
result "strict looks at members that are inside already"

members $one
STANDIN_HOOK="echo $inside >>$work/members/cgroup.procs" nsattach --cgroup ./members --ns net=/proc/$place/ns/net
[ $code = 0 ] && calls 1 "pids= $one$" && true
result "who turns up inside after the move needs no other round"

# who shares the namespaces of the attached one is as if born there: mnt and net of the stand-in's record
members $one $two $inside
STANDIN_LIST=$one nsattach --detach --cgroup ./members
[ $code = 0 ] && calls 1 "detach .* pids= $one$" && [ "$(wc -l <"$work/err")" = 1 ] &&
	said "^nsattach: 1 process born inside stays there: $two; --target $one --ns mnt,net --no-record can take them out$" && true
result "who was born inside and stays there is told, with the way out"

STANDIN_LIST=$one nsattach --detach --cgroup ./members --dry-run
[ $code = 0 ] && said "^nsattach: 1 process born inside would stay there: $two; " && true
result "before a detach as well"

STANDIN_LIST=$one STANDIN_SAY=none nsattach --detach --cgroup ./members --each
[ $code = 1 ] && said "process $one was not put back" && ! said "born inside" && true
result "but not where nobody goes back"

STANDIN_LIST=$one STANDIN_HOOK="rm $work/members/cgroup.procs" nsattach --detach $one --tree
[ $code = 0 ] && [ ! -s "$work/err" ] && true
result "a detach of a whole tree is quiet"

members 0 $one
nsattach --cgroup ./members -t $place -n
[ $code = 1 ] && said "some of its processes are not in this pid namespace" && calls 0 && true
result "members without a number are not left out"

mkdir -p members/threaded
: >members/threaded/cgroup.procs
members $one
STANDIN_PROCS=95 nsattach --cgroup ./members -t $place -n
[ $code = 0 ] && calls 1 "pids= $one$" && true
result "what is threaded below a cgroup has no members of its own"

STANDIN_PROCS=95 nsattach --cgroup ./members/threaded -t $place -n
[ $code = 1 ] && said "it is threaded, and its processes are members of one above" && calls 0 && true
result "a threaded cgroup is not an empty one"

STANDIN_PROCS=19 nsattach --cgroup ./members -t $place -n
[ $code = 0 ] && calls 1 "pids= $one$" && true
result "a cgroup that goes while it is read is no failure"

STANDIN_PROCS=5 nsattach --cgroup ./members -t $place -n
[ $code = 1 ] && said "the cgroup ./members can not be listed: Input/output error" && calls 0 && true
result "a list of members that can not be read is not an empty one"
rm -r members/threaded

# one whose name begins with a dot, and one at the end of a path that is too long for a call
mkdir -p members/.hidden members/deep
echo $one >members/.hidden/cgroup.procs
(
	cd members/deep
	for _ in {1..25}; do
		printf -v name %0200d 0
		mkdir "$name"
		cd -P "$name"
		: >cgroup.procs
	done
	echo $holder >cgroup.procs
)
touch members/deep/cgroup.procs
members $two
nsattach --cgroup ./members -t $place -n
[ $code = 0 ] && calls 1 "pids= $two" && calls 1 " $one\>" && calls 1 " $holder\>" && true
result "no process is left out for how its cgroup is called or how deep it lies"
rm -r members/.hidden members/deep

(
	cd members
	for _ in {1..1030}; do
		mkdir d
		cd -P d
		: >cgroup.procs
	done
)
nsattach --cgroup ./members -t $place -n
[ $code = 1 ] && calls 0 && said "the cgroup ./members can not be listed: there are too many cgroups in one another" && true
result "cgroups that are too deep to be gone into are not left out"
rm -r members/d

members $one
nsattach --cgroup ./members -t $place -n --no-record
[ $code = 2 ] && said "no way back" && calls 0 && true
result "a cgroup without a way back is refused"

STANDIN_SAY=left nsattach --pid $one --tree -t $place -n --no-record
[ $code = 5 ] && ! grep -q "flags=0x20 " log && true
result "a tree without a way back leaves no child to a later round"

STANDIN_SAY="fail=38,11,$two" nsattach --pid $one --tree -t $place -n
[ $code = 5 ] && calls 9 "flags=0x800 " && said "its child $two was born meanwhile and would stay behind" && true
result "a child that can not be found is not left behind"

STANDIN_SAY="fail=44,16,-1" nsattach --pid $one --tree -t $place -n
[ $code = 1 ] && calls 1 && said "process $one was not moved .*: nsattach itself .* run it from another session" && true
result "nsattach below who it is to move between pid namespaces says that it is in the way"

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

# found ARGS...: one of the processes exits just before it is looked at what it holds open
found() {
	sleep 600 &
	local gone=$!
	disown
	members $gone $one
	STANDIN_SCAN="[ \$STANDIN_NUMBER != $gone ] || { kill $gone; while [ -e /proc/$gone ]; do sleep 0.1; done; }" \
		nsattach -t $place "$@"
}

found -n --cgroup ./members --dry-run && [ $code = 0 ] && calls 1 && found -n --cgroup ./members --strict && [ $code = 0 ] && calls 1 && true
result "who was only found may exit before the look at what it holds open"

STANDIN_HOOK="kill -2 \$PPID" STANDIN_SAY="left ok" nsattach --pid $one --tree -t $place -n
[ $code = 130 ] && calls 1 && said "interrupted by a signal; nothing was changed" && true
result "a signal between two calls is the end"

ended=0
for number in 1 3 15; do
	members $one
	STANDIN_HOOK="$appear; [ \$STANDIN_NUMBER != 1 ] || kill -$number \$PPID" nsattach --cgroup ./members -t $place -n
	[ $code = $((128 + number)) ] && calls 2 "detach .* pids= $one$" &&
		said "interrupted by a signal; nothing was changed" && ended=$((ended + 1))
done
[ $ended = 3 ] && true
result "a signal between two rounds puts back who was moved"

members $one
STANDIN_HOOK="$appear; kill -15 \$PPID; kill -15 \$PPID" STANDIN_SAY="ok none" nsattach --cgroup ./members -t $place -n
[ $code = 6 ] && calls 2 "detach" && said "1 of 1 processes have moved and could not be put back" && true
result "no second signal keeps who was moved from being put back, or from being told"

members $one
STANDIN_HOOK="$appear; kill -13 \$PPID" nsattach --cgroup ./members -t $place -n
[ $code = 0 ] && calls 2 "attach .* pids= $two$" && true
result "who does not read on does not end it between two rounds"

bash -c 'sleep 600 & wait' &
parent=$!
within10s "pgrep -P $parent >$work/child"
STANDIN_OTHER="$parent $one" nsattach --pid $parent --tree -t $place -n
[ $code = 0 ] && calls 1 "pids= $one$" && true
result "a child of who got the number of a member is not moved"
pkill -P $parent

# 40 children of one shell, and 30 files
bash -c 'for i in {1..40}; do sleep 600 & done; wait' &
parent=$!
within10s "[ \$(pgrep -cP $parent) = 40 ]"
ulimit -Sn 30
nsattach --pid $parent --tree -t $place -n -m -v
[ $code = 0 ] && calls 1 && [ "$(sed 's/ wd=.*//' log | wc -w)" = 45 ] && true
result "the limit of open files is raised as far as it may be"
[ "$(grep -o " wd=$work" log | wc -l)" = 41 ] &&
	said "of 33 more processes 33 have another working directory inside than /$" && true
result "of a large tree the directories are kept, and not all told one by one"

ulimit -n 30
nsattach --pid $parent --tree -t $place -n
[ $code = 1 ] && said "raise ulimit -n" && calls 0 && true
result "a tree that is larger than the limit of open files is not taken for a smaller one"

members $one
STANDIN_HOOK="pgrep -P $parent | head -n 13 >>$work/members/cgroup.procs" nsattach --cgroup ./members -t $place -n
[ $code = 1 ] && calls 2 "detach .* pids= $one$" && said "raise ulimit -n" && true
result "nor is one that grows beyond it in a later round told without the remedy"
pkill -P $parent

exit $failed
