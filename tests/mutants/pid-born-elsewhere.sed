# SPDX-License-Identifier: GPL-2.0-or-later
# what: only the leader is asked where its children are born
# file: pid.c
# config: plain
# first: pid_refused
/^static int add_thread\(/,/^}/ s/int err = check_for_children\(move, task\);/int err = thread_group_leader(task) ? check_for_children(move, task) : 0;/
