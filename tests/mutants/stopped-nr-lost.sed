# SPDX-License-Identifier: GPL-2.0-or-later
# what: the references that stopped threads had of their old nsproxy are never put
# file: commit.c
# config: plain
# first: leak
/^static void switch_stopped\(/,/^}/ s/^\tth->proxy->nr_moved\+\+;//
