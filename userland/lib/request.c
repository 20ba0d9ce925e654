// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A request: the processes to move and where to
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/nsfs.h>

#include "internal.h"

EXPORT int nsattach_request_new(struct nsattach_request **request)
{
	struct nsattach_request *r = calloc(1, sizeof(*r));

	*request = r;
	if (!r)
		return -ENOMEM;
	r->attach.size = sizeof(r->attach);
	r->attach.target = -1;
	r->attach.error.subject = -1;
	r->cgroup = -1;
	return 0;
}

static char *own_wd(const struct nsattach_request *r, size_t index)
{
	return (char *)(uintptr_t)r->wds[index];
}

EXPORT void nsattach_request_free(struct nsattach_request *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->nr; i++) {
		close(r->subjects[i].pidfd);
		free(own_wd(r, i));
	}
	for (__u32 i = 0; i < r->attach.nr_nsfds; i++)
		close(r->nsfds[i]);
	if (r->attach.target >= 0)
		close(r->attach.target);
	if (r->cgroup >= 0)
		close(r->cgroup);
	free(r->subjects);
	free(r->pids);
	free(r->wds);
	free(r->wd);
	free(r);
}

static int make_room(struct nsattach_request *r)
{
	size_t room = r->room ? r->room * 2 : 4;
	void *subjects, *pids, *wds;

	if (r->nr < r->room)
		return 0;
	subjects = reallocarray(r->subjects, room, sizeof(*r->subjects));
	if (!subjects)
		return -ENOMEM;
	r->subjects = subjects;
	pids = reallocarray(r->pids, room, sizeof(*r->pids));
	if (!pids)
		return -ENOMEM;
	r->pids = pids;
	wds = reallocarray(r->wds, room, sizeof(*r->wds));
	if (!wds)
		return -ENOMEM;
	r->wds = wds;
	r->room = room;
	return 0;
}

/* The number of a process that was not named by one; 0: it can not be seen. */
static pid_t number_of(int pidfd)
{
	pid_t pid = nsattach_pidfd_pid(pidfd);

	return pid > 0 ? pid : 0;
}

EXPORT int nsattach_request_add_pidfd(struct nsattach_request *r, int pidfd, pid_t pid)
{
	int err = 0;

	pid = pid ?: number_of(pidfd);
	for (size_t i = 0; i < r->nr && !err; i++)
		if (pid && r->pids[i] == pid)
			err = -EEXIST;
	if (!err && r->nr == NSATTACH_MAX_SUBJECTS)
		err = -E2BIG;
	if (!err)
		err = make_room(r);
	if (err) {
		close(pidfd);
		return err;
	}
	r->subjects[r->nr] = (struct nsattach_subject){ .pidfd = pidfd };
	r->wds[r->nr] = 0;
	r->pids[r->nr++] = pid;
	return 0;
}

EXPORT int nsattach_request_add_pid(struct nsattach_request *r, pid_t pid)
{
	int fd = nsattach_pidfd_open(pid);

	return fd < 0 ? fd : nsattach_request_add_pidfd(r, fd, pid);
}

EXPORT int nsattach_request_remove(struct nsattach_request *r, size_t index)
{
	__u32 *failed = &r->attach.error.subject;

	if (index >= r->nr)
		return -EINVAL;
	close(r->subjects[index].pidfd);
	free(own_wd(r, index));
	r->nr--;
	memmove(&r->subjects[index], &r->subjects[index + 1],
		(r->nr - index) * sizeof(*r->subjects));
	memmove(&r->pids[index], &r->pids[index + 1], (r->nr - index) * sizeof(*r->pids));
	memmove(&r->wds[index], &r->wds[index + 1], (r->nr - index) * sizeof(*r->wds));
	if (*failed == index)
		*failed = -1;
	else if (*failed > index && *failed <= r->nr)
		--*failed;
	return 0;
}

EXPORT int nsattach_request_set_target_pidfd(struct nsattach_request *r, int pidfd, pid_t pid)
{
	if (r->attach.target >= 0) {
		close(pidfd);
		return -EEXIST;
	}
	r->attach.target = pidfd;
	r->target = pid ?: number_of(pidfd);
	return 0;
}

EXPORT int nsattach_request_set_target(struct nsattach_request *r, pid_t pid)
{
	int fd = nsattach_pidfd_open(pid);

	return fd < 0 ? fd : nsattach_request_set_target_pidfd(r, fd, pid);
}

EXPORT void nsattach_request_set_namespaces(struct nsattach_request *r, __u64 namespaces)
{
	r->attach.namespaces = namespaces;
}

EXPORT int nsattach_request_add_nsfd(struct nsattach_request *r, int nsfd)
{
	int type = ioctl(nsfd, NS_GET_NSTYPE);
	int err = type < 0 ? -ENOTTY : 0;

	for (__u32 i = 0; i < r->attach.nr_nsfds && !err; i++)
		if (r->nstypes[i] == (__u32)type)
			err = -EEXIST;
	if (!err && r->attach.nr_nsfds == NSATTACH_MAX_NSFDS)
		err = -E2BIG;
	if (err) {
		close(nsfd);
		return err;
	}
	r->nstypes[r->attach.nr_nsfds] = (__u32)type;
	r->nsfds[r->attach.nr_nsfds++] = nsfd;
	return 0;
}

EXPORT void nsattach_request_set_flags(struct nsattach_request *r, __u32 flags)
{
	r->attach.flags = flags;
}

EXPORT void nsattach_request_set_timeout(struct nsattach_request *r, __u64 ns)
{
	r->timeout_ns = ns;
}

EXPORT int nsattach_request_set_wd(struct nsattach_request *r, const char *path)
{
	char *copy = path ? strdup(path) : NULL;

	if (path && !copy)
		return -ENOMEM;
	free(r->wd);
	r->wd = copy;
	return 0;
}

EXPORT int nsattach_request_set_subject_wd(struct nsattach_request *r, size_t index,
					   const char *path)
{
	char *copy;

	if (index >= r->nr)
		return -EINVAL;
	copy = path ? strdup(path) : NULL;
	if (path && !copy)
		return -ENOMEM;
	free(own_wd(r, index));
	r->wds[index] = (__u64)(uintptr_t)copy;
	return 0;
}

const char *request_wd(const struct nsattach_request *r, size_t index)
{
	return index < r->nr && r->wds[index] ? own_wd(r, index) : r->wd;
}

EXPORT int nsattach_request_set_cgroup(struct nsattach_request *r, int dirfd)
{
	if (r->cgroup >= 0)
		close(r->cgroup);
	r->cgroup = dirfd < 0 ? -1 : dirfd;
	return 0;
}

EXPORT size_t nsattach_request_count(const struct nsattach_request *r)
{
	return r->nr;
}

EXPORT pid_t nsattach_request_pid(const struct nsattach_request *r, size_t index)
{
	return index < r->nr ? r->pids[index] : 0;
}

EXPORT int nsattach_request_pidfd(const struct nsattach_request *r, size_t index)
{
	return index < r->nr ? r->subjects[index].pidfd : -EBADF;
}

EXPORT pid_t nsattach_request_target(const struct nsattach_request *r)
{
	return r->target;
}

EXPORT int nsattach_request_target_pidfd(const struct nsattach_request *r)
{
	return r->attach.target;
}

EXPORT __u64 nsattach_request_namespaces(const struct nsattach_request *r)
{
	__u64 all = r->attach.namespaces;

	for (__u32 i = 0; i < r->attach.nr_nsfds; i++)
		all |= r->nstypes[i];
	return all;
}

EXPORT int nsattach_request_nsfd(const struct nsattach_request *r, __u64 flag)
{
	for (__u32 i = 0; i < r->attach.nr_nsfds; i++)
		if (r->nstypes[i] == flag)
			return r->nsfds[i];
	return -ENOENT;
}

static int submit(struct nsattach_device *device, unsigned long command, struct nsattach_request *r)
{
	struct nsattach_attach *a = &r->attach;

	a->nsfds = (__u64)(uintptr_t)r->nsfds;
	a->subjects = (__u64)(uintptr_t)r->subjects;
	a->nr_subjects = r->nr;
	a->timeout_ns = r->timeout_ns;
	a->flags = (a->flags & ~NSATTACH_F_CGROUP) | (r->cgroup >= 0 ? NSATTACH_F_CGROUP : 0);
	a->cgroup = r->cgroup >= 0 ? r->cgroup : 0;
	a->stall_ns = 0;
	a->nr_threads = 0;
	a->rounds = 0;
	a->error = (struct nsattach_error){ .subject = -1 };
	for (size_t i = 0; i < r->nr; i++) {
		r->subjects[i].result = 0;
		r->subjects[i].nr_threads = 0;
	}
	return ioctl(nsattach_device_fd(device), command, a) ? -errno : 0;
}

/* One subject has no need of a list of one, which an older module does not take. */
static void fill_wds(struct nsattach_request *r)
{
	struct nsattach_attach *a = &r->attach;

	a->wd = (__u64)(uintptr_t)(r->nr == 1 ? request_wd(r, 0) : r->wd);
	a->wds = 0;
	for (size_t i = 0; i < r->nr && r->nr > 1; i++)
		if (r->wds[i])
			a->wds = (__u64)(uintptr_t)r->wds;
}

EXPORT int nsattach_request_attach(struct nsattach_device *device, struct nsattach_request *r)
{
	fill_wds(r);
	return submit(device, NSATTACH_IOC_ATTACH, r);
}

/* A detach takes nothing but the subjects, some flags and the deadline. */
EXPORT int nsattach_request_detach(struct nsattach_device *device, struct nsattach_request *r)
{
	struct nsattach_attach saved = r->attach;
	int err;

	r->attach.namespaces = 0;
	r->attach.target = -1;
	r->attach.nr_nsfds = 0;
	r->attach.wd = 0;
	r->attach.wds = 0;
	err = submit(device, NSATTACH_IOC_DETACH, r);
	r->attach.namespaces = saved.namespaces;
	r->attach.target = saved.target;
	r->attach.nr_nsfds = saved.nr_nsfds;
	return err;
}

EXPORT const struct nsattach_attach *nsattach_request_result(const struct nsattach_request *r)
{
	return &r->attach;
}

EXPORT const struct nsattach_subject *nsattach_request_subject(const struct nsattach_request *r,
							       size_t index)
{
	return index < r->nr ? &r->subjects[index] : NULL;
}
