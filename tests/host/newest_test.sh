#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian's newest kernel source moves on before the series does: a Debian that
# has a Linux 99.9 is made up of two small programs and a source of one file.

set -eu -o pipefail

# shellcheck source=lab.sh
. "$(dirname "$0")/lab.sh"

mkdir -p "$work/bin" "$work/cache/src/linux-source-99.9-99.9.1-1/kernel"
program "$work/bin/apt-cache" <<'END'
case "$*" in
*search*) printf 'linux-source-6.12 - old\nlinux-source-99.9 - new\n' ;;
*show*) echo 'Version: 99.9.1-1' ;;
esac
END
program "$work/bin/apt-get" </dev/null
echo 'int nobody_knows_this;' >"$work/cache/src/linux-source-99.9-99.9.1-1/kernel/nsproxy.c"
touch "$work/cache/src/linux-source-99.9-99.9.1-1/.unpacked"

echo "TAP version 13"
echo "1..4"
try env PATH="$work/bin:$PATH" "$top/qemu/kernel.sh" newest-patched
is "the build of a kernel without a series fails" test "$status" = 1
is "it is said that the newest source has moved on" grep -q 'has moved on to Linux 99.9 and kernel-patches/ ends with ' "$work/said"
is "the patch that has to be ported is named" grep -q 'kernel-patches/.*/0001-.*does not apply to.*99\.9' "$work/said"
is "the source itself is untouched" grep -q nobody_knows_this "$work/cache/src/linux-source-99.9-99.9.1-1/kernel/nsproxy.c"
exit $failed
