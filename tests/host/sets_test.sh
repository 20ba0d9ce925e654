#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Trees and cgroups: who is found, and what becomes of all when more appear; the kernel's answers come
# from a stand-in for the device (standin/device.c)

# shellcheck source=standin.sh
. "$(dirname "$0")/standin.sh"

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

members $holder
STANDIN_HOOK=$appear STANDIN_SAY="ok none" nsattach --cgroup ./members -t $place -n --each -v
[ $code = 6 ] && [ "$(grep -c "moved . thread" "$work/err")" = 1 ] && said "moved 1 thread in" && said "still reaches out by" && true
result "with --each a round in which none moves is not told as one that moved some"

members $one
STANDIN_HOOK=$appear nsattach --cgroup ./members -t $place -n --each -v
[ $code = 0 ] && [ "$(grep -c "moved 1 thread in" "$work/err")" = 2 ] && true
result "and of each round only what it has moved"

# spawn: one more member
spawn="sleep 600 >$work/no 2>&1 & echo \$! | tee -a $work/spawned >>$work/members/cgroup.procs"
kill_spawned() { xargs kill <"$work/spawned" && rm "$work/spawned"; }

members $one
STANDIN_HOOK=$spawn STANDIN_SAY="ok none" nsattach --cgroup ./members -t $place -n --each --json
[ $code = 6 ] && calls 65 && printed "\"pid\": $one," && [ "$(grep -c '"moved": true' "$work/out")" = 1 ] &&
	[ "$(grep -c '"why": "process .* is the init' "$work/out")" = 64 ] && said "processes appear faster" &&
	said "64 of 65 processes were not moved" && true
result "with --each all are told of a set that does not stop growing"
kill_spawned

members $one
STANDIN_HOOK=$spawn STANDIN_SAY=none nsattach --cgroup ./members -t $place -n --each
[ $code = 1 ] && said "processes appear faster" && said "65 of 65 processes were not moved" && true
result "where none of them has moved the exit status is that of the first"
kill_spawned

members $one
STANDIN_HOOK=$spawn nsattach --cgroup ./members -t $place -n --each -o pid,moved
[ $code = 6 ] && [ "$(grep -c " yes" "$work/out")" = 65 ] && [ "$(wc -l <"$work/err")" = 1 ] && said "processes appear faster" && true
result "where all have moved it is not that of a success"
kill_spawned

members $one
STANDIN_HOOK="$appear; echo 0 >>$work/members/cgroup.procs" \
	nsattach --cgroup ./members -t $place -n --each -o pid,moved
[ $code = 6 ] && calls 1 && printed "^ *$one yes" && said "some of its processes are not in this pid namespace" && true
result "with --each who moved before a look that fails is in the table"

members $one
STANDIN_OPENED="[ \$STANDIN_NUMBER = $place ] || { $spawn; }" STANDIN_HOOK="kill -2 \$PPID" \
	nsattach --cgroup ./members -t $place -n --each -o pid,moved
[ $code = 6 ] && calls 1 && printed "^ *$one yes" && [ "$(grep -c " no" "$work/out")" = 1 ] &&
	said "interrupted by a signal$" && said "1 of 2 processes were not moved" && true
result "with --each a signal ends the rounds"
kill_spawned

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

STANDIN_LIST=$one STANDIN_SAY="fail=10,3" nsattach --detach --cgroup ./members --json
[ $code = 0 ] && calls 1 "detach .* pids= $one$" && ! printed '"moved"' && ! said "not put back" && true
result "who was only found may exit before it is put back"

STANDIN_LIST=$one STANDIN_SAY="fail=10,3" nsattach --detach --tree $one
[ $code = 1 ] && said "process $one was not put back: the process has exited" && true
result "who was named may not"

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

STANDIN_UNOPENED=19 nsattach --cgroup ./members -t $place -n
[ $code = 0 ] && calls 1 "pids= $one$" && true
result "nor is one that goes just before"

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

members $one
left="fail=38,11,$two"
STANDIN_HOOK="[ \$STANDIN_NUMBER != 9 ] || echo $holder >>$work/members/cgroup.procs" \
	STANDIN_SAY="$left $left $left $left $left $left $left $left $left ok" \
	nsattach --pid $one --tree --cgroup ./members -t $place -n
[ $code = 5 ] && calls 9 "flags=0x800 " && said "its child $two was born meanwhile and would stay behind" && true
result "nor is it where others are found"

STANDIN_WITHOUT=0x800 nsattach --pid $one --tree -t $place -n --no-record
[ $code = 1 ] && calls 0 && said "nothing was moved: with this module a child .* follows later" && true
result "nor is anybody moved without a way back by a module that can not refuse to leave one"

STANDIN_SAY="fail=44,16,-1" nsattach --pid $one --tree -t $place -n
[ $code = 1 ] && calls 1 && said "process $one was not moved .*: nsattach itself .* run it from another session" && true
result "nsattach below who it is to move between pid namespaces says that it is in the way"

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
