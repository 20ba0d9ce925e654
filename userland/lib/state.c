// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What runtimes wrote down, and how far it can be believed
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/nsfs.h>

#include "state.h"

int state_owner(const char *dir, uid_t *owner)
{
	struct stat st;

	if (stat(dir, &st))
		return 0;
	*owner = st.st_uid;
	/* root does not answer for what others wrote into its directory */
	if (!st.st_uid && st.st_mode & (S_IWGRP | S_IWOTH))
		*owner = geteuid() ? geteuid() : NOBODY;
	return 1;
}

static int open_state(const char *path, uid_t owner)
{
	/* a fifo must not hold us, a link not lead to a device */
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (owner ? O_NOFOLLOW : 0);
	int fd = open(path, flags);

	if (fd >= 0)
		return fd;
	switch (errno) {
	case ENOTDIR:
		return -ENOENT;
	case ELOOP:
	case ENXIO:
		return -EBADMSG;
	default:
		return -errno;
	}
}

static int check_file(const struct stat *st, uid_t owner)
{
	if (!S_ISREG(st->st_mode) || st->st_size > STATE_MAX)
		return -EBADMSG;
	if (owner && st->st_uid && st->st_uid != owner)
		return -EPERM;
	return 0;
}

/* No more than @size, even when the file grows meanwhile. */
static int read_all(int fd, size_t size, char **text)
{
	char *buf = malloc(size + 1);
	size_t used = 0;
	ssize_t n = 1;

	if (!buf)
		return -ENOMEM;
	while (used < size && n > 0) {
		n = read(fd, buf + used, size - used);
		if (n > 0)
			used += n;
	}
	if (n < 0) {
		n = -errno;
		free(buf);
		return n;
	}
	buf[used] = '\0';
	*text = buf;
	return 0;
}

int state_read(const char *path, uid_t owner, char **text)
{
	int fd = open_state(path, owner);
	struct stat st;
	int err;

	if (fd < 0)
		return fd;
	err = fstat(fd, &st) ? -errno : check_file(&st, owner);
	if (!err)
		err = read_all(fd, st.st_size, text);
	close(fd);
	return err;
}

/* Who owns a user namespace has all power over those below it, too. */
static int owns_namespace(uid_t owner, int fd)
{
	int found = 0, parent;
	uid_t uid;

	while (fd >= 0 && !found) {
		found = !ioctl(fd, NS_GET_OWNER_UID, &uid) && uid == owner;
		parent = found ? -1 : ioctl(fd, NS_GET_PARENT);
		close(fd);
		fd = parent;
	}
	return found;
}

int state_check_process(uid_t owner, pid_t pid)
{
	char path[64];
	struct stat st;

	if (!owner)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d", pid);
	if (stat(path, &st))
		return -ESRCH;
	if (st.st_uid == owner)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	return owns_namespace(owner, open(path, O_RDONLY | O_CLOEXEC)) ? 0 : -EPERM;
}

int state_check_cgroup(pid_t pid, const char *id)
{
	char path[64], *line = NULL;
	int err = -ESTALE;
	size_t room = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	f = fopen(path, "re");
	if (!f)
		return -ESRCH;
	while (err && getline(&line, &room, f) > 0)
		if (strstr(line, id))
			err = 0;
	free(line);
	fclose(f);
	return err;
}
