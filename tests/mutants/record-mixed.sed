# SPDX-License-Identifier: GPL-2.0-or-later
# what: an origin is mended with what the process has made itself since
# file: record.c
# config: plain
# first: detach
/^static void keep\(/,/^}/ s/if \(moved_on\(op, subject\)\)/if (0)/
