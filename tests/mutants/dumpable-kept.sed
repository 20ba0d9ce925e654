# SPDX-License-Identifier: GPL-2.0-or-later
# what: memory filled outside can be read from inside
# file: creds.c
# config: plain
# first: user
/^void nsa_creds_close/,/^}/ s/nsa_set_dumpable\(th->task, .*\);/;/
