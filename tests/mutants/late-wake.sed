# SPDX-License-Identifier: GPL-2.0-or-later
# what: who comes after the attach was given up takes part in it
# file: meet.c
# config: plain
# first: late states
/^static void meet\(/,/^}/ s/op->state != NSA_GATHER/op->state == NSA_COMMITTED/
