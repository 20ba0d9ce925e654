# SPDX-License-Identifier: GPL-2.0-or-later
# what: that one could not join its cgroup is forgotten when a later one can
# file: cgroup.c
# config: plain
# first: cgroup
/^int nsa_cgroup_join\(/,/^}/ s/i < op->nr_subjects && !err;/i < op->nr_subjects;/
