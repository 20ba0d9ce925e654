#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# demo.sh KERNEL CONFIG: a live process moves into a running container, in a VM. Status 0 only if all that it shows is so.
set -eu -o pipefail
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../product.sh
. "$(dirname "$0")/../product.sh"
# shellcheck source=../world.sh
. "$(dirname "$0")/../world.sh"

kernel=$1 config=$2
logs=$build/logs/demo-$kernel-$config

# transcript: what the guest says; status 0 if it came to its last line and that says 0
transcript() {
	local line status=1
	while IFS= read -r line; do
		case $line in
		'nsattach: done '*) status=${line##* } ;;
		*) printf '%s\n' "$line" ;;
		esac
	done
	return "$status"
}

mkdir -p "$logs"
: >"$logs/channel"
prepare_world "$kernel" "$config" "$logs/initrd" "$top/qemu/demo/guest.sh"
say "booting $kernel ($config)"
"$top/qemu/vm.sh" --kernel "$kernel_dir" --initrd "$logs/initrd" --channel "$logs/channel" --console "$logs/console" \
	--timeout "${TIMEOUT:-300}" &
vm=$! running=$! status=0
# In the background and waited for, so that a signal ends the guest at once.
{ tail -n +1 -s 0.1 -f --pid=$vm "$logs/channel" | transcript; } &
wait $! || status=1
wait $vm || status=1
running=''
if [ $status != 0 ]; then
	printf '\nThe end of the console (%s):\n' "$logs/console"
	tail -n 20 "$logs/console"
fi
exit $status
