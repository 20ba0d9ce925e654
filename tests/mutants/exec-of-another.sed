# SPDX-License-Identifier: GPL-2.0-or-later
# what: the exec of another thread is taken for one of its own
# file: meet.c
# config: plain
# first: stuck
/^static bool is_in_exec\(/,/^}/ s/current->in_execve && //
