# SPDX-License-Identifier: GPL-2.0-or-later
# what: a detach from a pid namespace needs nothing over the one outside
# file: record.c
# config: plain
# first: permission
/^int nsa_record_pid_ns\(/,/^}/ s/if \(!ns_capable\(ns->user_ns, CAP_SYS_ADMIN\)\)/if (0)/
