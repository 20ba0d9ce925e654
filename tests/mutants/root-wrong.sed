# SPDX-License-Identifier: GPL-2.0-or-later
# what: the root of the target is not taken
# file: ns.c
# config: plain
# first: namespaces
/^static int find_root/,/^}/ s/op->join.root.dentry \? op->join.root : //
