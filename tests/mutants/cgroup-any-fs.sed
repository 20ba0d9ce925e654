# SPDX-License-Identifier: GPL-2.0-or-later
# what: a directory of any file system is taken for a cgroup
# file: cgroup.c
# config: plain
# first: cgroup
/^int nsa_cgroup_prepare\(/,/^}/ {
s/ \|\|$/)/
s/file_inode\(dir\)->i_sb->s_magic != CGROUP2_SUPER_MAGIC\)/if (false)/
}
