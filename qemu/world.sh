# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# A guest with everything in place: kernel, module, command, container runtime, the daemon of the demonstration.

# runtime_items: the container runtime, and what it needs; engines come from Debian's packages, unpacked
runtime_items() {
	local path tree
	case ${RUNTIME:-runc} in
	docker | podman)
		tree=$(runtime_tree "$RUNTIME")
		printf '%s\n' "tree:$tree" "file:$top/qemu/demo/engine.sh:/job/"
		[ "$RUNTIME" != docker ] || printf '%s\n' "${docker_modules[@]/#/module:}"
		return
		;;
	esac
	path=$(PATH=$PATH:/usr/sbin command -v "${RUNTIME:-runc}") ||
		die "RUNTIME=${RUNTIME:-runc} is not installed: apt-get install ${RUNTIME:-runc}"
	echo "file:$(readlink -f "$path"):/usr/bin/${RUNTIME:-runc}"
}

# prepare_world KERNEL CONFIG INITRD MAIN [ITEM]...: sets kernel_dir and ko
prepare_world() {
	local kernel=$1 config=$2 initrd=$3 main=$4
	local -a items
	shift 4
	kernel_dir=$("$top/qemu/kernel.sh" "$kernel" "$config" | tail -n1)
	lock "build-$checkout"
	build_userland
	build_module "$kernel_dir" "$kernel-$config"
	build_teller
	printf 'export RUNTIME=%q\n' "${RUNTIME:-runc}" >"$build/demo/environment"
	# To a file first: a failure in <() goes unnoticed, and the guest would lack something.
	{ runtime_items; command_items; } >"$build/demo/items"
	mapfile -t items <"$build/demo/items"
	"$top/qemu/initramfs.sh" "$initrd" "$kernel_dir" "${guest_items[@]}" "${items[@]}" "ko:$ko" \
		"file:$build/demo/teller" "file:$build/demo/environment:/job/" "file:$main:/job/main" \
		"file:$top/qemu/demo/world.sh:/job/" "file:$top/qemu/demo/show.sh:/job/" "file:$top/qemu/demo/pid.sh:/job/" \
		"file:$top/qemu/splats:/job/" "file:$top/qemu/harmless:/job/" "$@"
	unlock "build-$checkout"
}
