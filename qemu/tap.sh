# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2086
# Reads what the guest writes on its channel, prints a line per suite and what failed in it, and counts.
# A suite is good if its plan was kept, its status is 0, every result is ok or a skip that qemu/skips allows, and the
# kernel log stayed clean. Each thing that is wrong is one failure. For skips, the kernel may have another name: $skips_of.

# tap_read KERNEL CONFIG RESULTS SECONDS [BOOT]: standard input is the channel; a row per suite is added to the file RESULTS.
# Nothing for SECONDS, which no suite may take, or for BOOT seconds at first, is a guest that hangs.
tap_read() {
	local line suite='' kernel=$1 config=$2 results=$3 test silence=${5:-$4}
	local -i passed failed skipped planned seen splat finished=0
	local -a lines told
	while IFS= read -r -t "$silence" line; do
		line=${line%$'\r'} silence=$4
		[ -z "${V-}" ] || printf '   %s\n' "$line"
		case $line in
		'nsattach: begin '*)
			suite=${line#nsattach: begin } passed=0 failed=0 skipped=0 planned=-1 seen=0 splat=0 lines=() told=() test=''
			rm -f "$(tap_figures)"
			;;
		'nsattach: end '*) tap_end "${line#nsattach: end }" && suite='' ;;
		'nsattach: splat '*) tap_splat "${line#nsattach: splat }" ;;
		'nsattach: done '*) finished=1 ;;
		1..[0-9]*) tap_plan "${line#1..}" ;;
		'ok '*'# SKIP'*) tap_skip ;;
		'ok '[0-9]*) passed+=1 seen+=1 lines=() ;;
		'not ok '*) failed+=1 seen+=1 && tap_failure "$line" ;;
		'#  RUN '*) lines=() test=${line% ...} && test=${test##* } ;;
		'figure: '* | '# figure: '*) tap_figure "${line#*figure: }" ;;
		'# minute '*) printf '   %s\n' "${line#\# }" ;;
		'') ;; # the end of a last line that had none
		*) lines+=("$line") ;;
		esac
		[ -z "${STOP-}" ] || [ ! -s "$CAUGHT" ] || return 1
	done
	[ -z "$suite" ] || tap_cut_off
	[ $finished = 1 ] || return 1
}

# What the suite of this run measured: a line each of kernel, config, scale, suite, test, name and value. It stays until the
# suite runs again at this scale.
tap_figures() {
	echo "$build/figures/$(cell_of "$kernel" "$config" "$suite").tsv"
}

# tap_figure "NAME VALUE": at whole scale, and of make soak, they are the result, and shown
tap_figure() {
	local name=${1% *} value=${1##* }
	lines+=("figure: $1")
	mkdir -p "$build/figures"
	printf '%s\t' "$kernel" "$config" "${SCALE:-quick}" "$suite" "$test" "$name" >>"$(tap_figures)"
	printf '%s\n' "$value" >>"$(tap_figures)"
	[ "${SCALE:-quick}" != whole ] && [ -z "${SOAK-}" ] || printf 'figure  %-14s %s: %s %s\n' "$suite" "$test" "$name" "$value"
}

# A suite may be several programs, each with its plan.
tap_plan() {
	[ $planned -ge 0 ] || planned=0
	planned+=${1%% *}
	[ "${1%% *}" != 0 ] || tap_no_test "${1#0}"
}

# A program that skips itself as a whole, or has nothing to run, is a skip of no name.
tap_no_test() {
	if may_skip ''; then
		skipped+=1
	else
		failed+=1
		tap_failure "it ran no test${1:+:${1# # SKIP}}"
	fi
}

# CAUGHT=FILE: note the first failure there, for who wants to know no more; with STOP=1 the guest is ended then.
tap_note() {
	[ -z "${CAUGHT-}" ] || [ -s "$CAUGHT" ] || printf '%s\t%s\n' "$suite" "$1" >"$CAUGHT"
}

# tap_tell LINE...: to the user, and to who asks later why this cell is red
tap_tell() {
	told+=("$@")
	printf '%s\n' "$@"
}

tap_failure() {
	local -i from=$((${#lines[@]} > 20 ? ${#lines[@]} - 20 : 0))
	tap_note "$1"
	tap_tell "   $suite: $1"
	[ ${#lines[@]} = 0 ] || {
		lines=("${lines[@]:from}")
		tap_tell "${lines[@]/#/      }"
	}
	lines=()
}

tap_splat() {
	tap_note "kernel log: $1"
	[ $splat = 1 ] || { failed+=1 splat=1 && tap_tell "   $suite: the kernel log is not clean:"; }
	tap_tell "      $1"
}

# may_skip TEST: does qemu/skips say so?
may_skip() {
	local a b c d
	while read -r a b c d _; do
		# shellcheck disable=SC2053 # these are patterns
		[[ $a != '#'* && ${skips_of:-$kernel} == $a && $config == $b && $suite == $c && $1 == $d ]] && return
	done <"$top/qemu/skips"
	return 1
}

tap_skip() {
	local name=${line#ok } why=${line#*# SKIP}
	name=${name#* } name=${name%%# SKIP*} name=${name:-$test} name=${name% }
	seen+=1 skipped+=1 lines=()
	! may_skip "$name" || return 0
	failed+=1
	tap_failure "skipped '$name', which qemu/skips does not allow:$why"
}

# tap_end "NAME STATUS SECONDS"
tap_end() {
	local name status seconds
	read -r name status seconds <<<"$1"
	if [ "$status" = timeout ]; then
		failed+=1 && tap_failure "stopped after $seconds s without an end${test:+ (in $test)}"
	elif [ "$planned" -lt 0 ]; then
		failed+=1 && tap_failure "no TAP plan (exit status $status)"
	elif [ "$planned" != "$seen" ]; then
		failed+=1 && tap_failure "$planned tests were announced and $seen reported (exit status $status)"
	elif [ "$status" != 0 ] && [ $failed = 0 ] && [ "$status" != 4 ]; then
		failed+=1 && tap_failure "exit status $status although every test passed"
	fi
	tap_row "$seconds"
}

tap_cut_off() {
	failed+=1
	tap_failure "the guest stopped here: a panic, a hang or its deadline${test:+ (in $test)}"
	tap_row 0
}

tap_row() {
	local verdict=ok
	[ $failed = 0 ] || verdict=FAILED
	printf '%-7s %-14s %4d passed' $verdict "$suite" "$passed"
	[ $failed = 0 ] || printf ', %d failed' "$failed"
	[ $skipped = 0 ] || printf ', %d skipped' "$skipped"
	printf ', %d s\n' "$1"
	[ $failed = 0 ] || printf '        %s\n' "$(again "$kernel" "$config" "$suite")"
	printf '%s\t%s\t%s\t%d\t%d\t%d\t%d\n' "$kernel" "$config" "$suite" "$passed" "$failed" "$skipped" "$1" >>"$results"
	cell_done "$suite" "$failed" "$(tail -n 1 "$results")" "${told[@]}"
}

# tap_table RESULTS: the table and the line with the sums; status 1 if anything failed or nothing ran
tap_table() {
	awk -F '\t' '
	{
		key = sprintf("%-15s %-8s", $1, $2)
		if (!(key in suites)) order[++n] = key
		suites[key]++; passed[key] += $4; failed[key] += $5; skipped[key] += $6; time[key] += $7
		P += $4; F += $5
	}
	END {
		printf "\n%-15s %-8s %7s %7s %7s %8s %6s\n", "kernel", "config", "suites", "passed", "failed", "skipped", "time"
		for (i = 1; i <= n; i++) {
			k = order[i]
			printf "%s %7d %7d %7d %8d %4d s\n", k, suites[k], passed[k], failed[k], skipped[k], time[k]
		}
		printf "\n%d passed, %d failed\n", P, F
		exit !(P && !F)
	}' "$1"
}
