# SPDX-License-Identifier: GPL-2.0-or-later
# what: memory is shared across the pid namespace
# file: pid_check.c
# config: plain
# first: pid_refused
/^static int check_mms\(/,/^}/ s/err = check_mm\(mv, mt->task, mm\);/err = 0;/
