# SPDX-License-Identifier: GPL-2.0-or-later
# what: a put is dropped: the user namespace that is left for one below is never freed
# file: creds.c
# config: plain
# first: leak
/^static int enter\(/,/^}/ s/put_user_ns\(new->user_ns\);/;/
