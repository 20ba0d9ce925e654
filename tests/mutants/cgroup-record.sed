# SPDX-License-Identifier: GPL-2.0-or-later
# what: the cgroup it was in is forgotten
# file: record.c
# config: plain
# first: cgroup
/^static void keep\(/,/^}/ s/swap\(r->cgroup, subject->was_in_cgroup\);/;/
