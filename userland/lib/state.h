/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What runtimes wrote down, and how far it can be believed
 *
 * The state below a user's directories is that user's word: it may be any kind of file
 * and name any process. @owner is that user, or 0 where nobody but root can write.
 */
#ifndef NSATTACH_STATE_H
#define NSATTACH_STATE_H

#include "internal.h"

/* The longest are the lists of Podman, some KiB for each container. */
#define STATE_MAX (8 << 20)

/* An @owner who may speak for no process. */
#define NOBODY ((uid_t)-1)

/*
 * Who is believed about @dir: its owner; where others may write to root's, the caller,
 * but not when that is root. 0 when there is none, and @owner stays as it is.
 */
int state_owner(const char *dir, uid_t *owner);

/*
 * All of a file, to be freed. -ENOENT, -EACCES; -EBADMSG: no file of a sensible size;
 * -EPERM: it is neither @owner's nor root's.
 */
int state_read(const char *path, uid_t owner, char **text);

/*
 * May @owner speak for process @pid: because it is that user's, or is in a user
 * namespace of that user's? -EPERM if not, -ESRCH: it is gone.
 */
int state_check_process(uid_t owner, pid_t pid);

/* Is @pid in a cgroup with @id in its path? -ESTALE if not, -ESRCH: it is gone. */
int state_check_cgroup(pid_t pid, const char *id);

#endif /* NSATTACH_STATE_H */
