// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Residue: open fds
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/sched.h>

#include "residue.h"

/* of each message queue as a file */
#define QUEUE_SIZE 80

/* /dev/net/tun */
#define TUN_MAJOR 10
#define TUN_MINOR 200

/**
 * struct open_fd - one fd of the process
 * @number:	in its table
 * @link:	what /proc/PID/fd says
 * @path:	that file of /proc itself
 */
struct open_fd {
	int number;
	char link[PATH_MAX];
	char path[64];
};

static int scan_ring(struct scan *s, const struct open_fd *fd)
{
	return residue_found(s, NSATTACH_RESIDUE_RING, 0, fd->number, 0, "%s", fd->link);
}

static int scan_watch(struct scan *s, const struct open_fd *fd)
{
	if (!(s->inside.namespaces & CLONE_NEWNS))
		return 0;
	return residue_found(s, NSATTACH_RESIDUE_WATCH, CLONE_NEWNS, fd->number, 0, "%s", fd->link);
}

/* "net:[4026531840]" */
static int scan_nsfd(struct scan *s, const struct open_fd *fd, const char *bracket)
{
	const struct nsattach_namespace *ns;
	ino_t inside;

	ns = nsattach_namespace_by_name(fd->link, bracket - 1 - fd->link);
	if (!ns || !(s->inside.namespaces & ns->flag))
		return 0;
	inside = inside_namespace(&s->inside, ns->flag);
	if (inside && strtoull(bracket + 1, NULL, 10) == inside)
		return 0;
	return residue_found(s, NSATTACH_RESIDUE_NSFD, ns->flag, fd->number, 0, "%s", fd->link);
}

/* Is this mount, where the process sees it, one of queues? -1: it does not see it. */
static int is_mount_of_queues(pid_t pid, unsigned long long id)
{
	char path[64], *line = NULL, *type;
	size_t size = 0;
	int is = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid);
	f = fopen(path, "re");
	while (f && is < 0 && getline(&line, &size, f) > 0) {
		type = strstr(line, " - ");
		if (type && strtoull(line, NULL, 10) == id)
			is = starts_with(type, " - mqueue ");
	}
	free(line);
	if (f)
		fclose(f);
	return is;
}

/* Nearly all file systems have handles for their files; that of the queues has none. */
static int has_handle(const char *path)
{
	struct file_handle none = { .handle_bytes = 0 };
	int mount;

	return !name_to_handle_at(AT_FDCWD, path, &none, &mount, AT_SYMLINK_FOLLOW) ||
	       errno != EOPNOTSUPP;
}

/* mq_open() has a mount of the kernel's own; statfs() would ask where it is another one. */
static int is_mqueue(const struct scan *s, const char *path, const struct place_of *place)
{
	int is;

	if (!S_ISREG(place->mode) || place->dev_major || place->size != QUEUE_SIZE)
		return 0;
	is = is_mount_of_queues(s->task, place->mount);
	return is < 0 ? !has_handle(path) : is;
}

static int scan_path(struct scan *s, const struct open_fd *fd)
{
	enum nsattach_residue_kind kind = NSATTACH_RESIDUE_FILE;
	__u64 ns = s->inside.namespaces;
	struct place_of place = { 0 };
	int ret = place_of_link(fd->path, &place);

	/* closed since; of what tells nothing of itself it is not known to be inside */
	if (ret == -ENOENT)
		return 0;
	if (S_ISCHR(place.mode) && (ns & CLONE_NEWNET) && place.rdev_major == TUN_MAJOR &&
	    place.rdev_minor == TUN_MINOR) {
		ret = residue_found(s, NSATTACH_RESIDUE_TUN, CLONE_NEWNET, fd->number, 0, "%s",
				    fd->link);
		if (ret)
			return ret;
	}
	if ((ns & CLONE_NEWIPC) && is_mqueue(s, fd->path, &place))
		return residue_found(s, NSATTACH_RESIDUE_MQUEUE, CLONE_NEWIPC, fd->number, 0, "%s",
				     fd->link);
	if (!(ns & CLONE_NEWNS) || inside_has_mount(&s->inside, place.mount) ||
	    is_of_the_kernel(s->kernel, fd->link, place.dev_major, place.dev_minor) ||
	    is_dmabuf(s->kernel, s->task, fd->number, fd->link, &place))
		return 0;
	if (S_ISDIR(place.mode))
		kind = NSATTACH_RESIDUE_DIR;
	else if (place.mode && !S_ISREG(place.mode) && !S_ISLNK(place.mode))
		kind = NSATTACH_RESIDUE_DEVICE;
	return residue_found(s, kind, CLONE_NEWNS, fd->number, 0, "%s", fd->link);
}

static int scan_fd(struct scan *s, const struct open_fd *fd)
{
	const char *bracket = strstr(fd->link, ":[");

	if (*fd->link == '/')
		return scan_path(s, fd);
	if (starts_with(fd->link, "socket:["))
		return s->inside.namespaces & CLONE_NEWNET ? residue_socket(s, fd->number) : 0;
	if (strstr(fd->link, "io_uring"))
		return scan_ring(s, fd);
	if (strstr(fd->link, "inotify") || strstr(fd->link, "fanotify"))
		return scan_watch(s, fd);
	if (bracket)
		return scan_nsfd(s, fd, bracket + 1);
	return 0;
}

int residue_fds(struct scan *s)
{
	struct dirent *entry;
	struct open_fd fd;
	char path[64];
	int ret = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", s->task);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? -ESRCH : -errno;
	while (!ret && (entry = readdir(dir))) {
		ssize_t n;

		if (entry->d_name[0] == '.')
			continue;
		fd.number = atoi(entry->d_name);
		snprintf(fd.path, sizeof(fd.path), "/proc/%d/fd/%d", s->task, fd.number);
		n = readlink(fd.path, fd.link, sizeof(fd.link) - 1);
		/* closed since */
		if (n < 0)
			continue;
		fd.link[n] = '\0';
		ret = scan_fd(s, &fd);
	}
	closedir(dir);
	return ret;
}
