# SPDX-License-Identifier: GPL-2.0-or-later
# what: a move that fails does not leave the cgroup again
# file: cgroup.c
# config: plain
# first: cgroup
/^int nsa_cgroup_back\(/,/^}/ s/err = write_number\(s, s->back\);/err = 0;/
