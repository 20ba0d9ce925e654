#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Print the directory that holds the kernel's kselftest_harness.h: the one of
# KSRC, or the two headers taken out of the linux-source package into the cache.
set -euo pipefail

selftests=tools/testing/selftests

if [ -n "${KSRC:-}" ]; then
	[ -f "$KSRC/$selftests/kselftest_harness.h" ] || {
		echo "KSRC=$KSRC has no $selftests/kselftest_harness.h" >&2
		exit 1
	}
	echo "$KSRC/$selftests"
	exit 0
fi

tarball=${LINUX_SOURCE:-/usr/src/linux-source-6.1.tar.xz}
[ -f "$tarball" ] || {
	echo "$tarball is missing: apt-get install linux-source-6.1, or set KSRC" >&2
	exit 1
}

cache=${NSATTACH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nsattach}
# Name, size and time stand for the content: hashing 130 MB would cost as much
# as looking into it.
key=$(stat -L -c '%n %s %Y' "$tarball" | sha256sum | cut -c1-16)
dir=$cache/kselftest-$key

if [ ! -f "$dir/kselftest_harness.h" ]; then
	mkdir -p "$cache"
	work=$(mktemp -d "$cache/kselftest.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	top=$(basename "$tarball" .tar.xz)
	tar -xJf "$tarball" -C "$work" --strip-components=4 --occurrence=1 \
		"$top/$selftests/kselftest.h" "$top/$selftests/kselftest_harness.h"
	chmod 755 "$work"
	mv -T "$work" "$dir" 2>/dev/null || [ -f "$dir/kselftest_harness.h" ]
fi
echo "$dir"
