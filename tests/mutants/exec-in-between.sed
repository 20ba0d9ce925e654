# SPDX-License-Identifier: GPL-2.0-or-later
# what: one that comes from the middle of an exec is moved
# file: meet.c
# config: plain
# first: uring
/^static bool arrive\(/,/^}/ s/if \(is_in_exec\(\)\)/if (0 \&\& is_in_exec())/
