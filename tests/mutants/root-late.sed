# SPDX-License-Identifier: GPL-2.0-or-later
# what: a chroot while threads are gathered is not noticed
# file: fs.c
# config: plain
# first: late
/^static bool look_at_fs\(/,/^}/ s/same = has_old_root\(fs\);/same = true;/
