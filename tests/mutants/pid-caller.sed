# SPDX-License-Identifier: GPL-2.0-or-later
# what: the caller moves itself
# file: pid.c
# config: plain
# first: pid_refused
/^static struct nsa_subject \*caller_among\(/,/^}/ s/if \(op->subjects\[i\].pid == task_tgid\(current\)\)/if (0)/
