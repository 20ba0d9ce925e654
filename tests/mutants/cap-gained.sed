# SPDX-License-Identifier: GPL-2.0-or-later
# what: who enters a user namespace gets every capability there
# file: creds.c
# config: plain
# first: user
/^static int enter\(/,/^}/ s/return 0;/new->cap_effective = CAP_FULL_SET;\n\treturn 0;/
