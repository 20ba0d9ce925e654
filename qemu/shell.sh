#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shell.sh KERNEL CONFIG [--gdb]: the guest of the demonstration, and a shell in it. `exit` powers it off; so does Ctrl-A X.
set -eu -o pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=product.sh
. "$(dirname "$0")/product.sh"
# shellcheck source=debian.sh
. "$(dirname "$0")/debian.sh"
# shellcheck source=suites.sh
. "$(dirname "$0")/suites.sh"
# shellcheck source=world.sh
. "$(dirname "$0")/world.sh"

kernel=$1 config=$2
logs=$build/logs/shell-$kernel-$config
[ -t 0 ] || die "make shell needs a terminal"
case ${RUNTIME:-runc} in runc | crun) ;; *) die "make shell has runc and crun, not RUNTIME=$RUNTIME; make demo has it" ;; esac
mkdir -p "$logs"
touch "$logs/interactive"
read -r rows columns < <(stty size)
[ "$rows" -gt 0 ] || rows=24 columns=80
printf 'stty rows %d columns %d\n' "$rows" "$columns" >"$logs/size"
prepare_world "$kernel" "$config" "$logs/initrd" "$top/qemu/guest/shell.sh" \
	"file:$logs/interactive:/job/" "file:$logs/size:/job/"
say "booting $kernel ($config); leave with 'exit', or kill the machine with Ctrl-A X"
: >"$logs/channel"
exec "$top/qemu/vm.sh" --kernel "$kernel_dir" --initrd "$logs/initrd" --channel "$logs/channel" --console - \
	--interactive "${@:3}"
