# SPDX-License-Identifier: GPL-2.0-or-later
# what: no task_lock around the switch of a parked thread
# file: commit.c
# config: lockdep
# first: threads namespaces
/^static void switch_parked/,/^}/ s/task_(un)?lock\(task\);/;/
