/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_SILENT_FUSE_H
#define NSATTACH_TESTS_SILENT_FUSE_H

#include <sys/types.h>

/*
 * A file system that answers no lookup: who looks for a file in it waits, and
 * keeps everybody waiting who wants to make one in the same directory. It is for
 * @uid alone. NULL, or what failed.
 */
const char *silent_fuse_mount(const char *dir, uid_t uid);
/*
 * A process that answers until it is hushed: every name is that of a file of this size,
 * which can be opened and mapped.
 */
#define SILENT_FILE_SIZE 80
pid_t silent_fuse_talk(void);
void silent_fuse_hush(pid_t talker);
/* Every request fails from now on: all who wait go on. */
void silent_fuse_end(const char *dir);

#endif
