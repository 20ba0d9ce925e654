# SPDX-License-Identifier: GPL-2.0-or-later
# what: who is open to those inside gets its credentials back
# file: creds.c
# config: plain
# first: user_back
/^int nsa_creds_check_closed/,/^}/ s/is_open\(th\)/0 \&\& is_open(th)/
