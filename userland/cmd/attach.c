// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attach: the plain move
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <linux/sched.h>

#include "job.h"

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void step_plan_one(const struct job *job, const char *list, const char *where)
{
	pid_t pid = nsattach_request_pid(job->request, 0);
	char path[64], name[32];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%31[^\n]", name) != 1)
		snprintf(name, sizeof(name), "?");
	if (f)
		fclose(f);
	job_step(job, "process %d (%s) goes into %s%s", pid, name, list, where);
}

static void step_plan(const struct job *job)
{
	pid_t target = nsattach_request_target(job->request);
	size_t count = nsattach_request_count(job->request);
	char list[64], where[40] = "";

	if (!job->o->verbose)
		return;
	nsattach_namespaces_format(nsattach_request_namespaces(job->request), list, sizeof(list));
	if (target > 0)
		snprintf(where, sizeof(where), " of process %d", target);
	if (count == 1)
		step_plan_one(job, list, where);
	else
		job_step(job, "%zu processes go into %s%s", count, list, where);
}

static void step_directory(const struct job *job)
{
	pid_t pid = nsattach_request_pid(job->request, 0);
	char link[64], path[PATH_MAX];
	ssize_t n;

	if (!job->o->verbose || nsattach_request_count(job->request) != 1 ||
	    !(nsattach_request_namespaces(job->request) & CLONE_NEWNS))
		return;
	snprintf(link, sizeof(link), "/proc/%d/cwd", pid);
	n = readlink(link, path, sizeof(path) - 1);
	if (n <= 0)
		return;
	path[n] = '\0';
	job_step(job, "mnt: its working directory inside is %s", path);
}

static void step_done(const struct job *job, double ms)
{
	const struct nsattach_attach *result = nsattach_request_result(job->request);

	job_step(job, "moved %u thread%s in %.2f ms; they stood still for %.2f ms",
		 result->nr_threads, result->nr_threads == 1 ? "" : "s", ms,
		 result->stall_ns / 1e6);
	step_directory(job);
}

/* --each: the call succeeds when one moved. Tell of the rest one by one. */
static int report_each(struct job *job)
{
	size_t count = nsattach_request_count(job->request), failed = 0;

	for (size_t i = 0; i < count; i++) {
		struct nsattach_failure failure;
		char text[2 * ERROR_MAX];

		if (!nsattach_request_subject(job->request, i)->result)
			continue;
		failed++;
		nsattach_failure_of_subject(job->request, NSATTACH_STAGE_ATTACH, i, &failure);
		nsattach_explain(&failure, text, sizeof(text));
		fprintf(stderr, "nsattach: %s\n", text);
	}
	if (!failed)
		return EXIT_MOVED;
	return job_fail(job, EXIT_PARTLY, "%zu of %zu processes were not moved", failed, count);
}

static int submit(struct job *job)
{
	struct nsattach_failure failure;
	double start = now_ms();
	int err;

	signals_catch();
	err = nsattach_request_attach(job->device, job->request);
	if (err) {
		nsattach_failure_of(job->request, NSATTACH_STAGE_ATTACH, -err, &failure);
		return job_explain(job, &failure);
	}
	step_done(job, now_ms() - start);
	return job->o->flags & NSATTACH_F_EACH ? report_each(job) : EXIT_MOVED;
}

static int nothing_to_do(const struct job *job)
{
	job_step(job, "nothing to do: every namespace that was asked for is the same already");
	return EXIT_MOVED;
}

int run_attach(struct job *job)
{
	int code = job_add_subjects(job);

	if (!code)
		code = job_set_target(job);
	if (!code)
		code = job_open_paths(job);
	if (!code)
		code = job_open_device(job);
	if (!code)
		code = job_choose_namespaces(job);
	if (code)
		return code;
	if (!nsattach_request_namespaces(job->request))
		return nothing_to_do(job);
	step_plan(job);
	return submit(job);
}
