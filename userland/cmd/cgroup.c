// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Membership in the target's cgroup (version 2): only where it is. The kernel joins it
 * in the same call that moves the processes.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
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

/* Its cgroup of version 2 as /proc has it. -ENOENT: that version was never mounted. */
static int read_cgroup(pid_t pid, char path[PATH_MAX])
{
	char file[64];
	int err = -ENOENT;
	FILE *f;

	snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	f = fopen(file, "re");
	if (!f)
		return -ESRCH;
	while (err && fgets(path, PATH_MAX, f)) {
		path[strcspn(path, "\n")] = '\0';
		err = starts_with(path, "0::") ? 0 : -ENOENT;
	}
	fclose(f);
	return err;
}

/* Directory of the cgroup that @pid is in. */
static int cgroup_of(pid_t pid, char path[PATH_MAX])
{
	const char *mount = mount_of_cgroup2();
	char line[PATH_MAX], *inside = line + 3;
	int err = mount ? read_cgroup(pid, line) : -EOPNOTSUPP;

	if (err)
		return err;
	path_format(path, "%s%s", mount, inside);
	/* "/../x": outside of what we see; "/..x" is a name */
	return starts_with(inside, "/..") && (!inside[3] || inside[3] == '/') ? -EXDEV : 0;
}

static int open_directory(struct job *job, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return nsattach_request_set_cgroup(job->request, fd);
}

static int fail_join(struct job *job, int err)
{
	static const char text[] =
		"nothing was moved: the cgroup of process %d can not be joined: %s";
	pid_t target = nsattach_request_target(job->request);

	job_about(job, target, -err);
	switch (err) {
	case -EOPNOTSUPP:
		return job_fail(job, EXIT_FAILED, text, target,
				"cgroup version 2 is not mounted; mount it on /sys/fs/cgroup");
	case -EXDEV:
		return job_fail(
			job, EXIT_FAILED, text, target,
			"it lies outside of the cgroups that are visible here; run nsattach on the host");
	case -EACCES:
	case -EPERM:
		return job_fail(job, EXIT_DENIED, text, target,
				"you may not open it; run nsattach as root");
	}
	return job_fail(job, EXIT_FAILED, text, target, strerror(-err));
}

int cgroup_join(struct job *job)
{
	pid_t target = nsattach_request_target(job->request);
	char path[PATH_MAX] = "";
	int err;

	if (!job->o->join_cgroup)
		return 0;
	err = cgroup_of(target, path);
	if (!err)
		err = open_directory(job, path);
	/* Another process may have got its number before it was read. */
	if (!err && nsattach_pidfd_pid(nsattach_request_target_pidfd(job->request)) != target)
		err = -ESRCH;
	if (err)
		return fail_join(job, err);
	job_step(job, "it joins the cgroup %s", path);
	return 0;
}

int cgroup_return(struct job *job)
{
	const char *mount = mount_of_cgroup2();
	int code = job_query(job), err;

	/* without the flag no attach of this module joins a cgroup */
	if (code || job->o->keep_cgroup || !(job->query.attach_flags & NSATTACH_F_CGROUP) || !mount)
		return code;
	err = open_directory(job, mount);
	if (!err)
		return 0;
	job_about(job, 0, -err);
	return job_fail(job, EXIT_FAILED, "%s can not be opened: %s; give --keep-cgroup", mount,
			strerror(-err));
}

/* The records do not tell who had joined one. */
void cgroup_note(struct job *job)
{
	char line[PATH_MAX];

	if (job->o->keep_cgroup || !(job->query.attach_flags & NSATTACH_F_CGROUP) ||
	    mount_of_cgroup2() || read_cgroup(getpid(), line))
		return;
	job_note(
		job,
		"cgroup version 2 is not mounted on %s here: who joined a cgroup with --join-cgroup stays in it; move it by hand, or give --keep-cgroup if that is wanted",
		mounts[0]);
}
