# SPDX-License-Identifier: GPL-2.0-or-later
# what: an attach that is restarted is recorded each time
# file: audit.c
# config: plain
# first: audit
/^void nsa_audit\(/,/^}/ s/ \|\| err == -ERESTARTNOINTR//
