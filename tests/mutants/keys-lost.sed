# SPDX-License-Identifier: GPL-2.0-or-later
# what: the session keyring is lost
# file: creds.c
# config: plain
# first: user
/^static void keep_keys\(/,/^}/ s/new->session_keyring = .*/;/
