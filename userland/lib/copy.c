// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copying requests
 */
#include <errno.h>
#include <fcntl.h>

#include "internal.h"

static int copy_fd(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return copy < 0 ? -errno : copy;
}

static int copy_places(const struct nsattach_request *r, struct nsattach_request *copy)
{
	int fd;

	if (r->attach.target >= 0) {
		fd = copy_fd(r->attach.target);
		if (fd < 0)
			return fd;
		nsattach_request_set_target_pidfd(copy, fd, r->target);
	}
	for (__u32 i = 0; i < r->attach.nr_nsfds; i++) {
		fd = copy_fd(r->nsfds[i]);
		if (fd >= 0)
			fd = nsattach_request_add_nsfd(copy, fd);
		if (fd < 0)
			return fd;
	}
	if (r->cgroup >= 0) {
		fd = copy_fd(r->cgroup);
		if (fd < 0)
			return fd;
		nsattach_request_set_cgroup(copy, fd);
	}
	nsattach_request_set_namespaces(copy, r->attach.namespaces);
	nsattach_request_set_flags(copy, r->attach.flags);
	nsattach_request_set_timeout(copy, r->timeout_ns);
	return nsattach_request_set_wd(copy, r->wd);
}

EXPORT int nsattach_request_copy(const struct nsattach_request *r, size_t first, size_t end,
				 struct nsattach_request **copy)
{
	int err = nsattach_request_new(copy);

	if (err)
		return err;
	err = copy_places(r, *copy);
	for (size_t i = first; i < end && i < r->nr && !err; i++) {
		err = copy_fd(r->subjects[i].pidfd);
		if (err >= 0)
			err = nsattach_request_add_pidfd(*copy, err, r->pids[i]);
		if (!err)
			err = nsattach_request_set_subject_wd(*copy, i - first,
							      r->wds[i] ? request_wd(r, i) : NULL);
	}
	if (err) {
		nsattach_request_free(*copy);
		*copy = NULL;
	}
	return err;
}
