# SPDX-License-Identifier: GPL-2.0-or-later
# what: a leader leaves its session
# file: pid_check.c
# config: plain
# first: pid_refused
/^static int check_process\(/,/^}/ s/err = check_members\(mv, p, PIDTYPE_SID, NSATTACH_R_PID_SESSION\);/err = 0;/
