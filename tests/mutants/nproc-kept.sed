# SPDX-License-Identifier: GPL-2.0-or-later
# what: the process goes on being counted in the namespace it leaves
# file: creds.c
# config: plain
# first: user_counts
/^void nsa_cred_switch\(/,/^}/ s/nsa_dec_rlimit_ucounts\(.*\);/;/
