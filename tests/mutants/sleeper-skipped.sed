# SPDX-License-Identifier: GPL-2.0-or-later
# what: threads that sleep are not switched
# file: commit.c
# config: plain
# first: namespaces threads
/^void nsa_commit\(/,/^}/ s/ \|\| th->state == NSA_ASLEEP//
