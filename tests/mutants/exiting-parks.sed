# SPDX-License-Identifier: GPL-2.0-or-later
# what: a thread that exits parks like the others
# file: meet.c
# config: plain
# first: late
/^static bool arrive\(/,/^}/ s/if \(current->flags & PF_EXITING\)/if (0)/
