# SPDX-License-Identifier: GPL-2.0-or-later
# what: a check does not look for sharers, nor for children that would be left
# file: gather.c
# config: plain
# first: user set
/^int nsa_prepare\(/,/^}/ { s/err = nsa_check_sharers\(op\)/err = 0/; s/if \(!err && op->flags & NSATTACH_F_WHOLE_TREE\)/if (0)/ }
