# SPDX-License-Identifier: GPL-2.0-or-later
# what: a restarted attach has all of its time again
# file: attach.c
# config: plain
# first: late
/^static void keep_deadline\(/,/^}/ s/arg->timeout_ns = .*;/(void)left;/
