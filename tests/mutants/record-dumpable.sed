# SPDX-License-Identifier: GPL-2.0-or-later
# what: a second move of user forgets who could read the process
# file: record.c
# config: plain
# first: detach
/^static void keep_creds\(/,/^}/ s/if \(list_empty\(&r->creds\)\)//
