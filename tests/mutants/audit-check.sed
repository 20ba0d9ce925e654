# SPDX-License-Identifier: GPL-2.0-or-later
# what: an attempt that is only looked into is recorded as a move
# file: audit.c
# config: plain
# first: audit
s/bool check = op->flags & NSATTACH_F_CHECK/bool check = false/
