# SPDX-License-Identifier: GPL-2.0-or-later
# what: a copied fs_struct has one user too many
# file: commit.c
# config: plain
# first: leak
/^static void fill_copies\(/,/^}/ s/= fs->nr_threads;/= fs->nr_threads + 1;/
