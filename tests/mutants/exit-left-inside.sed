# SPDX-License-Identifier: GPL-2.0-or-later
# what: memory is opened again that a thread on its way out has inside
# file: gather.c
# config: plain
# first: user_back
/^static bool wait_for_leaving/,/^}/ s/!\(op->detach && nsa_moves\(op, CLONE_NEWUSER\)\)/1/
