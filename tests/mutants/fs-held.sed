# SPDX-License-Identifier: GPL-2.0-or-later
# what: the hold on a shared fs_struct is never let go
# file: commit.c
# config: plain
# first: leak soak
/^static void switch_fs\(/,/^}/ s/release_fs\(fs->old, 1\);/;/
