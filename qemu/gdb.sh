#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# gdb.sh KERNEL CONFIG: boot, load the module, and stop in gdb with the symbols of the kernel and of the module, before the
# first suite (TEST=...) starts. Set breakpoints (`break gather_threads`), then `continue`; leaving gdb ends the guest.
set -eu -o pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

kernel=$1 config=$2
need_tool gdb gdb
case $kernel in *-stock) die "Debian's stock kernel comes without symbols; take KERNEL=${kernel%-stock}-patched" ;; esac
kernel_dir=$("$top/qemu/kernel.sh" "$kernel" "$config" | tail -n1)
channel=$build/logs/$kernel-$config/channel
mkdir -p "$build/logs"
rm -f "$channel"

# where SECTION: its address in the guest, which the guest's job writes to the channel when the module is loaded
where() { sed -n "s/^nsattach: section $1 //p" "$channel"; }

GDB=1 TIMEOUT=86400 "$top/qemu/test.sh" "$kernel:$config" >"$build/logs/gdb" 2>&1 </dev/null &
running=$!
say "building and booting (what the suites say: $build/logs/gdb)"
until grep -qs '^nsattach: section .bss' "$channel"; do
	kill -0 "$running" 2>/dev/null || { tail -n 20 "$build/logs/gdb" && die "the guest did not get as far as loading the module"; }
	sleep 0.2
done
gdb -q "$kernel_dir/vmlinux" -ex "target remote $build/gdb.sock" -ex 'set pagination off' -ex 'set confirm off' \
	-ex "add-symbol-file $build/module/$kernel-$config/nsattach.ko $(where .text) -s .data $(where .data) -s .bss $(where .bss)" || :
