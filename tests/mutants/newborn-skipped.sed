# SPDX-License-Identifier: GPL-2.0-or-later
# what: threads that appeared since the walk are not waited for
# file: meet.c
# config: plain
# first: late
/^bool nsa_all_parked/,/^}/ s/nr != get_nr_threads\(s->leader\)/false/
