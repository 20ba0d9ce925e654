# SPDX-License-Identifier: GPL-2.0-or-later
# what: a record is kept after the process has changed its root by itself
# file: record.c
# config: plain
# first: detach
/^static bool moved_on\(/,/^}/ s/if \(fs->nr_moved && !find_fs\(r, fs\)\)/if (0)/
