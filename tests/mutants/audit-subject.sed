# SPDX-License-Identifier: GPL-2.0-or-later
# what: the audit record leaves out the second subject
# file: audit.c
# config: plain
# first: audit
/^static void log_subjects\(/,/^}/ s/i = 1; i </i = 2; i </
