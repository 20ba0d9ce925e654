# SPDX-License-Identifier: GPL-2.0-or-later
# what: a cgroup is joined through whatever is mounted over its file
# file: cgroup.c
# config: plain
# first: cgroup
s/LOOKUP_NO_XDEV \| //
