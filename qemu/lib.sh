# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
# What every script in qemu/ shares: words to the user, the cache, locks, bounded and logged commands.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${NSATTACH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nsattach}
build=$top/build
jobs=$(nproc)
checkout=$(basename "$top")-$(printf %s "$top" | sha256sum | cut -c1-8)

say() { printf '%s\n' "== $*" >&2; }
die() { printf 'nsattach: %s\n' "$*" >&2; exit 1; }

# Make and the lists of items split at these.
for path in "$top" "$cache" "${KSRC-}"; do
	case $path in *[[:space:]:]*) die "'$path' has a space or a colon in it, and this works only in a path without" ;; esac
done
case ${KSRC-} in '' | /*) ;; *) KSRC=$(realpath -ms "$KSRC") && export KSRC ;; esac

# make without the variables of our own Makefile, which would mean something else to the makefiles called (V, TEST, CONFIG).
make=(env -u MAKEFLAGS -u MFLAGS -u V -u TEST -u KERNEL -u CONFIG make)

# on_exit COMMAND: run it however this process ends (the background children in $running, or -GROUP, are ended first).
exit_commands=() running=''
on_exit() { exit_commands+=("$1"); }
at_exit() {
	local command
	# shellcheck disable=SC2086 # several
	[ -z "$running" ] || kill -- $running 2>/dev/null || :
	for command in "${exit_commands[@]}"; do eval "$command"; done
}
# A second signal ends the trap of the exit, so that of the signal does all. PIPE: who reads us may have been ended first.
ended() {
	at_exit
	exit "$1"
}
set_traps() {
	trap at_exit EXIT
	trap 'ended 130' INT
	trap 'ended 143' TERM HUP PIPE
}
set_traps

# One line per step that takes long: rewritten in place on a terminal, a line every 20 seconds elsewhere.
progress() {
	if [ -t 2 ]; then
		printf '\r   %s\033[K' "$*" >&2
	elif [ $((SECONDS - ${progress_shown:-0})) -ge 20 ]; then
		progress_shown=$SECONDS
		printf '   %s\n' "$*" >&2
	fi
}

# attempted SECONDS WHAT LOGFILE COMMAND...: run quietly with a deadline; when it fails, show the end of its log and say so.
attempted() {
	local limit=$1 what=$2 log=$3 rc=0 why began=$SECONDS progress_shown=$SECONDS
	shift 3
	mkdir -p "$(dirname "$log")"
	say "$what"
	timeout -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null &
	running=$!
	while sleep 0.2; kill -0 "$running" 2>/dev/null; do
		progress "$((SECONDS - began)) s, $(wc -l <"$log") lines: $(tail -n1 "$log" | cut -c1-60)"
	done
	wait "$running" || rc=$?
	running=''
	if [ -t 2 ]; then printf '\r\033[K' >&2; fi
	[ $rc = 0 ] && return
	tail -n 25 "$log" | sed 's/^/   | /' >&2
	why="failed with status $rc"
	[ $rc != 124 ] || why="not done after $limit s"
	printf 'nsattach: %s: %s (log: %s)\n' "$what" "$why" "$log" >&2
	return $rc
}

# logged SECONDS WHAT LOGFILE COMMAND...: the same for what nothing can be done without
logged() { attempted "$@" || exit 1; }

# interruptible COMMAND...: in the background and waited for, so that a signal ends it at once.
interruptible() {
	local rc=0
	"$@" &
	running=$!
	wait "$running" || rc=$?
	running=''
	return $rc
}

# grouped FUNCTION...: the same for what starts many others, in a process group of its own, which the signal ends whole. It has
# nothing to tidy up for its parent.
grouped() {
	local rc=0
	set -m
	(
		exit_commands=() running=''
		set_traps
		"$@"
	) </dev/null &
	running=-$!
	set +m
	wait "$!" || rc=$?
	running=''
	return $rc
}

# matches NAME PATTERNS: is it one of these shell patterns, or are there none?
matches() {
	local pattern
	local -a patterns
	read -rd '' -a patterns <<<"$2" || :
	[ ${#patterns[@]} -gt 0 ] || return 0
	for pattern in "${patterns[@]}"; do
		# shellcheck disable=SC2053 # these are patterns
		[[ $1 == $pattern ]] && return
	done
	return 1
}

# each_matches VARIABLE NAME...: is each of the patterns in it one of a name? A word that none has is a mistake.
each_matches() {
	local variable=$1 pattern name
	local -a patterns
	read -rd '' -a patterns <<<"${!1-}" || :
	shift
	for pattern in "${patterns[@]}"; do
		for name in "$@"; do
			if matches "$name" "$pattern"; then continue 2; fi
		done
		die "$variable=\"${!variable}\": there is no '$pattern'"
	done
}

# whole_number VARIABLE: if it is set, it is one from 1 on
whole_number() {
	[[ -z ${!1-} || ${!1} =~ ^[1-9][0-9]*$ ]] || die "$1=${!1} is not a whole number from 1 on"
}

# one_by_one ARGUMENT...: this script for each of them, if they are several
one_by_one() {
	local one status=0
	[ $# -gt 1 ] || return 0
	for one in "$@"; do interruptible "$0" "$one" || status=1; done
	exit $status
}

# lock NAME: until unlock NAME or the end of this process, nobody else works on what NAME stands for.
declare -A lock_fds=()
lock() {
	local fd
	mkdir -p "$cache/locks"
	exec {fd}>"$cache/locks/$1"
	lock_fds[$1]=$fd
	flock -n "$fd" && return
	say "waiting for another run that is working on $1"
	flock -w "${NSATTACH_LOCK_TIMEOUT:-3600}" "$fd" || die "another run holds $cache/locks/$1 for more than an hour"
}

unlock() {
	local fd=${lock_fds[$1]}
	exec {fd}>&-
}

need_space() {
	local free
	mkdir -p "$1"
	free=$(df --output=avail -m "$1" | tail -n1)
	[ "$free" -ge "$2" ] || die "$1 has $free MB free and $3 needs $2 MB; free some, or set NSATTACH_CACHE to a larger disk"
}

need_tool() {
	command -v "$1" >/dev/null || die "$1 is missing: apt-get install $2 (or run qemu/packages.sh as root)"
}

hash_of() { sha256sum | cut -c1-16; }

# Debian's kernels of bookworm are built with gcc-12; their modules must be too.
compiler() { if command -v gcc-12 >/dev/null; then echo gcc-12; else echo gcc; fi; }
