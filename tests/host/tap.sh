# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# TAP for the scripts here. Each says in explain() what is known of a failure.

count=0
failed=0

# told STATUS NAME
told() {
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count $2"
		return
	fi
	echo "not ok $count $2"
	explain | sed 's/^/# /'
	failed=1
}

# result NAME: told by the status of the last command
result() { told $? "$1"; }
