# SPDX-License-Identifier: GPL-2.0-or-later
# what: stopped threads are switched before it is known whether they get their numbers
# file: commit.c
# config: plain
# first: pid_refused
/^bool nsa_commit_begin\(/,/^}/ s/ && !op->pid_target//
