# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# Which suites there are, and what each needs in the guest: the programs of tests/, and the scripts of qemu/demo, run with TAP:
# the demonstrations with each container runtime, the stories of README.md, the mistakes of a newcomer. Those of runtimes run
# only when TEST names them, in a guest with more memory.

runtime_suites='runc crun podman docker'

# selected SUITE: does TEST= ask for it (or for everything)?
selected() { matches "$1" "${TEST-}"; }

# check_asked: of what the user asked for, is there anything that there is not?
check_asked() {
	local file
	local -a names=(userland unit newcomer stories)
	for file in "$top"/tests/*_test.c; do names+=("$(basename "$file" _test.c)"); done
	# shellcheck disable=SC2086 # several
	each_matches TEST "${names[@]}" $runtime_suites
	case ${SCALE:-quick} in quick | whole) ;; *) die "SCALE=$SCALE is neither quick nor whole" ;; esac
}

# selected_suites KERNEL: their names. An old program may lie in build/tests: only what has a source counts.
selected_suites() {
	local file suite
	for file in "$top"/tests/*_test.c; do
		suite=$(basename "$file" _test.c)
		if selected "$suite"; then echo "$suite"; fi
	done
	script_suites "$1"
}

# The Debian packages of each runtime that a small Debian lacks; what else their programs link is taken from this machine.
packages_of() {
	case $1 in
	runc) echo runc libseccomp2 ;;
	crun) echo crun libseccomp2 libyajl2 ;;
	podman)
		echo podman conmon crun golang-github-containers-common golang-github-containers-image libassuan0 \
			libdevmapper1.02.1 libglib2.0-0 libgpgme11 libseccomp2 libsubid4 libyajl2
		;;
	docker)
		echo docker.io containerd runc iptables libdevmapper1.02.1 libip4tc2 libip6tc2 libmnl0 libnetfilter-conntrack3 \
			libnfnetlink0 libnftnl11 libseccomp2 libxtables12
		;;
	newcomer) echo udev libacl1 libblkid1 ;;
	stories) echo runc libseccomp2 dropbear-bin libtomcrypt1 libtommath1 ;;
	esac
}

# versions_of PACKAGE...: "PACKAGE VERSION" of those that this machine's suites have
versions_of() {
	apt-cache "${apt_options[@]}" --no-all-versions show "$@" 2>/dev/null |
		awk '/^Package: / { name = $2 } /^Version: / { print name, $2 }'
}

# runtime_tree RUNTIME: prints the directory with its packages unpacked, made once for each set of versions. In a
# substitution set -e does not hold: here it must, or a package that cannot be had is missing in the guest.
runtime_tree() {
	local name key dir
	local -a files=() names
	local -A versions=()
	set -e
	read -ra names < <(packages_of "$1")
	use_suite system
	# One question for all of them: each costs a second.
	while read -r name version; do versions[$name]=$version; done < <(versions_of "${names[@]}")
	for name in "${names[@]}"; do
		if [ -n "${versions[$name]-}" ]; then
			package=$name version=${versions[$name]}
		else
			find_package "^${name//./\\.}\$" bookworm
		fi
		files+=("$(deb "$package" "$version")")
	done
	key=$(printf '%s\n' "${files[@]##*/}" | hash_of)
	dir=$cache/runtimes/$1-$key
	lock "runtime-$1"
	if [ ! -e "$dir" ]; then
		say "unpacking $1 and its libraries"
		rm -rf "$dir.new" && mkdir -p "$dir.new"
		for name in "${files[@]}"; do dpkg-deb -x "$name" "$dir.new"; done
		mv "$dir.new" "$dir"
	fi
	unlock "runtime-$1"
	echo "$dir"
}

# The modules that Docker's bridge, and the file systems of containers, ask for.
docker_modules=(br_netfilter iptable_nat iptable_filter xt_MASQUERADE xt_conntrack xt_addrtype xt_nat crc32c_generic)

script_of() {
	case $1 in
	runc | crun) echo guest.sh ;;
	*) echo "$1.sh" ;;
	esac
}

# wants_runtimes: is there one among the suites asked for?
wants_runtimes() {
	local name
	[ -n "${TEST-}" ] || return 1
	for name in $runtime_suites; do
		if selected "$name"; then return 0; fi
	done
	return 1
}

# guest_memory: MB that the guest of these suites gets
guest_memory() {
	local memory=2048
	if wants_runtimes; then memory=4096; fi
	echo "${MEMORY:-$memory}"
}

# script_suites KERNEL: the names of those that are asked for
script_suites() {
	local name
	if [[ $1 == *-stock ]] && selected newcomer; then echo newcomer; fi
	if selected stories; then echo stories; fi
	wants_runtimes || return 0
	for name in $runtime_suites; do
		if selected "$name"; then echo "$name"; fi
	done
}

# newcomer_items: the suite that runs after all others, where modules can be signed; a module of another kernel is one
# with another word in its vermagic (the release alone is not compared where symbols have versions).
newcomer_items() {
	local tree
	sed 's/\( \)SMP\( preempt\)/\1UMP\2/' "$ko" >"$work/other.ko"
	! cmp -s "$ko" "$work/other.ko" || die "the vermagic of $ko is not understood"
	printf '#!/bin/busybox sh\nTAP=1 exec sh /job/newcomer.sh\n' >"$work/newcomer"
	chmod 755 "$work/newcomer"
	tree=$(runtime_tree newcomer)
	printf '%s\n' "tree:$tree" "file:$top/userland/udev/60-nsattach.rules:/lib/udev/rules.d/" \
		"file:$work/newcomer:/job/last" "file:$top/qemu/demo/newcomer.sh:/job/" "file:$work/other.ko:/job/" \
		"file:$top/qemu/demo/show.sh:/job/"
}

# script_items SUITE: one that moves the daemon of the demonstration
script_items() {
	local script tree
	script=$(script_of "$1")
	tree=$(runtime_tree "$1")
	printf '#!/bin/busybox sh\nTAP=1 RUNTIME=%s exec sh /job/%s\n' "$1" "$script" >"$work/$1"
	chmod 755 "$work/$1"
	printf '%s\n' "file:$work/$1:/tests/$1_test" "file:$top/qemu/demo/$script:/job/" "tree:$tree" \
		"file:$build/demo/teller" "file:$top/qemu/demo/show.sh:/job/" "file:$top/qemu/demo/pid.sh:/job/" \
		"file:$top/qemu/demo/engine.sh:/job/" "file:$top/qemu/demo/world.sh:/job/" \
		"file:$top/README.md:/job/" "file:$top/userland/man/nsattach.8:/job/"
	[ "$1" != docker ] || printf 'module:%s\n' "${docker_modules[@]}"
}

# suite_items SUITE: what it needs in the guest
suite_items() {
	if [ -e "$top/tests/$1_test.c" ]; then
		echo "file:$build/tests/$1_test:/tests/"
	elif [ "$1" = newcomer ]; then
		newcomer_items
	else
		script_items "$1"
	fi
}
