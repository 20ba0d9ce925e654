# SPDX-License-Identifier: GPL-2.0-or-later
# what: an interrupted attach is recorded with an errno that nobody knows
# file: audit.c
# config: plain
# first: audit
/^void nsa_audit\(/,/^}/ s/err = -EINTR;/;/
