# SPDX-License-Identifier: GPL-2.0-or-later
# what: the wait for another attach of the same process has no deadline
# file: subject.c
# config: plain
# first: concurrent
/^int nsa_claim\(/,/^}/ s/ktime_sub\(op->deadline, ktime_get\(\)\)/KTIME_MAX/
