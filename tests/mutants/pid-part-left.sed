# SPDX-License-Identifier: GPL-2.0-or-later
# what: of a set only those are put back by number who were moved like the first
# file: record.c
# config: plain
# first: pid_family
/^int nsa_record_pid_ns\(/,/^}/ s/if \(op->subjects\[i\]\.record->pid_ns != ns\)/if (0)/
