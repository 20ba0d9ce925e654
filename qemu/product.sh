# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034
# What the guest is to run: the module for its kernel, the command, the tests; and what of it goes into an initramfs.

build_userland() {
	logged 300 "building userland" "$build/logs/userland" "${make[@]}" -C "$top/userland" -j"$jobs"
}

# build_trace KERNEL-DIR NAME: the module that a traced one calls; sets trace_ko and trace_flags
build_trace() {
	local dir=$build/module/$2-trace
	mkdir -p "$dir"
	cp -u "$top"/tests/fuzz/trace/* "$dir/"
	logged 300 "building nsa_trace.ko for $2" "$build/logs/module-$2-trace" \
		"${make[@]}" -C "$1/build" M="$dir" CC="$(compiler)" modules
	trace_ko=$dir/nsa_trace.ko
	trace_flags=('KCFLAGS=-g -fsanitize-coverage=trace-pc' "KBUILD_EXTRA_SYMBOLS=$dir/Module.symvers")
}

# build_module KERNEL-DIR NAME: sets ko. TRACE=1: one that tells where it has been, in a directory of its own
build_module() {
	local name=$2${TRACE:+-traced} dir
	local -a trace_flags=()
	dir=$build/module/$name
	if [ "$(cat "$dir.kernel" 2>/dev/null)" != "$1" ]; then
		rm -rf "$dir" "$build/module/$2-trace" && mkdir -p "$build/module"
		echo "$1" >"$dir.kernel"
	fi
	[ -z "${TRACE-}" ] || build_trace "$1" "$2"
	logged 600 "building nsattach.ko for $name" "$build/logs/module-$name" \
		"${make[@]}" -C "$top/module" KDIR="$1/build" O="$dir" CC="$(compiler)" ${GDB:+KCFLAGS=-g} "${trace_flags[@]}" \
		-j"$jobs"
	ko=$dir/nsattach.ko
	[ -e "$ko" ] || die "building the module left no $ko (log: $build/logs/module-$name)"
}

build_fuzz() {
	logged 300 "building the fuzzer" "$build/logs/fuzz" "${make[@]}" -C "$top/tests/fuzz" CC="$(compiler)"
}

build_tests() {
	local source
	source=${KSRC:-$("$top/qemu/kernel.sh" --source 6.1 | tail -n1)}
	logged 600 "building the tests" "$build/logs/tests" \
		"${make[@]}" -C "$top/tests" -j"$jobs" HARNESS="$source/tools/testing/selftests"
}

# The daemon that demonstrations and stories move.
build_teller() {
	mkdir -p "$build/demo"
	logged 60 "building the daemon" "$build/logs/teller" "$(compiler)" -O2 -Wall -Wextra -Werror -static -pthread \
		-o "$build/demo/teller" "$top/qemu/demo/teller.c"
}

# Kernel modules that tests, containers and runtimes use; each is nothing where the kernel has it built in.
guest_items=(module:veth module:bridge module:dummy module:tun module:overlay module:fuse
	module:unix_diag module:inet_diag module:tcp_diag module:packet_diag)

# command_items: the command and the libraries that it loads while it runs
command_items() {
	printf '%s\n' "file:$build/userland/nsattach" lib:libkmod.so.2 lib:libsmartcols.so.1 lib:libjson-c.so.5
}
