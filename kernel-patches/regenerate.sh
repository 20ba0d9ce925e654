#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Write the series of a kernel version anew from the commits of a git tree.
set -euo pipefail

if [ $# -ne 2 ]; then
	echo "usage: $0 VERSION TREE   (commits on top of the tree's first commit)" >&2
	exit 2
fi
cd "$(dirname "$0")"
dir=$PWD/$1
tree=$2
root=$(git -C "$tree" rev-list --max-parents=0 HEAD)
branch=$(git -C "$tree" branch --show-current)

git -C "$tree" config "branch.$branch.description" "$(cat "$dir/cover.txt")"
rm -f "$dir"/0*.patch
git -C "$tree" format-patch --quiet --cover-letter --cover-from-description=subject \
	--no-signature --zero-commit --no-base -o "$dir" "$root..HEAD"
ls "$dir"
