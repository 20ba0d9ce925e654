# SPDX-License-Identifier: GPL-2.0-or-later
# what: a thread id that is cached in user memory stays the old one
# file: pid.c
# config: plain
# first: pid_places
/^void nsa_pid_renumbered\(/,/^}/ s/if \(!th->old_nr \|\|/if (1 || !th->old_nr ||/
