# SPDX-License-Identifier: GPL-2.0-or-later
# what: a chroot while threads are gathered is not noticed
# file: thread.c
# config: plain
# first: late
/^bool nsa_fs_ready\(/,/^}/ s/!has_old_root\(fs\)/0/
