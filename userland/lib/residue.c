// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Residue: the walk over one process
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/sched.h>

#include "residue.h"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

static const char *const kind_names[] = {
	[NSATTACH_RESIDUE_SOCKET] = "socket",  [NSATTACH_RESIDUE_UNIX] = "unix",
	[NSATTACH_RESIDUE_TUN] = "tun",	       [NSATTACH_RESIDUE_FILE] = "file",
	[NSATTACH_RESIDUE_DIR] = "directory",  [NSATTACH_RESIDUE_DEVICE] = "device",
	[NSATTACH_RESIDUE_WATCH] = "watch",    [NSATTACH_RESIDUE_RING] = "io_uring",
	[NSATTACH_RESIDUE_NSFD] = "namespace", [NSATTACH_RESIDUE_EXE] = "program",
	[NSATTACH_RESIDUE_MAP] = "map",	       [NSATTACH_RESIDUE_CWD] = "cwd",
	[NSATTACH_RESIDUE_ROOT] = "root",      [NSATTACH_RESIDUE_SHM] = "shm",
	[NSATTACH_RESIDUE_MQUEUE] = "mqueue",  [NSATTACH_RESIDUE_TTY] = "tty",
	[NSATTACH_RESIDUE_MM] = "memory",      [NSATTACH_RESIDUE_FS] = "fs",
	[NSATTACH_RESIDUE_FILES] = "fds",      [NSATTACH_RESIDUE_UNSEEN] = "unseen",
};

EXPORT const char *nsattach_residue_name(enum nsattach_residue_kind kind)
{
	return (unsigned int)kind < ARRAY_SIZE(kind_names) ? kind_names[kind] : NULL;
}

/* Where there was no room for all of it, no character is cut in two. */
static void trim(char *text, size_t len)
{
	for (size_t i = len - 3; i < len; i++)
		if ((unsigned char)text[i] >= 0xc0 && !utf8_length(text + i))
			text[i] = '\0';
}

int residue_found(struct scan *s, enum nsattach_residue_kind kind, __u64 ns, int fd, pid_t with,
		  const char *format, ...)
{
	struct nsattach_residue residue = { .kind = kind, .ns = ns, .fd = fd, .with = with };
	size_t room = sizeof(residue.what) - 1;
	va_list args;

	va_start(args, format);
	vsnprintf(residue.what, sizeof(residue.what), format, args);
	va_end(args);
	if (strlen(residue.what) == room)
		trim(residue.what, room);
	return s->fn(&residue, s->data);
}

/*
 * As the kernel has it: the server of a network file system or FUSE that is asked may
 * never answer.
 */
#define UNASKED (AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC)

int place_of_link(const char *path, struct place_of *place)
{
	struct statx x;

	/* of what a FUSE keeps for its user at least the mount is told, when no more is asked */
	if (statx(AT_FDCWD, path, UNASKED, STATX_TYPE | STATX_MNT_ID, &x) &&
	    statx(AT_FDCWD, path, UNASKED, 0, &x))
		return -errno;
	place->mode = x.stx_mask & STATX_TYPE ? x.stx_mode : 0;
	place->size = x.stx_mask & STATX_SIZE ? x.stx_size : 0;
	place->dev_major = x.stx_dev_major;
	place->dev_minor = x.stx_dev_minor;
	place->rdev_major = x.stx_rdev_major;
	place->rdev_minor = x.stx_rdev_minor;
	place->mount = x.stx_mask & STATX_MNT_ID ? x.stx_mnt_id : 0;
	return 0;
}

static int scan_all(struct scan *s, unsigned int flags)
{
	__u64 ns = s->inside.namespaces;
	int ret = residue_fds(s);

	if (!ret && (ns & CLONE_NEWNS))
		ret = residue_exe(s);
	if (!ret && (ns & (CLONE_NEWNS | CLONE_NEWIPC)))
		ret = residue_maps(s);
	if (!ret && (ns & CLONE_NEWNS) && (flags & NSATTACH_RESIDUE_AFTER))
		ret = residue_directories(s);
	if (!ret && (ns & (CLONE_NEWNS | CLONE_NEWPID)))
		ret = residue_tty(s);
	if (!ret)
		ret = residue_sharers(s);
	return ret;
}

/**
 * struct residue_set - what the subjects of a request have in common
 */
struct residue_set {
	const struct nsattach_request *request;
	struct inside inside;
	struct sharers sharers;
	struct kernel_mounts *kernel;
};

void residue_set_free(struct residue_set *set)
{
	if (!set)
		return;
	inside_free(&set->inside);
	sharers_free(&set->sharers);
	free(set->kernel);
	free(set);
}

int residue_set_new(const struct nsattach_request *r, size_t first, size_t end,
		    struct residue_set **set)
{
	int err;

	*set = calloc(1, sizeof(**set));
	if (!*set)
		return -ENOMEM;
	(*set)->request = r;
	(*set)->kernel = malloc(sizeof(*(*set)->kernel));
	err = (*set)->kernel ? inside_of(r, &(*set)->inside) : -ENOMEM;
	if (!err)
		err = sharers_of(r, first, end, &(*set)->sharers);
	if (err) {
		residue_set_free(*set);
		*set = NULL;
		return err;
	}
	kernel_mounts_find((*set)->kernel);
	return 0;
}

int residue_set_scan(const struct residue_set *set, size_t index, unsigned int flags,
		     nsattach_residue_fn *fn, void *data)
{
	struct scan s = {
		.pid = nsattach_request_pid(set->request, index),
		.inside = set->inside,
		.sharers = &set->sharers,
		.kernel = set->kernel,
		.fn = fn,
		.data = data,
	};
	int pidfd = nsattach_request_pidfd(set->request, index), ret;

	if (pidfd < 0)
		return -EINVAL;
	s.task = live_task(s.pid);
	/* that of a process leads to its leader, who has no fds any more */
	s.pidfd = s.task == s.pid ? pidfd : syscall(SYS_pidfd_open, s.task, PIDFD_THREAD);
	ret = scan_all(&s, flags);
	if (s.pidfd >= 0 && s.pidfd != pidfd)
		close(s.pidfd);
	return ret;
}

EXPORT int nsattach_residue_scan(const struct nsattach_request *r, size_t index, unsigned int flags,
				 nsattach_residue_fn *fn, void *data)
{
	struct residue_set *set;
	int ret;

	if (nsattach_request_pidfd(r, index) < 0)
		return -EINVAL;
	ret = residue_set_new(r, index, index + 1, &set);
	if (!ret)
		ret = residue_set_scan(set, index, flags, fn, data);
	residue_set_free(set);
	return ret;
}
