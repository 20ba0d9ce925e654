# SPDX-License-Identifier: GPL-2.0-or-later
# what: two stopped processes of a set that share their signal handlers can not be locked
# file: commit.c
# config: plain
# first: set_shared
/^static bool is_locked_by_us\(/,/^}/ s/return true;/return false;/
