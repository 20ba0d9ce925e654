# SPDX-License-Identifier: GPL-2.0-or-later
# what: threads in several cgroups end in one
# file: cgroup.c
# config: plain
# first: cgroup
/^static struct cgroup \*cgroup_of\(/,/^}/ s/several \|= .*;/;/
