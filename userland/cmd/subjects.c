// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Subjects and target: from what was typed to open fds
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/sched.h>

#include "job.h"

static bool is_number(const char *word)
{
	return !word[strspn(word, "0123456789")];
}

static int fail_number(struct job *job, enum nsattach_stage stage, const char *word, pid_t pid,
		       int err)
{
	struct nsattach_failure failure = {
		.stage = stage,
		.err = err == -ENOTSUP ? EINVAL : -err,
		.name = word,
		.pid = stage == NSATTACH_STAGE_SUBJECT ? pid : 0,
		.target = stage == NSATTACH_STAGE_TARGET ? pid : 0,
	};

	if (err == -ENOTSUP)
		failure.leader = nsattach_thread_leader(pid);
	return job_explain(job, &failure);
}

static int resolve(struct job *job, enum nsattach_stage stage, const char *word,
		   struct nsattach_name *name)
{
	int err = nsattach_name_resolve(word, name);

	if (!err)
		return 0;
	if (err == -EINVAL)
		return job_fail(job, EXIT_USAGE, "'%s' %s", word, name->hint);
	if (is_number(word))
		return fail_number(job, stage, word, name->pid, err);
	job_about(job, name->pid, -err);
	return job_fail(job, err == -EACCES ? EXIT_DENIED : EXIT_FAILED, "'%s' is no usable %s: %s",
			word, stage == NSATTACH_STAGE_TARGET ? "target" : "process", name->hint);
}

static int add_subject(struct job *job, const char *word)
{
	struct nsattach_name name;
	int code = resolve(job, NSATTACH_STAGE_SUBJECT, word, &name);
	int err;

	if (code)
		return code;
	if (name.nsfd >= 0) {
		close(name.nsfd);
		return job_fail(job, EXIT_USAGE,
				"'%s' is a namespace, not a process: it can only be a --target",
				word);
	}
	if (name.pid == getpid()) {
		close(name.pidfd);
		job_about(job, name.pid, 0);
		return job_fail(
			job, EXIT_USAGE,
			"process %d is this nsattach itself; to start a command inside use nsenter(1)",
			name.pid);
	}
	err = nsattach_request_add_pidfd(job->request, name.pidfd, name.pid);
	return err ? fail_number(job, NSATTACH_STAGE_SUBJECT, word, name.pid, err) : 0;
}

/* With --each one that has gone is one that can not be moved. */
static int try_subject(struct job *job, const char *word)
{
	int code = add_subject(job, word);

	if (!code || !(job->o->flags & NSATTACH_F_EACH) || job->failure.err != ESRCH)
		return code;
	report_missing(job);
	return 0;
}

int job_add_subjects(struct job *job)
{
	int code = 0;

	for (unsigned int i = 0; i < job->o->nr_pids && !code; i++)
		code = try_subject(job, job->o->pids[i]);
	if (!code && !nsattach_request_count(job->request) && !job->o->cgroup)
		code = report_subjects(job);
	return code;
}

/* A network namespace with a name is a target without a process. */
static int set_netns_target(struct job *job, int nsfd)
{
	const struct ns_choice *ns = &job->o->ns;

	if (ns->mask & ~(__u64)CLONE_NEWNET) {
		close(nsfd);
		return job_fail(
			job, EXIT_USAGE,
			"'%s' is a network namespace and nothing else: give --ns net, or the other types with a path",
			job->o->target);
	}
	nsattach_request_add_nsfd(job->request, nsfd);
	return 0;
}

int job_set_target(struct job *job)
{
	struct nsattach_name name;
	int code;

	if (!job->o->target)
		return 0;
	code = resolve(job, NSATTACH_STAGE_TARGET, job->o->target, &name);
	if (code)
		return code;
	if (name.nsfd >= 0)
		return set_netns_target(job, name.nsfd);
	nsattach_request_set_target_pidfd(job->request, name.pidfd, name.pid);
	return 0;
}
