# SPDX-License-Identifier: GPL-2.0-or-later
# what: a subject in a chroot is moved without being asked for
# file: fs.c
# config: plain
# first: badinput
/^static int aim_fs/,/^}/ s/is_chroot\(.*\)\)/false)/
