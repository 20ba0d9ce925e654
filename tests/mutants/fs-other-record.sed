# SPDX-License-Identifier: GPL-2.0-or-later
# what: one who shares root and cwd and stays inside passes because it is in the set
# file: subject.c
# config: plain
# first: user_back
/^static struct task_struct \*find_fs_sharer/,/^}/ s/keeps_some\(op, t, CLONE_NEWUSER\)/!is_ours(op, t)/
