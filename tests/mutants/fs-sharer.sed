# SPDX-License-Identifier: GPL-2.0-or-later
# what: root and cwd that a stranger shares are changed for it, too
# file: fs.c
# config: plain
# first: threads states
/^bool nsa_fs_ready/,/^}/ s/if \(!fs->copy && users != fs->nr_threads\)/if (0)/
