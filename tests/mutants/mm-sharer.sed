# SPDX-License-Identifier: GPL-2.0-or-later
# what: memory that a stranger shares gets other clocks
# file: subject.c
# config: plain
# first: time
/^int nsa_check_mm_sharers/,/^}/ s/if \(sharer\)/if (0)/
