# SPDX-License-Identifier: GPL-2.0-or-later
# what: root and cwd stay in the old mount namespace
# file: commit.c
# config: plain
# first: namespaces
/^static void switch_fs/,/^}/ s/nsa_set_fs_root\(fs->old, &fs->root\)/nsa_set_fs_root(fs->old, \&fs->old_root)/
