// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Residue: open fds
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>
#include <linux/sched.h>

#include "residue.h"

#ifndef MQUEUE_MAGIC
#define MQUEUE_MAGIC 0x19800202
#endif

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

static int starts_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

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

static int is_mqueue(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type == MQUEUE_MAGIC;
}

static int scan_path(struct scan *s, const struct open_fd *fd)
{
	enum nsattach_residue_kind kind = NSATTACH_RESIDUE_FILE;
	__u64 ns = s->inside.namespaces;
	struct place_of place;
	int ret;

	if (place_of_link(fd->path, &place))
		return 0;
	if (S_ISCHR(place.mode) && (ns & CLONE_NEWNET) && place.rdev_major == TUN_MAJOR &&
	    place.rdev_minor == TUN_MINOR) {
		ret = residue_found(s, NSATTACH_RESIDUE_TUN, CLONE_NEWNET, fd->number, 0, "%s",
				    fd->link);
		if (ret)
			return ret;
	}
	if (S_ISREG(place.mode) && (ns & CLONE_NEWIPC) && is_mqueue(fd->path))
		return residue_found(s, NSATTACH_RESIDUE_MQUEUE, CLONE_NEWIPC, fd->number, 0, "%s",
				     fd->link);
	/* files of the kernel's own mounts belong to no namespace */
	if (!(ns & CLONE_NEWNS) || starts_with(fd->link, "/memfd:") ||
	    starts_with(fd->link, "/dev/zero (deleted)") ||
	    inside_has_mount(&s->inside, place.mount))
		return 0;
	if (S_ISDIR(place.mode))
		kind = NSATTACH_RESIDUE_DIR;
	else if (!S_ISREG(place.mode) && !S_ISLNK(place.mode))
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

	snprintf(path, sizeof(path), "/proc/%d/fd", s->pid);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? -ESRCH : -errno;
	while (!ret && (entry = readdir(dir))) {
		ssize_t n;

		if (entry->d_name[0] == '.')
			continue;
		fd.number = atoi(entry->d_name);
		snprintf(fd.path, sizeof(fd.path), "/proc/%d/fd/%d", s->pid, fd.number);
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
