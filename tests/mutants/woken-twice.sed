# SPDX-License-Identifier: GPL-2.0-or-later
# what: a sleeper that wakes and comes counts twice among those that share root and cwd
# file: meet.c
# config: plain
# first: states
/^static bool arrive\(/,/^}/ { /nr_asleep--;/{n;n;d} }
