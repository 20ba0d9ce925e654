# SPDX-License-Identifier: GPL-2.0-or-later
# what: memory that a stranger shares gets other clocks
# file: thread.c
# config: plain
# first: time
/^static int check_mm/,/^}/ s/if \(sharer\)/if (0)/
