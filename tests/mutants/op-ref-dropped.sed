# SPDX-License-Identifier: GPL-2.0-or-later
# what: a queued work holds no reference of the op
# file: gather.c
# config: plain
# first: threads signals states
/^static bool queue/,/^}/ s/refcount_inc\(.*\);//
