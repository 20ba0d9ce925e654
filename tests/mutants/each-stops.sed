# SPDX-License-Identifier: GPL-2.0-or-later
# what: with each for itself, the first that is refused ends it
# file: device.c
# config: plain
# first: set
/^static int run_each/,/^}/ s/if \(!err \|\| ret\)/if (err) break;\n\t\tif (!err || ret)/
