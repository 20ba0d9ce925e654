#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# make patches-check on a kernel of two files, with a series of one patch: what
# it remembers is of this source, and it does not compile another version.

set -eu -o pipefail

# shellcheck source=lab.sh
. "$(dirname "$0")/lab.sh"

check() {
	try make -s -C "$work/top" -f check.mk VERSION=6.1 KSRC="$work/linux"
}

stage kernel-patches/check.sh kernel-patches/check.config qemu/lib.sh
mkdir -p "$work/top/kernel-patches/6.1" "$work/top/module"
cat >"$work/top/check.mk" <<'END'
export KSRC
all:
	@kernel-patches/check.sh $(VERSION)
END
cat >"$work/top/module/Makefile" <<'END'
all:
	grep -q NSATTACH=y $(KDIR)/.config
	! grep -q PID_MOVE=y $(KDIR)/.config
	cat $(KDIR)/vmlinux
END

mkdir -p "$work/linux/kernel" "$work/linux/init"
cat >"$work/linux/Makefile" <<'END'
VERSION = 6
%.o:
	mkdir -p $(O)/$(@D)
	gcc -c -o $(O)/$@ $*.c
allnoconfig:
	cp $(KCONFIG_ALLCONFIG) $(O)/.config
vmlinux:
	echo Linux $(VERSION) >$(O)/vmlinux
modules: ;
.PHONY: modules
END
echo 'int a = 1;' >"$work/linux/kernel/nsproxy.c"
echo 'config NSATTACH_PID_MOVE' >"$work/linux/init/Kconfig"
program "$work/linux/scripts/checkpatch.pl" </dev/null
cat >"$work/top/kernel-patches/6.1/0001-a.patch" <<'END'
From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
From: A <a@localhost>
Date: Thu, 1 Jan 1970 00:00:00 +0000
Subject: [PATCH] a

---
diff --git a/kernel/nsproxy.c b/kernel/nsproxy.c
--- a/kernel/nsproxy.c
+++ b/kernel/nsproxy.c
@@ -1 +1,2 @@
 int a = 1;
+/* no code */
END

echo "TAP version 13"
echo "1..$(grep -c '^is "' "$0")"
check
is "a series passes" test "$status" = 0
is "a kernel of its own version was built" grep -qx 'Linux 6' "$work/cache/patches-check/6.1-own/build-off/vmlinux"
is "the module was built where the kernel moves no PIDs" grep -qx 'Linux 6' "$work"/cache/patches-check/6.1-own/state-*/module__NSATTACH.log

before=$(stat -c %y "$work/cache/patches-check/6.1-own/build-pid_move/vmlinux")
check
is "it passes again" test "$status" = 0
is "what has passed is not built again" test "$before" = "$(stat -c %y "$work/cache/patches-check/6.1-own/build-pid_move/vmlinux")"

echo 'int b = 1;' >"$work/linux/kernel/nsproxy.c"
check
is "another source under the same name is another one" grep -q 'FAIL 0001-a: applies' "$work/said"

echo 'int a = 1;' >"$work/linux/kernel/nsproxy.c"
sed -i 's/gcc -c/false/' "$work/linux/Makefile"
check
is "what it had before is not taken for it" grep -q 'FAIL source: builds' "$work/said"

try env KSRC="$work/linux" "$work/top/kernel-patches/check.sh" 6.1 6.12
is "one tree is not taken for two versions" test "$status" = 1
# Debian's newest has moved on from 7.2, whose source is gone; the second patch does not apply to it.
sed -i 's/false/gcc -c/' "$work/linux/Makefile"
mkdir -p "$work/cache/src"
cp -r "$work/linux" "$work/cache/src/linux-source-99.9-99.9.1-1"
program "$work/top/qemu/kernel.sh" <<<"echo '$work/cache/src/linux-source-99.9-99.9.1-1'"
sed 's/nsproxy/gone/' "$work/top/kernel-patches/6.1/0001-a.patch" >"$work/top/kernel-patches/6.1/0002-b.patch"
cp -r "$work/top/kernel-patches/6.1" "$work/top/kernel-patches/7.2"
try "$work/top/kernel-patches/check.sh" 7.2
is "a series whose kernel is gone fails" test "$status" = 1
is "it is said that it is tried on the newest" grep -q 'source of 7.2 is not in the cache: that series is tried on the newest' "$work/said"
is "the patch that has to be ported is in the table" grep -qE '^7.2 0002-b +FAIL' "$work/said"
is "the one before it is checked all the same" grep -qE '^7.2 0001-a +ok +ok +ok +ok +ok +ok' "$work/said"
is "what was done says how long it took" grep -qE '^  ok   0001-a: applies, [0-9]+ s$' "$work/said"
program "$work/top/qemu/kernel.sh" <<<'exit 1'
try "$work/top/kernel-patches/check.sh" 6.1
is "a source that can not be had is in the table" grep -qE '^6.1 source .*unpacks: FAIL' "$work/said"
exit $failed
