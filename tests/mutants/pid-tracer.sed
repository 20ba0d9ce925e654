# SPDX-License-Identifier: GPL-2.0-or-later
# what: a tracer moves away from what it traces
# file: pid_check.c
# config: plain
# first: pid_refused
/^static int check_thread\(/,/^}/ s/if \(other\)/if (0)/
