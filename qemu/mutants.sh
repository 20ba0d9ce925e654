#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mutants.sh: break the module on purpose, one small change of tests/mutants/*.sed at a time, and see what suite notices.
# Prints a table of mutant and what caught it (also in build/mutants.tsv); status 1 if one survives all of the suites.
#   MUTANT="perm-* put-dropped"   only these (shell patterns)
#   WORKERS=1                     guests at a time; 2 without it
#   ONLY_FIRST=1                  no other suites than those that the mutant names: a short answer while one is written
#   mutants.sh --check            only tells of those that can not be run, or change nothing
# Each file says in its head what it breaks, in which file of module/, on what config of 6.1-patched it is to be seen, and
# which suites are to be run first; the others follow, and the first failure ends the guest.
set -eu -o pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

kernel=6.1-patched
dir=$build/mutants

field() { sed -n "s/^# $1: //p" "$top/tests/mutants/$2.sed"; }

selected() { matches "$1" "${MUTANT-}"; }

debug_configs='kasan kcsan lockdep'

# fault NAME: what is wrong with it, if anything
fault() {
	local config file said
	config=$(field config "$1") file=$(field file "$1")
	if [[ " $debug_configs plain " != *" $config "* || -z $config ]]; then
		echo "config: '$config' is none of $debug_configs plain"
	elif [ -z "$file" ] || [ ! -f "$top/module/$file" ]; then
		echo "file: there is no module/$file"
	elif ! said=$(sed -E -f "$top/tests/mutants/$1.sed" "$top/module/$file" 2>&1 >/dev/null); then
		echo "${said##*/}"
	fi
}

# faults NAME...: of these mutants; a line each
faults() {
	local name why
	for name in "$@"; do
		why=$(fault "$name")
		[ -z "$why" ] || echo "$name.sed: $why"
	done
}

# lost NAME...: the mutants whose line is gone: they have lost what they were to break
lost() {
	local name file
	for name in "$@"; do
		file=$top/module/$(field file "$name")
		! sed -E -f "$top/tests/mutants/$name.sed" "$file" 2>/dev/null | cmp -s - "$file" 2>/dev/null ||
			echo "$name.sed: changes nothing in ${file##*/}"
	done
}

all_names() { (cd "$top/tests/mutants" && printf '%s\n' *.sed | sed 's/\.sed$//'); }

# names: the mutants, those of the slow kernels first
names() {
	local config name
	for config in $debug_configs plain; do
		all_names | while read -r name; do
			if [ "$(field config "$name")" = "$config" ] && selected "$name"; then echo "$name"; fi
		done
	done
}

# make_tree N: the tree that worker N changes, a copy of this one with what was built in it. The module of the last time and
# its objects stay, for restore() to bring up to date.
make_tree() {
	local tree=$dir/tree-$1
	mkdir -p "$tree/build/module"
	find "$tree" -mindepth 1 -maxdepth 1 ! -name build ! -name module -exec rm -rf {} +
	find "$tree/build" -mindepth 1 -maxdepth 1 ! -name module -exec rm -rf {} +
	git -C "$top" ls-files -z --cached --others --exclude-standard -- ':!module' |
		(cd "$top" && xargs -0 cp -a --parents -t "$tree" 2>/dev/null) || :
	cp -a "$build/userland" "$build/tests" "$tree/build/"
	(cd "$top" && find module -type d -exec mkdir -p "$tree/{}" ';')
	restore "$tree"
}

# Every file of module/ as it is here; only what differs is written, so that little is compiled.
restore() {
	local file
	(cd "$top/module" && find . -type f) | while read -r file; do
		cmp -s "$top/module/$file" "$1/module/$file" || cp "$top/module/$file" "$1/module/$file"
	done
}

# mutate TREE NAME: fails if there is nothing left that the script changes
mutate() {
	local file
	file=$1/module/$(field file "$2")
	sed -E -f "$top/tests/mutants/$2.sed" "$file" >"$1/mutated" || return 1
	! cmp -s "$1/mutated" "$file" || return 1
	cat "$1/mutated" >"$file"
}

# What a dead guest said last.
last_words() {
	local words
	words=$(tr -d '\r' <"$1" | grep -vE -f "$top/qemu/harmless" | grep -E -f "$top/qemu/splats" | sed -n 's/^\[[ .0-9]*\] *//; 1p') || :
	echo "${words:-hang: the guest said no more}"
}

# no_boot TREE CONFIG: why no guest was booted; the first error of a compiler, if it was one
no_boot() {
	if grep -q '^nsattach: building nsattach.ko' "$1/log"; then
		sed -nE "/error:|ERROR:/ { s#^$1/##; p; q }" "$1/build/logs/module-$kernel-$2" | grep . && return
	fi
	{ grep '^nsattach: ' "$1/log" || tail -n 1 "$1/log"; } | sed -n '1 { s/^nsattach: //; p }'
}

# verdict TREE NAME STATUS: a line of the table
verdict() {
	local tree=$1 suite what words verdict=caught
	if ! grep -q '^== booting' "$tree/log"; then
		verdict=ERROR suite=- what="not run: $(no_boot "$tree" "$(field config "$2")" | cut -c1-120)"
	elif [ -s "$tree/caught" ]; then
		IFS=$'\t' read -r suite what <"$tree/caught"
		what=${what#not ok [0-9]* }
		if [[ $what == 'the guest stopped here'* ]]; then
			words=$(last_words "$tree/build/logs/$kernel-$(field config "$2")/console")
			what="$words (${what##*(in }"
			what=${what/(the guest stopped here*/}
		fi
	elif [ "$3" != 0 ]; then
		verdict=ERROR suite=- what="no suite failed, and yet: $(tail -n 1 "$tree/log" | cut -c1-90)"
	else
		verdict=SURVIVED suite=- what="$(field what "$2")"
	fi
	printf '%s\t%s\t%s\t%s\t%s\t%d\n' "$2" "$(field config "$2")" "$verdict" "$suite" "$what" "$SECONDS"
}

# one NAME: in a tree that no other worker has
one() {
	local name=$1 n fd tree status=0 config
	for ((n = 1; ; n = n % ${WORKERS:-2} + 1)); do
		exec {fd}>"$dir/lock-$n"
		flock -n "$fd" && break
		exec {fd}>&-
		sleep 0.5
	done
	SECONDS=0 tree=$dir/tree-$n config=$(field config "$name")
	rm -f "$tree/caught" && : >"$tree/log"
	restore "$tree"
	if ! mutate "$tree" "$name"; then
		echo "what ${name}.sed is to change is not in module/$(field file "$name") any more" >"$tree/log"
	else
		run_mutant || status=1
		# It says nothing of the mutant: the module was not even loaded.
		if [ $status = 1 ] && grep -q '^== booting' "$tree/log" && ! [ -s "$tree/caught" ] && ! grep -q '^ok ' "$tree/log"; then
			say "$name: the guest did not come up; once more"
			status=0
			run_mutant || status=1
		fi
	fi
	verdict "$tree" "$name" $status >"$dir/$name.row"
	cp "$tree/log" "$dir/$name.log"
	believe
	while IFS=$'\t' read -r _ _ verdict suite what seconds; do
		printf '%-9s %-22s %-8s %-12s %s, %d s\n' "$verdict" "$name" "$config" "$suite" "$what" "$seconds"
	done <"$dir/$name.row"
}

# In one()'s variables: on a debug kernel, a suite that did not run on the module as it is may fail there as well.
believe() {
	local verdict suite what seconds
	IFS=$'\t' read -r _ _ verdict suite what seconds <"$dir/$name.row"
	[ "$verdict" = caught ] && [ "$config" != plain ] || return 0
	case " $(first_of "$config" | paste -sd ' ') load rmmod leaks checks " in *" $suite "*) return ;; esac
	restore "$tree"
	passes "$tree" "$config" "$suite" "$dir/as-it-is-$config-$suite.log" ||
		printf '%s\t%s\tERROR\t%s\tthe module as it is fails there, too (log: %s)\t%d\n' "$name" "$config" "$suite" \
			"$dir/as-it-is-$config-$suite.log" "$seconds" >"$dir/$name.row"
}

# In one()'s variables.
run_mutant() { run_tree "$tree" "$config" "$(field first "$name")" "$(suites_of "$name")" >"$tree/log" 2>&1; }

# run_tree TREE CONFIG FIRST TEST: a dead guest is found by its silence, so that it may take as long as all suites do
run_tree() {
	local slow=1
	[ "$2" = plain ] || slow=4
	env -u V -u SCALE TEST="$4" FIRST="$3" STOP=1 CAUGHT="$1/caught" LIMIT=$((90 * slow)) TIMEOUT=86400 \
		"$1/qemu/test.sh" "$kernel:$2"
}

# suites_of NAME: what is to be run on it; nothing stands for all
suites_of() { [ -z "${ONLY_FIRST-}" ] || field first "$1"; }

# baseline_key CONFIG SUITES: a hash of all that its outcome depends on
baseline_key() {
	(
		echo "$("$top/qemu/kernel.sh" "$kernel" "$1" | tail -n 1) $2"
		cd "$top" && find module qemu/guest qemu/splats qemu/harmless qemu/demo -type f | LC_ALL=C sort | xargs sha256sum
		sha256sum "$build/userland/nsattach" "$build"/tests/*_test
	) | hash_of
}

# first_of CONFIG: the suites that its mutants name, in this run
first_of() {
	names | while read -r name; do
		if [ "$(field config "$name")" = "$1" ]; then field first "$name"; fi
	done | tr ' ' '\n' | sort -u
}

# passes TREE CONFIG SUITES LOG: do they on the module as it is, which is what the tree has? Once is enough.
passes() {
	local key
	key=$(baseline_key "$2" "$3")
	! grep -qsxF "$key" "$dir/passed" || return 0
	say "the module as it is, on $kernel ($2)${3:+: $3}"
	rm -f "$1/caught"
	run_tree "$1" "$2" '' "$3" >"$4" 2>&1 || return 1
	echo "$key" >>"$dir/passed"
}

# The suites have to pass on the module as it is, or a failure says nothing about a mutant. On debug kernels only those that
# are to notice: they are slow.
baseline() {
	local config=$1 suites='' log=$dir/baseline-$1.log
	[ "$config" = plain ] && [ -z "${ONLY_FIRST-}" ] || suites=$(first_of "$config" | paste -sd ' ')
	grouped passes "$dir/tree-1" "$config" "$suites" "$log" ||
		{ tail -n 30 "$log" && die "the unchanged module does not pass (log: $log)"; }
}

table() {
	awk -F '\t' '
	NR == 1 { printf "\n%-22s %-8s %-9s %-12s %s\n", "mutant", "config", "verdict", "suite", "what caught it" }
	{ printf "%-22s %-8s %-9s %-12s %s\n", $1, $2, $3, $4, $5; $3 == "caught" ? P++ : F++ }
	END { printf "\n%d passed, %d failed\n", P, F; exit !(P && !F) }' "$1"
}

if [ "${1-}" = --one ]; then
	one "$2"
	exit
fi
if [ "${1-}" = --check ]; then
	mapfile -t all < <(all_names)
	faults "${all[@]}"
	lost "${all[@]}"
	exit
fi

began=$SECONDS
whole_number WORKERS
mapfile -t all < <(all_names)
each_matches MUTANT "${all[@]}"
mkdir -p "$dir"
lock "mutants-$checkout"
bad=$(for name in "${all[@]}"; do if selected "$name"; then faults "$name"; fi; done)
[ -z "$bad" ] || die "these can not be run:"$'\n'"$bad"
rm -f "$dir"/*.row "$dir"/*.log
configs=$(names | while read -r name; do field config "$name"; done | sort -u)
for config in $configs; do "$top/qemu/kernel.sh" "$kernel" "$config" >/dev/null; done
# Built once here, and copied.
lock "build-$checkout"
"${make[@]}" -s -C "$top/userland" -j"$jobs" >/dev/null
"${make[@]}" -s -C "$top/tests" -j"$jobs" \
	HARNESS="$("$top/qemu/kernel.sh" --source 6.1 | tail -n1)/tools/testing/selftests" >/dev/null
for ((n = 1; n <= ${WORKERS:-2}; n++)); do make_tree "$n"; done
unlock "build-$checkout"
for config in $configs; do baseline "$config"; done
say "$(names | wc -l) mutants, ${WORKERS:-2} at a time"
# For grouped.
all_mutants() { names | xargs -P "${WORKERS:-2}" -n 1 "$0" --one; }
grouped all_mutants || :
names | while read -r name; do
	cat "$dir/$name.row" 2>/dev/null ||
		printf '%s\t%s\tERROR\t-\tended by somebody\t0\n' "$name" "$(field config "$name")"
done >"$build/mutants.tsv"
say "$(((SECONDS - began) / 60)) min $(((SECONDS - began) % 60)) s"
table "$build/mutants.tsv"
