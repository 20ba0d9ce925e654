#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian's newest kernel source moves on before the series does: a Debian that
# has a Linux 99.9 is made up of two small programs and a source of one file.

set -eu -o pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
failed=0

# is NAME COMMAND...
is() {
	local name=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count $name"
	else
		echo "not ok $count $name"
		sed 's/^/# /' "$work/said"
		failed=1
	fi
}

mkdir -p "$work/bin" "$work/cache/src/linux-source-99.9-99.9.1-1/kernel"
cat >"$work/bin/apt-cache" <<'END'
#!/bin/sh
case "$*" in
*search*) printf 'linux-source-6.12 - old\nlinux-source-99.9 - new\n' ;;
*show*) echo 'Version: 99.9.1-1' ;;
esac
END
printf '#!/bin/sh\n' >"$work/bin/apt-get"
chmod +x "$work/bin/apt-cache" "$work/bin/apt-get"
echo 'int nobody_knows_this;' >"$work/cache/src/linux-source-99.9-99.9.1-1/kernel/nsproxy.c"
touch "$work/cache/src/linux-source-99.9-99.9.1-1/.unpacked"

echo "TAP version 13"
echo "1..4"
status=0
env -u KSRC PATH="$work/bin:$PATH" NSATTACH_CACHE="$work/cache" "$top/qemu/kernel.sh" newest-patched \
	>"$work/said" 2>&1 </dev/null || status=$?
is "the build of a kernel without a series fails" test "$status" = 1
is "it is said that the newest source has moved on" grep -q 'has moved on to Linux 99.9 and kernel-patches/ ends with ' "$work/said"
is "the patch that has to be ported is named" grep -q 'kernel-patches/.*/0001-.*does not apply to.*99\.9' "$work/said"
is "the source itself is untouched" grep -q nobody_knows_this "$work/cache/src/linux-source-99.9-99.9.1-1/kernel/nsproxy.c"
exit $failed
