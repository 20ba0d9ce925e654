# SPDX-License-Identifier: GPL-2.0-or-later
# what: the error of cgroup.procs is ignored
# file: cgroup.c
# config: plain
# first: cgroup
/^static int write_number\(/,/^}/ s/return n < 0 \? n : 0;/return 0 * n;/
