#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kernel.sh KERNEL [CONFIG]: get a kernel, from Debian's packages or built with kernel-patches, and print on the last line
# the directory in the cache that holds it:
#   bzImage .config release   to boot
#   modules/                  root of its lib/modules
#   build/                    what `make -C` compiles nsattach.ko against
# kernel.sh --source VERSION: print the directory of Debian's unpacked, unpatched kernel source.
# KSRC=/path/to/linux is the tree, as it is, of the kernel `own`.
set -eu -o pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=debian.sh
. "$(dirname "$0")/debian.sh"
# shellcheck source=kernel-stock.sh
. "$(dirname "$0")/kernel-stock.sh"
# shellcheck source=kernel-source.sh
. "$(dirname "$0")/kernel-source.sh"

usage='usage: kernel.sh 6.1-stock|6.1-patched|6.12-stock|6.12-patched|newest-patched [plain|lockdep|kasan|kcsan]'

if [ "${1-}" = --source ]; then
	[ $# = 2 ] || die "usage: kernel.sh --source 6.1|6.12|newest"
	debian_source "$2"
	echo "$source_dir"
	exit
fi

kernel=${1:?$usage} config=${2:-plain}
[ -e "$top/qemu/configs/$config.config" ] || [ "$config" = plain ] || die "no config '$config'; $usage"

if [ -n "${KSRC-}" ]; then
	[ "$kernel" = own ] || die "KSRC=$KSRC is the kernel 'own', and $kernel is another: give one of the two"
	own_kernel "$KSRC" "$config"
else
	case $kernel in
	6.1-stock | 6.12-stock)
		[ "$config" = plain ] || die "$kernel comes from Debian as it is: CONFIG=$config needs ${kernel%-stock}-patched"
		stock_kernel "${kernel%-stock}"
		;;
	6.1-patched | 6.12-patched | newest-patched) source_kernel "${kernel%-patched}" patched "$config" ;;
	6.1-unpatched | 6.12-unpatched | newest-unpatched) source_kernel "${kernel%-unpatched}" unpatched "$config" ;;
	own) die "KERNEL=own is the tree that KSRC=/path/to/linux gives" ;;
	*) die "no kernel '$kernel'; $usage" ;;
	esac
fi
echo "$kernel_dir"
