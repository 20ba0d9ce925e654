# SPDX-License-Identifier: GPL-2.0-or-later
# what: a user namespace that is not below is joined
# file: creds.c
# config: plain
# first: user
/^static int check\(/,/^}/ s/if \(!is_below\(.*\)\)/if (0)/
