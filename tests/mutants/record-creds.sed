# SPDX-License-Identifier: GPL-2.0-or-later
# what: a second move of user forgets the credentials before the first
# file: record.c
# config: plain
# first: detach
/^static void keep_creds\(/,/^}/ s/if \(!was\)$/if (1)/
