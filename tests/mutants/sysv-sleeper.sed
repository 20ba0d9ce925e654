# SPDX-License-Identifier: GPL-2.0-or-later
# what: a sleeping semop is switched to another ipc namespace
# file: asleep.c
# config: plain
# first: sysv
/^static bool is_sysv_wait/,/^}/ s/return nr == .*/return false \&\& (nr == __NR_msgrcv || nr == __NR_msgsnd || nr == __NR_semop ||/
/^static bool is_sysv_wait/,/^}/ s/nr == __NR_semtimedop;/nr == __NR_semtimedop);/
