# SPDX-License-Identifier: GPL-2.0-or-later
# what: supplementary groups are not translated
# file: creds.c
# config: plain
# first: user
/^static int translate\(/,/^}/ s/translate_groups\(new, from, to\) \?: //
