# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
# In the guest: commands are shown as they are typed, with their output, and every sentence that claims something is
# checked. With TAP set the same script is a suite: each claim is a test, and the rest is comment.

failures=0 claims=0

TAP=${TAP-}
if [ -z "$TAP" ]; then exec >&3 2>&1; fi

heading() {
	if [ -n "$TAP" ]; then
		printf '# %s\n' "$1"
	else
		printf '\n\n%s\n%s\n' "$1" "$(printf '%s' "$1" | tr -c - -)"
	fi
}

# show COMMAND: print it as typed, run it, print what it prints; leaves its status
show() {
	if [ -n "$TAP" ]; then
		printf '#  RUN  %s\n' "$1"
	else
		printf '\n$ %s\n' "$1"
	fi
	eval "$1" >/run/show.log 2>&1
	status=$?
	if [ -n "$TAP" ]; then sed 's/^/# /' /run/show.log; else cat /run/show.log; fi
	return $status
}

# claim SENTENCE CHECK...
# What it says comes from a process of its own: busybox's shell loses a line that SIGCHLD interrupts.
claim() {
	sentence=$1
	shift
	claims=$((claims + 1))
	if "$@" >/run/claim.log 2>&1; then
		(if [ -n "$TAP" ]; then printf 'ok %d %s\n' $claims "$sentence"; else printf '  [ok] %s\n' "$sentence"; fi)
		return
	fi
	failures=$((failures + 1))
	if [ -n "$TAP" ]; then
		sed 's/^/#    /' /run/claim.log
		(printf 'not ok %d %s\n' $claims "$sentence")
	else
		printf '  [NOT SO] %s\n' "$sentence"
		sed 's/^/           /' /run/claim.log
	fi
}

# The last thing that a script says; its status.
conclude() {
	if [ -n "$TAP" ]; then
		echo "1..$claims"
	elif [ $failures = 0 ]; then
		printf '\nEvery claim above was checked and holds.\n'
	else
		printf '\n%d of the claims above do not hold.\n' $failures
	fi
	return $((failures > 0))
}

is() { echo "$1"; [ "$1" = "$2" ]; }
has() { echo "$1"; case " $1 " in *" $2 "*) ;; *) return 1 ;; esac; }
says() { echo "$1"; case $1 in *"$2"*) ;; *) return 1 ;; esac; }
not() { ! "$@"; }

# soon CHECK...: within some seconds
soon() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		if "$@"; then return 0; fi
		sleep 0.5
	done
	return 1
}

# refused CODE TEXT COMMAND...: it fails with this status and its sentence has this text
refused() {
	code=$1 text=$2
	shift 2
	said=$("$@" 2>&1)
	is $? "$code" && says "$said" "$text"
}

# links PID TYPE: the different namespaces of this type that the threads of PID are in
links() {
	for task in /proc/"$1"/task/*; do readlink "$task/ns/$2"; done | sort -u
}

# in_ns PID TYPE OTHER: all threads of PID are in the namespace of OTHER
in_ns() { is "$(links "$1" "$2")" "$(readlink "/proc/$3/ns/$2")"; }
