# SPDX-License-Identifier: GPL-2.0-or-later
# what: which sleeps are safe is decided by what was asked for by name, not by what moves
# file: gather.c
# config: plain
# first: sysv
/^static bool can_sleep\(/,/^}/ s/op->join\.mask/op->asked_for/
