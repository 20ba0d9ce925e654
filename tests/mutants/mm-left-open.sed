# SPDX-License-Identifier: GPL-2.0-or-later
# what: memory is opened that one who is still inside shares
# file: thread.c
# config: plain
# first: user
/^static int check_mm\(/,/^}/ s/!nsa_moves\(op, CLONE_NEWTIME \| CLONE_NEWUSER\)/!nsa_moves(op, CLONE_NEWTIME)/
