# SPDX-License-Identifier: GPL-2.0-or-later
# what: a sleeping semop is switched to another ipc namespace
# file: asleep.c
# config: plain
# first: sysv
/^static bool may_switch_in/,/^}/ s/return !\(moves & CLONE_NEWIPC\);/return true;/
