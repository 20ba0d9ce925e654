# SPDX-License-Identifier: GPL-2.0-or-later
# what: a subject that has no number for the caller: the caller joins
# file: cgroup.c
# config: plain
# first: cgroup
/^static int write_number\(/,/^}/ s/if \(!nr\)/if (0)/
