# SPDX-License-Identifier: GPL-2.0-or-later
# what: a check moves
# file: attach.c
# config: plain
# first: cgroup command
/^static int run\(/,/^}/ s/op->flags & NSATTACH_F_CHECK/0/
