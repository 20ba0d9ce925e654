# SPDX-License-Identifier: GPL-2.0-or-later
# what: a thread that is killed while it is parked stays until the end
# file: meet.c
# config: plain
# first: late
/^static bool leave_if_killed\(/,/^}/ s/if \(!fatal_signal_pending\(current\)\)/if (1)/
