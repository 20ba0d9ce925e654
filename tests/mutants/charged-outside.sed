# SPDX-License-Identifier: GPL-2.0-or-later
# what: processes go on being counted for the user outside
# file: creds.c
# config: plain
# first: user_counts
/^static int translate\(/,/^}/ s/ \?: translate_user\(new\);/ ?: (0 \&\& translate_user(new));/
