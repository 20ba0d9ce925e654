# SPDX-License-Identifier: GPL-2.0-or-later
# what: a detach needs no right over where it goes back to
# file: ns.c
# config: plain
# first: permission
/^static int may_rejoin/,/^}/ s/return nsa_fail\(/if (0) return nsa_fail(/
