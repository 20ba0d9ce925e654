// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attach.h"
#include "shared.h"
#include "nstype.h"

int device_fd(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open(NSATTACH_DEVICE, O_RDWR | O_CLOEXEC);
	return fd;
}

int pidfd_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

void attach_init(struct attach *a)
{
	memset(a, 0, sizeof(*a));
	a->arg.size = sizeof(a->arg);
	a->arg.target = -1;
	a->arg.subjects = (uintptr_t)a->subjects;
	a->arg.nsfds = (uintptr_t)a->nsfds;
}

int attach_add_subject(struct attach *a, pid_t pid)
{
	int fd = pidfd_of(pid);

	if (fd < 0)
		return -errno;
	a->subjects[a->arg.nr_subjects++].pidfd = fd;
	return 0;
}

int attach_set_target(struct attach *a, pid_t pid, uint64_t namespaces)
{
	a->arg.target = pidfd_of(pid);
	a->arg.namespaces = namespaces;
	return a->arg.target < 0 ? -errno : 0;
}

int attach_add_nsfds(struct attach *a, pid_t pid, uint64_t namespaces)
{
	for (int i = 0; i < NS_COUNT; i++) {
		int fd;

		if (!(namespaces & ns_types[i].flag))
			continue;
		fd = ns_open(pid, ns_types[i].joined);
		if (fd < 0)
			return -errno;
		a->nsfds[a->arg.nr_nsfds++] = fd;
	}
	return 0;
}

void attach_done(struct attach *a)
{
	for (unsigned int i = 0; i < a->arg.nr_subjects && i < ATTACH_MAX_SUBJECTS; i++)
		close(a->subjects[i].pidfd);
	for (unsigned int i = 0; i < a->arg.nr_nsfds && i < NSATTACH_MAX_NSFDS; i++)
		close(a->nsfds[i]);
	if (a->arg.target >= 0)
		close(a->arg.target);
	attach_init(a);
}

int attach_call_on(int fd, struct attach *a)
{
	return ioctl(fd, NSATTACH_IOC_ATTACH, &a->arg) ? -errno : 0;
}

int attach_call(struct attach *a)
{
	return attach_call_on(device_fd(), a);
}

int attach_pid_with(pid_t subject, pid_t target, uint64_t namespaces, __u32 flags, const char *wd,
		    struct nsattach_error *error)
{
	struct attach a;
	int ret;

	attach_init(&a);
	a.arg.flags = flags;
	a.arg.wd = (uintptr_t)wd;
	a.arg.wds = wd ? (uintptr_t)a.wds : 0;
	a.wds[0] = (uintptr_t)wd;
	ret = attach_add_subject(&a, subject);
	if (!ret)
		ret = attach_set_target(&a, target, namespaces);
	if (!ret)
		ret = attach_call(&a);
	if (error)
		*error = a.arg.error;
	attach_done(&a);
	return ret;
}

int attach_pid(pid_t subject, pid_t target, uint64_t namespaces,
	       struct nsattach_error *error)
{
	return attach_pid_with(subject, target, namespaces, 0, NULL, error);
}

long carry_out(char *text)
{
	struct order *order = (void *)text;

	return attach_pid(order->subject, order->target, order->namespaces, &order->error);
}

long carry_out_detach(char *text)
{
	struct order *order = (void *)text;

	return detach_pid(order->subject, &order->error);
}

int detach_call(struct attach *a)
{
	return ioctl(device_fd(), NSATTACH_IOC_DETACH, &a->arg) ? -errno : 0;
}

int detach_pid(pid_t subject, struct nsattach_error *error)
{
	struct attach a;
	int ret;

	attach_init(&a);
	ret = attach_add_subject(&a, subject);
	if (!ret)
		ret = detach_call(&a);
	if (error)
		*error = a.arg.error;
	attach_done(&a);
	return ret;
}

int attach_pid_retry(pid_t subject, pid_t target, uint64_t namespaces,
		     struct nsattach_error *error)
{
	int ret;

	for (int tries = 0; tries < 50; tries++) {
		ret = attach_pid(subject, target, namespaces, error);
		if (ret != -EAGAIN)
			break;
	}
	return ret;
}

bool module_let_sleep(bool yes)
{
	return write_file("/sys/module/nsattach/parameters/let_sleep", yes ? "Y" : "N");
}

int attach_query(struct nsattach_query *query)
{
	memset(query, 0, sizeof(*query));
	query->size = sizeof(*query);
	return ioctl(device_fd(), NSATTACH_IOC_QUERY, query) ? -errno : 0;
}

const char *attach_error_text(const struct nsattach_error *error)
{
	static char buf[160];

	snprintf(buf, sizeof(buf),
		 "reason %u ns '%s' subject %d pid %d tid %d state '%c'",
		 error->reason, ns_mask_name(error->ns), (int)error->subject,
		 error->pid, error->tid, error->state ? (char)error->state : '-');
	return buf;
}
