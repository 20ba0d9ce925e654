# SPDX-License-Identifier: GPL-2.0-or-later
# what: a child that is not in the set is left behind
# file: gather.c
# config: plain
# first: set
/^static int settle/,/^}/ s/op->flags & NSATTACH_F_WHOLE_TREE/0/
