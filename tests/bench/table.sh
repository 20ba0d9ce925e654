#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# table.sh RESULT.tsv: the figures as tables, and what must hold of them. Status 0 even if something does not.
set -eu -o pipefail

awk -F '\t' '
function commas(n,  s, out) {
	s = sprintf("%d", n)
	while (length(s) > 3) {
		out = "," substr(s, length(s) - 2) out
		s = substr(s, 1, length(s) - 3)
	}
	return s out
}

function title(text) { printf "\n%s\n", text }

# One line: what it is, and its medians over x.
function line(what, name, xs,  n, i, list) {
	n = split(xs, list, " ")
	printf "  %-46s", what
	for (i = 1; i <= n; i++)
		printf " %12s", ((name, list[i]) in median) ? commas(median[name, list[i]]) : "-"
	printf "\n"
}

function head(what, xs,  n, i, list) {
	n = split(xs, list, " ")
	printf "  %-46s", what
	for (i = 1; i <= n; i++)
		printf " %12s", commas(list[i])
	printf "\n"
}

function one(what, name) { if ((name, 1) in median) line(what, name, "1") }

function have(name, x) { return (name, x) in median }

function holds(what, value, limit, unit) {
	printf "  %-58s %14s %14s  %s\n", what, unit == "" ? commas(value) : sprintf(unit, value),
		unit == "" ? commas(limit) : sprintf(unit, limit), value <= limit ? "holds" : "DOES NOT HOLD"
}

function slope(from, to) { return (median["attach", to] - median["attach", from]) / (to - from) }

# Largest over smallest median of a measurement, over all x.
function spread(name,  key, part, least, most) {
	for (key in median) {
		split(key, part, SUBSEP)
		if (part[1] != name)
			continue
		if (!least || median[key] < least) least = median[key]
		if (median[key] > most) most = median[key]
	}
	return least ? most / least : 0
}

function flat(what, name) { if (spread(name)) holds(what, spread(name), 1.01, "%.3f") }

!/^#/ && $1 != "measurement" { median[$1, $2] = $3 }

END {
	title("Guest instructions (median), namespaces mnt, net, uts and ipc")
	one("setns(pidfd) by the process itself (the floor)", "setns")
	one("pipe round trip between two processes", "pipe-round-trip")
	one("pidfd_open, close", "pidfd-open-close")
	one("open, close of four /proc/PID/ns files", "four-ns-files")
	one("ptrace injection into 1 thread", "ptrace-injection")

	x = "1 8 64 256 1024 10000"
	title("Until the caller goes on")
	head("threads", x)
	line("nsattach: the ioctl", "attach", x)
	line("nsattach: pidfd_open twice, ioctl, close twice", "attach-with-pidfds", x)
	line("nsattach: the ioctl, all threads must be woken", "attach-woken", x)
	line("SIGSTOP and SIGCONT", "sigstop-sigcont", x)
	line("cgroup.freeze and thaw", "cgroup-freeze-thaw", x)
	title("All that is executed until everything sleeps again")
	head("threads", x)
	line("nsattach: the ioctl", "attach-work", x)
	line("nsattach: the ioctl, all threads must be woken", "attach-woken-work", x)
	line("SIGSTOP and SIGCONT", "sigstop-sigcont-work", x)
	line("cgroup.freeze and thaw", "cgroup-freeze-thaw-work", x)

	x = "1 10 100 1000"
	title("Many processes of one thread")
	head("processes", x)
	line("one call", "attach-processes-one-call", x)
	line("a call for each", "attach-processes-each-call", x)

	x = "1 10 100 1000 10000"
	title("What it must not depend on")
	head("number", x)
	line("open fds of the subject", "attach-fds", x)
	line("mounts of the subject and of the targets", "attach-mounts", x)
	line("megabytes of memory (1, 16, 256)", "attach-megabytes", "1 16 256")
	line("namespaces (1 to 6)", "attach-namespaces", "1 2 3 4 5 6")

	title("Programs, from before exec until after exit")
	one("a program that only exits", "command-true")
	one("nsenter -t T -n true", "command-nsenter-net-true")
	one("nsenter -t T -m -n -u -i true", "command-nsenter-four-true")
	one("nsattach --pid P --target T --ns mnt,net,uts,ipc", "command-nsattach-four")
	if (have("daemon-restart", 8)) {
		line("a daemon of 8 threads: killed, started inside", "daemon-restart", "8")
		line("the same daemon: attached", "daemon-attach", "8")
	}

	if (have("stall-p50-ns-attach", 1)) {
		title("What the subject sees, two cpus, nanoseconds of wall time")
		printf "  %-46s %12s %12s %12s %12s\n", "", "p50", "p99", "longest", "EINTR"
		n = split("nothing attach sigstop", way, " ")
		for (i = 1; i <= n; i++)
			printf "  %-46s %12s %12s %12s %12s\n", "longest gap of a spinning thread: " way[i],
				commas(median["stall-p50-ns-" way[i], 1]), commas(median["stall-p99-ns-" way[i], 1]),
				commas(median["stall-max-ns-" way[i], 1]), commas(median["stall-eintr-" way[i], 1])
	}
	if (have("stall-one-cpu-p50-ns-attach", 1)) {
		title("The same on one cpu, instructions, with those of the caller")
		printf "  %-46s %12s %12s %12s %12s\n", "", "p50", "p99", "longest", "EINTR"
		n = split("nothing attach sigstop", way, " ")
		for (i = 1; i <= n; i++)
			printf "  %-46s %12s %12s %12s %12s\n", "longest gap of a spinning thread: " way[i],
				commas(median["stall-one-cpu-p50-ns-" way[i], 1]), commas(median["stall-one-cpu-p99-ns-" way[i], 1]),
				commas(median["stall-one-cpu-max-ns-" way[i], 1]), commas(median["stall-one-cpu-eintr-" way[i], 1])
	}

	title(sprintf("%-60s %14s %14s", "What must hold", "is", "at most"))
	if (have("attach", 1)) holds("the ioctl, 1 thread", median["attach", 1], 15000)
	if (have("attach-with-pidfds", 1) && have("setns", 1))
		holds("1 thread, pidfds and all: setns, pipe round trip, 2 pidfds", median["attach-with-pidfds", 1],
			median["setns", 1] + median["pipe-round-trip", 1] + 2 * median["pidfd-open-close", 1])
	if (have("attach-with-pidfds", 1) && have("ptrace-injection", 1))
		holds("1 thread, pidfds and all: a third of ptrace injection", median["attach-with-pidfds", 1],
			median["ptrace-injection", 1] / 3)
	if (have("attach", 256) && have("attach", 64)) holds("each further thread, 64 to 256", slope(64, 256), 4000)
	if (have("attach", 10000)) {
		holds("each further thread, 256 to 10,000", slope(256, 10000), 4000)
		holds("a straight line: the second of these by the first", slope(256, 10000) / slope(64, 256), 1.05, "%.3f")
	}
	if (have("attach-processes-one-call", 1000))
		holds("1,000 processes: one call by 1,000 calls",
			median["attach-processes-one-call", 1000] / median["attach-processes-each-call", 1000], 0.7, "%.3f")
	flat("flat over open fds: largest by smallest", "attach-fds")
	flat("flat over mounts", "attach-mounts")
	flat("flat over memory", "attach-megabytes")
	if (have("command-nsattach-four", 1))
		holds("the command: nsenter -t T -n true", median["command-nsattach-four", 1],
			median["command-nsenter-net-true", 1])
	if (have("stall-p99-ns-attach", 1))
		holds("stall p99, nanoseconds: that of SIGSTOP", median["stall-p99-ns-attach", 1],
			median["stall-p99-ns-sigstop", 1])
	for (key in median) {
		split(key, part, SUBSEP)
		if (part[1] ~ /^attach.*-eintr$/ || part[1] ~ /^stall.*-eintr-attach$/) {
			eintr += median[key]
			counted = 1
		}
		if (part[1] ~ /-events-lost$/) lost += median[key]
	}
	if (counted) holds("EINTR seen by subjects of attaches", eintr, 0)
	if (have("stall-events-lost", 1)) holds("events lost by subjects", lost, 0)
}' "$1"
