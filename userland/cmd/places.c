// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which namespaces, which directory
 */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "job.h"
#include "../lib/internal.h"

/*
 * Types that "all" leaves to be asked for by name: a new user namespace changes
 * what a process may do, another clock hits every timer that it has set, and a
 * process whose children are born in another pid namespace than its own can
 * start no thread any more (copy_process() refuses).
 */
static __u64 not_in_all(const struct job *job)
{
	__u64 mask = (__u64)CLONE_NEWUSER | CLONE_NEWTIME;

	if (!(job->query.features & NSATTACH_FEAT_PID_MOVE))
		mask |= CLONE_NEWPID;
	return mask;
}

static int add_path(struct job *job, const struct ns_path *p)
{
	struct nsattach_failure failure = { .stage = NSATTACH_STAGE_NSFILE, .namespaces = p->flag };
	char path[PATH_MAX];
	int fd;

	if (p->len >= sizeof(path))
		return job_fail(job, EXIT_USAGE, "the path of a namespace is too long");
	memcpy(path, p->path, p->len);
	path[p->len] = '\0';
	fd = nsattach_namespace_open(path, p->flag, NULL);
	if (fd >= 0)
		fd = nsattach_request_add_nsfd(job->request, fd);
	if (!fd)
		return 0;
	failure.err = -fd;
	failure.name = path;
	return job_explain(job, &failure);
}

int job_open_paths(struct job *job)
{
	int code = 0;

	for (unsigned int i = 0; i < job->o->ns.nr_paths && !code; i++)
		code = add_path(job, &job->o->ns.paths[i]);
	return code;
}

/*
 * A network namespace with nothing in it but a loopback device that is down. It is
 * made by leaving our own, which nothing here needs, and lives as long as a process
 * is in it.
 */
int job_open_quarantine(struct job *job)
{
	int fd;

	if (!job->o->quarantine)
		return 0;
	if (unshare(CLONE_NEWNET))
		return job_fail(job, errno == EPERM ? EXIT_DENIED : EXIT_FAILED,
				"no network namespace can be made for the quarantine: %s; %s",
				strerror(errno),
				errno == EPERM ? "run nsattach as root"
					       : "see user.max_net_namespaces");
	fd = nsattach_namespace_open("/proc/self/ns/net", CLONE_NEWNET, NULL);
	if (fd >= 0)
		fd = nsattach_request_add_nsfd(job->request, fd);
	if (fd < 0)
		return job_fail(job, EXIT_FAILED,
				"the network namespace for the quarantine can not be opened: %s",
				strerror(-fd));
	return 0;
}

/* Types in which none of the subjects differs from the target. */
static __u64 shared_by_all(const struct job *job)
{
	pid_t target = nsattach_request_target(job->request);
	__u64 shared = ~0ULL;

	for (size_t i = 0; i < nsattach_request_count(job->request) && shared; i++)
		shared &= nsattach_namespaces_shared(nsattach_request_pid(job->request, i), target);
	return shared;
}

__u64 places_harmless(__u64 all)
{
	static const __u64 harmless[] = { CLONE_NEWUTS, CLONE_NEWNET, CLONE_NEWCGROUP };

	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (all & harmless[i])
			return harmless[i];
	return 0;
}

/* What differs is joined; what still reaches out of the rest can be looked at. */
static int expand_all(struct job *job, __u64 *mask)
{
	__u64 paths = nsattach_request_namespaces(job->request), all, shared;
	int code = job_query(job);

	if (code)
		return code;
	if (not_in_all(job) & CLONE_NEWPID)
		job_step(job,
			 "pid is left out of all: this kernel can not move the process itself");
	all = job->query.namespaces & ~not_in_all(job) & ~paths;
	shared = shared_by_all(job);
	/* root and working directory are set by joining mnt, again if need be */
	if (job->o->wd || job->o->flags & (NSATTACH_F_ROOT | NSATTACH_F_CHROOTED))
		shared &= ~(__u64)CLONE_NEWNS;
	job->asked = *mask | all;
	*mask |= all & ~shared;
	/* the cgroup can not be joined alone */
	if (job->o->join_cgroup && !*mask && !paths)
		*mask = places_harmless(all);
	return 0;
}

/* Where the kernel can move a process into a pid namespace, "pid" means that. */
static int choose_pid_move(struct job *job, __u32 *flags)
{
	int code = job_query(job);

	if (code)
		return code;
	if (job->query.features & NSATTACH_FEAT_PID_MOVE)
		*flags |= NSATTACH_F_PID_MOVE;
	else
		job_step(
			job,
			"pid: only children born from now on are inside, and no more threads can be started (this kernel can not do more)");
	return 0;
}

size_t places_directory(pid_t pid, char path[PATH_MAX])
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/cwd", live_task(pid));
	n = readlink(link, path, PATH_MAX - 1);
	if (n < 0)
		n = 0;
	path[n] = '\0';
	return n;
}

/* The name of the directory that it is in; NULL for the top, and for what has no name here. */
static const char *name_to_keep(pid_t pid, char path[PATH_MAX])
{
	return places_directory(pid, path) > 1 && *path == '/' ? path : NULL;
}

/* An older module takes one name for all. */
static bool one_each(const struct job *job, const struct nsattach_request *r)
{
	return nsattach_request_count(r) == 1 || (job->o->flags & NSATTACH_F_EACH) ||
	       job->query.attach_size > offsetof(struct nsattach_attach, wds);
}

int places_keep(const struct job *job, struct nsattach_request *r)
{
	bool can = one_each(job, r);
	char path[PATH_MAX];
	int err = 0;

	for (size_t i = 0; job->keep_wd && i < nsattach_request_count(r) && !err; i++) {
		pid_t pid = nsattach_request_pid(r, i);

		err = nsattach_request_set_subject_wd(r, i, can ? name_to_keep(pid, path) : NULL);
	}
	return err;
}

/* A subject keeps its working directory by name when that exists inside. */
static int choose_directory(struct job *job, __u32 *flags)
{
	int code;

	if (job->o->wd)
		return nsattach_request_set_wd(job->request, job->o->wd)
			       ? job_fail(job, EXIT_FAILED, "out of memory")
			       : 0;
	code = job_query(job);
	if (code)
		return code;
	job->keep_wd = true;
	*flags |= NSATTACH_F_WD_OPTIONAL;
	if (!one_each(job, job->request))
		job_step(
			job,
			"mnt: all get the working directory /: this module can keep that of a single process only");
	return 0;
}

/* Where the kernel can, it refuses to leave a child of a tree behind. */
static int choose_whole_tree(struct job *job, __u32 *flags)
{
	int code;

	if (!job->o->tree || (*flags & NSATTACH_F_EACH))
		return 0;
	code = job_query(job);
	if (code)
		return code;
	*flags |= job->query.attach_flags & NSATTACH_F_WHOLE_TREE;
	if (*flags & NSATTACH_F_NO_RECORD && !(*flags & NSATTACH_F_WHOLE_TREE))
		return job_fail(
			job, EXIT_FAILED,
			"nothing was moved: with this module a child that is born meanwhile follows later, and if it can not, --no-record leaves no way back for the others; load a newer module, or give --each");
	return 0;
}

int job_choose_namespaces(struct job *job)
{
	const struct options *o = job->o;
	__u64 mask = o->ns.mask, whole;
	__u32 flags = o->flags;
	int code = choose_whole_tree(job, &flags);

	if (nsattach_request_target_pidfd(job->request) < 0)
		mask = 0;
	else if (!code && o->ns.all)
		code = expand_all(job, &mask);
	job->joined = mask;
	job->asked |= mask;
	nsattach_request_set_namespaces(job->request, mask);
	whole = nsattach_request_namespaces(job->request);
	if (!code && (whole & CLONE_NEWPID))
		code = choose_pid_move(job, &flags);
	if (!code && (whole & CLONE_NEWNS))
		code = choose_directory(job, &flags);
	nsattach_request_set_flags(job->request, flags);
	nsattach_request_set_timeout(job->request, o->timeout_ns);
	return code;
}
