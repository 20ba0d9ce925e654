#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# plot.sh RESULT.tsv DIR: cost over threads, processes, fds and mounts, namespaces: DIR/*.svg and *.png
set -eu -o pipefail
# shellcheck source=../../qemu/lib.sh
. "$(dirname "$0")/../../qemu/lib.sh"

result=$1 dir=$2
need_tool gnuplot gnuplot-nox

# curve MEASUREMENT TITLE: one curve of a plot; gnuplot's column 2 is x, 3 the median
curve() {
	printf "'< grep -P \"^%s\\\\t\" \"%s\"' using 2:3 with linespoints title '%s'" "$1" "$result" "$2"
}

# plot NAME XLABEL AXES CURVES: AXES: more gnuplot commands
plot() {
	local format
	for format in svg png; do
		gnuplot <<-END
			set terminal $format size 900,600
			set output '$dir/$1.$format'
			set datafile separator '\t'
			set xlabel '$2'
			set ylabel 'guest instructions'
			set key left top
			set grid
			set format y '%.0f'
			$3
			plot $4
		END
	done
}

plot threads 'threads of the subject' 'set logscale xy' \
	"$(curve attach 'nsattach'), $(curve attach-woken 'nsattach, all threads woken'), $(curve sigstop-sigcont 'SIGSTOP, SIGCONT'), $(curve cgroup-freeze-thaw 'cgroup.freeze, thaw')"
plot processes 'processes' 'set logscale xy' \
	"$(curve attach-processes-one-call 'one call'), $(curve attach-processes-each-call 'a call for each')"
plot sizes 'number' 'set logscale x; set yrange [0:*]; set key left bottom' \
	"$(curve attach-fds 'open fds'), $(curve attach-mounts 'mounts'), $(curve attach-megabytes 'MB of memory')"
plot namespaces 'namespaces (uts, ipc, net, mnt, cgroup, pid for children)' 'set yrange [0:*]' \
	"$(curve attach-namespaces 'nsattach')"
say "plots: $dir/{threads,processes,sizes,namespaces}.{svg,png}"
