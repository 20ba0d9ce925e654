# SPDX-License-Identifier: GPL-2.0-or-later
# what: a detach from user that is only looked into does not see that somebody inside may have looked in
# file: creds.c
# config: plain
# first: user_back
/^int nsa_creds_check_closed/,/^}/ s/th->state != NSA_GONE && th->cred->new/has_new_creds(th)/
