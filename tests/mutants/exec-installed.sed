# SPDX-License-Identifier: GPL-2.0-or-later
# what: one that stops for its tracer at the end of an exec is taken for one in its middle
# file: meet.c
# config: plain
# first: ptrace
/^static bool is_in_exec\(/,/^}/ s/ && mutex_is_locked\(.*\);/;/
