# SPDX-License-Identifier: GPL-2.0-or-later
# what: a traced process moves away from its tracer
# file: pid_check.c
# config: plain
# first: pid_refused pid
/^static int check_thread\(/,/^}/ s/if \(t->ptrace\)/if (0)/
