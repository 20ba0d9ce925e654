# SPDX-License-Identifier: GPL-2.0-or-later
# what: a leader leaves its group
# file: pid_check.c
# config: plain
# first: pid_refused
/^static int check_process\(/,/^}/ s/check_members\(mv, p, PIDTYPE_PGID, NSATTACH_R_PID_GROUP\)/0/
