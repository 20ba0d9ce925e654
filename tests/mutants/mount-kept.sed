# SPDX-License-Identifier: GPL-2.0-or-later
# what: the mount of the cgroup is never put
# file: attach.c
# config: plain
# first: leak
/^int nsa_attach_run\(/,/^}/ s/path_put\(&op->cgroup_mount\);//
