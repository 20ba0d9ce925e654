# SPDX-License-Identifier: GPL-2.0-or-later
# what: the locks of hundreds of stopped processes count as held
# file: commit.c
# config: lockdep
# first: set
/^static void siglock_(uncounted|done)/,/^}/ { s/^\tspin_(release|acquire)\(.*$//; s/preempt_(enable|disable)\(\)/(void)0/ }
