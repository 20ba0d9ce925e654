# SPDX-License-Identifier: GPL-2.0-or-later
# what: who gets a root and cwd of its own gets the umask of the caller
# file: fs.c
# config: plain
# first: threads
/^static bool look_at_fs\(/,/^}/ { /^\t\tif \(fs->copy\)$/d; /->umask = /d }
