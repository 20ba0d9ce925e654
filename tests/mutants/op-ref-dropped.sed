# SPDX-License-Identifier: GPL-2.0-or-later
# what: a queued work holds no reference of the op
# file: thread.c
# config: plain
# first: threads signals states
/^bool nsa_queue_work/,/^}/ s/refcount_inc\(.*\);//
