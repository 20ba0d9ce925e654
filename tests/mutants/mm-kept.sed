# SPDX-License-Identifier: GPL-2.0-or-later
# what: a move of the clocks holds the memory of the process for ever
# file: commit.c
# config: plain
# first: time
/^static void switch_clocks\(/,/^}/ s/^\tmmput\(subject->mm\);//
