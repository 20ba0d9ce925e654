# SPDX-License-Identifier: GPL-2.0-or-later
# what: the first root is given back to one of the two that became of it
# file: record.c
# config: plain
# first: detach
/^static struct nsa_fs \*find_fs\(/,/^}/ s/return like && .*;/return NULL;/
