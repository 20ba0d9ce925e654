# SPDX-License-Identifier: GPL-2.0-or-later
# what: the leader is not walked
# file: thread.c
# config: plain
# first: threads namespaces
/^static void walk\(/,/^}/ s/if \(is_leaving/if (task == subject->leader || is_leaving/
