# SPDX-License-Identifier: GPL-2.0-or-later
# what: no op->lock around the count of who has arrived
# file: meet.c
# config: lockdep
# first: threads
/^static void meet\(/,/^}/ s/spin_(un)?lock\(&op->lock\);/;/
