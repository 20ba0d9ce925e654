# SPDX-License-Identifier: GPL-2.0-or-later
# what: the process is not counted in the namespace it joins
# file: creds.c
# config: plain
# first: user
/^void nsa_cred_switch\(/,/^}/ s/nsa_inc_rlimit_ucounts\(.*\);//
