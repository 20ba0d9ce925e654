# SPDX-License-Identifier: GPL-2.0-or-later
# what: with each for itself, those behind an interruption look as if they had moved
# file: device.c
# config: plain
# first: set
/^static int run_each\(/,/^}/ s/subjects\[i\]\.result = -EINTR;/subjects[i].result = 0;/
