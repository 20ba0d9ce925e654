# SPDX-License-Identifier: GPL-2.0-or-later
# what: a second attach forgets where the first came from
# file: record.c
# config: plain
# first: detach
/^static void keep_origin\(/,/^}/ s/was \? was : //
