# SPDX-License-Identifier: GPL-2.0-or-later
# what: who asks from below the tree that it moves counts as a child left behind
# file: subject.c
# config: plain
# first: set
/^static struct task_struct \*find_stranger/,/^}/ s/!same_thread_group\(child, op->caller\)/true/
