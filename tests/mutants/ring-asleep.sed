# SPDX-License-Identifier: GPL-2.0-or-later
# what: a thread whose ring may make workers is left asleep
# file: asleep.c
# config: plain
# first: uring
/^static bool may_make_workers/,/^}/ s/return READ_ONCE\(task->io_uring\)/return false/
