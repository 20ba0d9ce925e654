# SPDX-License-Identifier: GPL-2.0-or-later
# what: a thread is left asleep while its credentials change
# file: asleep.c
# config: plain
# first: user_back
/^bool nsa_is_asleep\(/,/^}/ s/moves & CLONE_NEWUSER \|\| //
