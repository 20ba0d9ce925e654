// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sets of processes: a process with its descendants, the members of a cgroup
 *
 * Nothing is frozen. What is found is opened, moved, and looked for again: a child
 * born after the move is inside by itself, one born between the look and the move
 * turns up in the next round.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job.h"
#include "../lib/internal.h"

#define PASSES_MAX 16

/* Of cgroups in cgroups. Nobody has as many; who tries to hide below is told. */
#define DEPTH_MAX 1024

/* Its index, or -1. */
static ssize_t find(const struct job *job, pid_t pid)
{
	for (size_t i = 0; i < nsattach_request_count(job->request); i++)
		if (nsattach_request_pid(job->request, i) == pid)
			return i;
	return -1;
}

bool job_has_subject(const struct job *job, pid_t pid)
{
	return find(job, pid) >= 0;
}

/*
 * Does the process at @index still have its number? Then what /proc said of the number
 * since it was opened is true of it.
 */
static bool is_held(const struct job *job, size_t index)
{
	return nsattach_pidfd_pid(nsattach_request_pidfd(job->request, index)) ==
	       nsattach_request_pid(job->request, index);
}

/* 1 if it was added, 0 if there was no need. One that has gone is no error. */
static int add(struct job *job, pid_t pid)
{
	int err;

	/* a child born inside is inside */
	if (pid == getpid() || job_has_subject(job, pid) ||
	    (job->moved && nsattach_request_has_inside(job->request, pid)))
		return 0;
	progress(job, "processes found:", nsattach_request_count(job->request), 0);
	err = nsattach_request_add_pid(job->request, pid);
	if (err == -ESRCH)
		return 0;
	return err ? err : 1;
}

/* What /proc says when we are at our own limits, not when a process has gone. */
static bool is_ours(int err)
{
	return err == -EMFILE || err == -ENFILE || err == -ENOMEM;
}

/* Parent of @pid; 0 when it has gone, or only waits to be reaped; or -errno. */
static pid_t parent_of(pid_t pid)
{
	char buf[STAT_MAX], *state, *field;
	pid_t parent;
	int err = read_stat(pid, buf, &state);

	if (err)
		return is_ours(err) ? err : 0;
	field = stat_field(state, 4);
	parent = field ? atoi(field) : 0;
	if (*state != 'Z')
		return parent;
	/* the number of threads */
	field = stat_field(state, 20);
	return field && atoi(field) > 1 ? parent : 0;
}

/* A child of a member becomes one. */
static int add_child(struct job *job, pid_t pid)
{
	pid_t parent = parent_of(pid);
	size_t last;
	ssize_t at;
	int ret;

	if (parent <= 0 || !job_has_subject(job, parent))
		return parent < 0 ? parent : 0;
	ret = add(job, pid);
	if (ret <= 0)
		return ret;
	/* both numbers may have become other ones' before they were opened */
	parent = parent_of(pid);
	at = find(job, parent);
	last = nsattach_request_count(job->request) - 1;
	if (at >= 0 && is_held(job, at) && is_held(job, last))
		return 1;
	nsattach_request_remove(job->request, last);
	return parent < 0 ? parent : 0;
}

/* One pass over all processes. */
static int add_children(struct job *job)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int added = 0, ret = 0;

	if (!dir)
		return -errno;
	while (ret >= 0 && (entry = readdir(dir))) {
		pid_t pid = atoi(entry->d_name);

		ret = pid > 0 ? add_child(job, pid) : 0;
		added |= ret > 0;
	}
	closedir(dir);
	return ret < 0 ? ret : added;
}

static int add_tree(struct job *job)
{
	int added = 0, ret = 0;

	/*
	 * Until a pass finds no more: a child may have a lower number than its parent.
	 * One that forks all the time is left to the look after the move.
	 */
	for (int pass = 0; pass < PASSES_MAX; pass++) {
		ret = add_children(job);
		if (ret <= 0)
			break;
		added = 1;
	}
	return ret < 0 ? ret : added;
}

/* The array has room for the next power of two. */
static int append(pid_t **pids, int count, pid_t pid)
{
	pid_t *more = *pids;

	if (!(count & (count - 1)))
		more = reallocarray(*pids, count ? 2 * (size_t)count : 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	more[count] = pid;
	*pids = more;
	return 0;
}

/*
 * The members of the cgroup itself, whose directory @dir is, to be freed: how many, or
 * -errno and none. -ENOENT: it has gone; -EOPNOTSUPP: it is threaded; -EXDEV: one has no number here.
 */
static int read_members(int dir, pid_t **pids)
{
	int fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	int pid, count = 0, err = f ? 0 : -errno;

	*pids = NULL;
	while (!err && fscanf(f, "%d", &pid) == 1)
		err = pid > 0 ? append(pids, count++, pid) : -EXDEV;
	if (!err && ferror(f))
		err = -errno;
	if (f)
		fclose(f);
	else if (fd >= 0)
		close(fd);
	if (!err)
		return count;
	free(*pids);
	*pids = NULL;
	/* it went when the directory, or the file, was open already */
	return err == -ENODEV ? -ENOENT : err;
}

static bool is_in(const pid_t *pids, int count, pid_t pid)
{
	for (int i = 0; i < count; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

/* Of those from @first on, who is no member any more, or has another one's number. */
static int drop_strangers(struct job *job, int dir, size_t first)
{
	pid_t *pids;
	int count = read_members(dir, &pids);

	if (count < 0 && count != -ENOENT)
		return count;
	for (size_t i = nsattach_request_count(job->request); i-- > first;) {
		pid_t pid = nsattach_request_pid(job->request, i);

		if (!is_in(pids, count, pid) || !is_held(job, i))
			nsattach_request_remove(job->request, i);
	}
	free(pids);
	return nsattach_request_count(job->request) > first;
}

static int add_members(struct job *job, int dir)
{
	size_t first = nsattach_request_count(job->request);
	pid_t *pids;
	int count = read_members(dir, &pids), ret = 0;

	for (int i = 0; i < count && ret >= 0; i++)
		ret = add(job, pids[i]);
	free(pids);
	if (count < 0 || ret < 0)
		return count < 0 ? count : ret;
	return nsattach_request_count(job->request) > first ? drop_strangers(job, dir, first) : 0;
}

static int add_cgroup(struct job *job, int fd, int depth);

/* Those below the cgroup that @d lists. */
static int add_below(struct job *job, DIR *d, int depth)
{
	struct dirent *entry;
	int added = 0, ret = 0;

	while (ret >= 0 && (entry = readdir(d))) {
		if (entry->d_type != DT_DIR || is_dots(entry->d_name))
			continue;
		ret = openat(dirfd(d), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		ret = ret < 0 ? -errno : add_cgroup(job, ret, depth - 1);
		/* cgroups come and go; the members of a threaded one are those of one above */
		if (ret == -ENOENT || ret == -EOPNOTSUPP)
			ret = 0;
		added |= ret > 0;
	}
	return ret < 0 ? ret : added;
}

/* The cgroup with the directory @fd, which is closed, and all below, however long their paths. */
static int add_cgroup(struct job *job, int fd, int depth)
{
	DIR *d = depth ? fdopendir(fd) : NULL;
	int ret, below = 0;

	if (!d) {
		ret = depth ? -errno : -ELOOP;
		close(fd);
		return ret;
	}
	ret = add_members(job, fd);
	if (ret >= 0)
		below = add_below(job, d, depth);
	closedir(d);
	if (ret >= 0 && below)
		ret = below;
	return ret;
}

static int grow_cgroup(struct job *job, const char *path)
{
	char whole[PATH_MAX];
	bool below = !starts_with(path, "/sys/") && *path != '.';
	int fd;

	if (!path_format(whole, "%s%s", below ? "/sys/fs/cgroup/" : "", path))
		return -ENAMETOOLONG;
	fd = open(whole, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : add_cgroup(job, fd, DEPTH_MAX);
}

int sets_grow(struct job *job)
{
	int tree = 0, cgroup = 0;

	if (job->o->cgroup)
		cgroup = grow_cgroup(job, job->o->cgroup);
	/* it may go with the last member, who exits or joins another one */
	if (cgroup == -ENOENT && job->moved)
		cgroup = 0;
	if (cgroup >= 0 && job->o->tree)
		tree = add_tree(job);
	if (cgroup < 0 || tree < 0)
		return cgroup < 0 ? cgroup : tree;
	return cgroup || tree;
}

int sets_fail(struct job *job, int err)
{
	const char *cgroup = job->o->cgroup, *why = strerror(-err);

	if (err == -EMFILE)
		why = "each process needs an open file, and there may be no more; raise ulimit -n";
	else if (err == -ENOENT && cgroup)
		why = "there is no such cgroup; give its path below /sys/fs/cgroup";
	else if (err == -EOPNOTSUPP)
		why = "it is threaded, and its processes are members of one above; give that one";
	else if (err == -EXDEV)
		why = "some of its processes are not in this pid namespace; run nsattach on the host";
	else if (err == -ELOOP)
		why = "there are too many cgroups in one another below it";
	return job_fail(job, EXIT_FAILED, "%s%s can not be listed: %s",
			cgroup ? "the cgroup " : "the descendants", cgroup ?: "", why);
}

/* The first look: it has to find something. */
int sets_collect(struct job *job)
{
	int ret = sets_grow(job);

	if (ret < 0)
		return sets_fail(job, ret);
	if (!nsattach_request_count(job->request))
		return job_fail(job, EXIT_FAILED, "the cgroup %s has no processes", job->o->cgroup);
	return 0;
}
