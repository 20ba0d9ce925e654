# SPDX-License-Identifier: GPL-2.0-or-later
# what: SEM_UNDO is not applied when the ipc namespace is left
# file: commit.c
# config: plain
# first: sysv
/^static void apply_undo/,/^}/ s/nsa_exit_sem\(th->op->stand_in\)/(void)th/
