# SPDX-License-Identifier: GPL-2.0-or-later
# what: SEM_UNDO is not applied when the ipc namespace is left
# file: commit.c
# config: plain
# first: sysv
/^static void undo_parked/,/^}/ s/nsa_exit_sem\(th->task\)/(void)th/
