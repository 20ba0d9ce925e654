# SPDX-License-Identifier: GPL-2.0-or-later
# what: a root that is a mount over another is a chroot
# file: fs.c
# config: plain
# first: badinput
/^static bool is_chroot\(/,/^}/ s/while \(!chroot && follow_up\(&path\)\)/while (0)/
