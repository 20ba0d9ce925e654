#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# demo.sh KERNEL CONFIG: a live process moves into a running container, in a VM. Status 0 only if all that it shows is so.
set -eu -o pipefail
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../product.sh
. "$(dirname "$0")/../product.sh"
# shellcheck source=../debian.sh
. "$(dirname "$0")/../debian.sh"
# shellcheck source=../suites.sh
. "$(dirname "$0")/../suites.sh"
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
lock "demo-$checkout-$kernel-$config"
: >"$logs/channel"
script=$top/qemu/demo/$(script_of "${RUNTIME:-runc}")
[ -e "$script" ] || die "RUNTIME=$RUNTIME: say runc, crun, podman or docker"
options=() limit=300
# Container engines want programs of AppArmor where the kernel has it.
case ${RUNTIME-} in docker | podman) options=(--append apparmor=0 --memory 4096) limit=600 ;; esac
prepare_world "$kernel" "$config" "$logs/initrd" "$script" "file:$top/README.md:/job/" \
	"file:$top/userland/man/nsattach.8:/job/"
say "booting $kernel ($config)"
"$top/qemu/vm.sh" --kernel "$kernel_dir" --initrd "$logs/initrd" --channel "$logs/channel" --console "$logs/console" \
	--timeout "${TIMEOUT:-$limit}" "${options[@]}" &
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
