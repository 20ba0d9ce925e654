# SPDX-License-Identifier: GPL-2.0-or-later
# what: the result of an interrupted attach is an errno of the kernel
# file: attach.c
# config: plain
# first: late
/^static void report\(/,/^}/ s/err = -EINTR;/;/
