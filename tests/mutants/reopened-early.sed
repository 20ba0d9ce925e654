# SPDX-License-Identifier: GPL-2.0-or-later
# what: on the way back it is readable before all of its threads have left
# file: commit.c
# config: plain
# first: user
/^void nsa_commit\(/,/^}/ s/op->nr_moved\+\+;/&\n\t\tnsa_creds_reopen(op);/
