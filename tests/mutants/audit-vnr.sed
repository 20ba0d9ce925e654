# SPDX-License-Identifier: GPL-2.0-or-later
# what: the record tells the subject by the number that the caller's pid namespace knows
# file: audit.c
# config: plain
# first: audit
/^static void log_subjects\(/,/^}/ s/pid_nr\(/pid_vnr(/
