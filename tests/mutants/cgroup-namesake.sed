# SPDX-License-Identifier: GPL-2.0-or-later
# what: a cgroup of the same name is taken for the one that is gone
# file: cgroup.c
# config: plain
# first: cgroup
/^static struct file \*open_procs\(/,/^}/ s/if \(!IS_ERR\(file\) && .*/if (0) {/
