# SPDX-License-Identifier: GPL-2.0-or-later
# what: the audit record calls every attempt a success
# file: audit.c
# config: plain
# first: audit
/^void nsa_audit\(/,/^}/ s/err, !err\)/err, 1)/
