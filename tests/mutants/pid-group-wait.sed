# SPDX-License-Identifier: GPL-2.0-or-later
# what: one that waits for the children of its group sleeps on when it leaves the group
# file: gather.c
# config: plain
# first: pid_groups
/^static bool has_to_wake\(/,/^}/ s/ \|\| nsa_in_child_wait\(th->task\)//
