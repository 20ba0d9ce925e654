# SPDX-License-Identifier: GPL-2.0-or-later
# what: an attach that fails moves those that have arrived
# file: gather.c
# config: plain
# first: set states
/^static bool abort_gather/,/^}/ s/if \(!committed\)/if (!committed) nsa_commit(op);\n\tif (!committed)/
