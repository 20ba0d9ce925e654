// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Membership in the target's cgroup (version 2)
 *
 * A cgroup is joined by writing to a file, which no other call can be made part of:
 * the subjects join first and go back when the attach fails. Between the two they are
 * seen in the new cgroup with the old namespaces; so they stay when nsattach is killed
 * just then.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job.h"
#include "../lib/internal.h"

static const char *const mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

/* Where cgroup 2 is mounted, or NULL. */
static const char *mount_of_cgroup2(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		char path[PATH_MAX];

		path_format(path, "%s/cgroup.procs", mounts[i]);
		if (!access(path, F_OK))
			return mounts[i];
	}
	return NULL;
}

/* cgroup.procs of the cgroup that @pid is in. */
static int procs_of(pid_t pid, char path[PATH_MAX])
{
	const char *mount = mount_of_cgroup2();
	char file[64], line[PATH_MAX];
	int err = -ENOENT;
	FILE *f;

	if (!mount)
		return -EOPNOTSUPP;
	snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	f = fopen(file, "re");
	if (!f)
		return -ESRCH;
	while (err && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::", 3))
			continue;
		/* "/../x": outside of what we see */
		err = strncmp(line + 3, "/..", 3) ? 0 : -EXDEV;
		path_format(path, "%s%s/cgroup.procs", mount, line + 3);
	}
	fclose(f);
	return err;
}

static int write_pid(const char *path, pid_t pid)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (dprintf(fd, "%d\n", pid) < 0)
		err = -errno;
	close(fd);
	return err;
}

void cgroup_forget(struct job *job)
{
	for (size_t i = 0; i < job->nr_cgroups; i++)
		free(job->cgroups[i]);
	free(job->cgroups);
	job->cgroups = NULL;
	job->nr_cgroups = 0;
}

/* Subject @index was taken out of the request. */
void cgroup_drop(struct job *job, size_t index)
{
	if (index >= job->nr_cgroups)
		return;
	free(job->cgroups[index]);
	job->nr_cgroups--;
	memmove(&job->cgroups[index], &job->cgroups[index + 1],
		(job->nr_cgroups - index) * sizeof(*job->cgroups));
}

void cgroup_undo(struct job *job)
{
	for (size_t i = 0; i < job->nr_cgroups; i++)
		if (job->cgroups[i])
			write_pid(job->cgroups[i], nsattach_request_pid(job->request, i));
	cgroup_forget(job);
}

static int fail_join(struct job *job, pid_t pid, const char *path, int err)
{
	static const char text[] =
		"process %d was not moved: it can not join the cgroup of process %d: %s";
	pid_t target = nsattach_request_target(job->request);

	cgroup_undo(job);
	switch (err) {
	case -EOPNOTSUPP:
		return job_fail(job, EXIT_FAILED, text, pid, target,
				"cgroup version 2 is not mounted; mount it on /sys/fs/cgroup");
	case -EXDEV:
		return job_fail(
			job, EXIT_FAILED, text, pid, target,
			"it lies outside of the cgroups that are visible here; run nsattach on the host");
	case -EBUSY:
		return job_fail(
			job, EXIT_FAILED, text, pid, target,
			"it has controllers enabled for cgroups below it, so it takes no processes itself");
	}
	job_fail(job, EXIT_FAILED, text, pid, target, strerror(-err));
	if (err == -EACCES || err == -EPERM)
		return job_fail(
			job, EXIT_DENIED,
			"process %d was not moved: you may not write to %s; run nsattach as root",
			pid, path);
	return EXIT_FAILED;
}

static int join(struct job *job, size_t index, const char *path)
{
	pid_t pid = nsattach_request_pid(job->request, index);
	char before[PATH_MAX];
	int err = procs_of(pid, before);

	if (!err && strcmp(before, path)) {
		err = write_pid(path, pid);
		if (!err)
			job->cgroups[index] = strdup(before);
	}
	return err ? fail_join(job, pid, path, err) : 0;
}

static int make_room(struct job *job, size_t count)
{
	void *more = reallocarray(job->cgroups, count, sizeof(*job->cgroups));

	if (!more)
		return job_fail(job, EXIT_FAILED, "out of memory");
	job->cgroups = more;
	while (job->nr_cgroups < count)
		job->cgroups[job->nr_cgroups++] = NULL;
	return 0;
}

int cgroup_join(struct job *job, size_t first)
{
	size_t count = nsattach_request_count(job->request);
	char path[PATH_MAX] = "";
	int code, err;

	if (!job->o->join_cgroup)
		return 0;
	err = procs_of(nsattach_request_target(job->request), path);
	if (err)
		return fail_join(job, nsattach_request_pid(job->request, first), path, err);
	code = make_room(job, count);
	for (size_t i = first; i < count && !code; i++) {
		progress(job, "in the cgroup:", i, count);
		code = join(job, i, path);
	}
	if (!code)
		job_step(job, "joined the cgroup %.*s", (int)(strrchr(path, '/') - path), path);
	return code;
}
