// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attach: the plain move
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/sched.h>

#include "job.h"
#include "../lib/internal.h"

static void step_plan_one(const struct job *job, const char *list, const char *where)
{
	pid_t pid = nsattach_request_pid(job->request, 0);
	char name[COMMAND_MAX];

	job_command(pid, name);
	job_step(job, "process %d (%s) goes into %s%s", pid, *name ? name : "?", list, where);
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
	size_t count = nsattach_request_count(job->request), moved = 0, below = 0;
	char path[PATH_MAX];

	if (!job->o->verbose || !(nsattach_request_namespaces(job->request) & CLONE_NEWNS))
		return;
	for (size_t i = 0; i < count; i++) {
		pid_t pid = nsattach_request_pid(job->request, i);
		bool here = nsattach_request_subject(job->request, i)->nr_threads;
		size_t n = here ? places_directory(pid, path) : 0;

		if (!n)
			continue;
		if (count == 1)
			job_step(job, "mnt: its working directory inside is %s", path);
		else if (moved < STEPS_MAX)
			job_step(job, "mnt: the working directory of process %d inside is %s", pid,
				 path);
		else
			below += n > 1;
		moved++;
	}
	if (moved > STEPS_MAX)
		job_step(
			job,
			"mnt: of %zu more processes %zu have another working directory inside than /",
			moved - STEPS_MAX, below);
}

/* The number it has in the innermost pid namespace. */
static void step_number(const struct job *job)
{
	pid_t pid = nsattach_request_pid(job->request, 0);
	char path[64], line[256], *last;
	FILE *f;

	if (!job->o->verbose ||
	    !(nsattach_request_result(job->request)->flags & NSATTACH_F_PID_MOVE))
		return;
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		last = strrchr(line, '\t');
		if (!strncmp(line, "NSpid:", 6) && last)
			job_step(job, "pid: process %d is number %s inside", pid, last + 1);
	}
	if (f)
		fclose(f);
}

/*
 * All are there already, says /proc of their numbers. The kernel tells of the processes
 * themselves: who has gone, and who could not be moved at all.
 */
static int check_nothing(struct job *job)
{
	__u64 any = places_harmless(job->asked);
	int code = 0;

	nsattach_request_set_namespaces(job->request, any);
	nsattach_request_set_flags(job->request, job->o->flags & NSATTACH_F_EACH);
	if (any)
		code = move_check(job);
	nsattach_request_set_namespaces(job->request, 0);
	return code;
}

static int nothing_to_do(struct job *job)
{
	int code = check_nothing(job);

	if (code)
		return code;
	job_step(job, "nothing to do: every namespace that was asked for is the same already");
	return report_subjects(job);
}

/* Everything that only looks. */
static int prepare(struct job *job)
{
	int code = job_add_subjects(job);

	job->given = nsattach_request_count(job->request);
	if (!code)
		code = job_set_target(job);
	if (!code)
		code = job_open_paths(job);
	if (!code)
		code = sets_collect(job);
	if (!code)
		code = job_open_device(job);
	if (!code)
		code = job_open_quarantine(job);
	if (!code)
		code = job_choose_namespaces(job);
	if (!code)
		code = cgroup_join(job);
	return code;
}

static int dry_run(struct job *job)
{
	bool each = job->o->flags & NSATTACH_F_EACH;
	int code;

	if (!nsattach_request_namespaces(job->request)) {
		code = check_nothing(job);
		if (code)
			return code;
		job_step(job, "all are there already; this still reaches other namespaces:");
	} else {
		step_plan(job);
		code = move_check(job);
		if (code)
			return code;
		job_step(job, "%s; this still would reach the old namespaces:",
			 each ? "each was looked at" : "it could be moved");
		units_note(job);
	}
	code = residue_print(job);
	return code ? code : report_each(job);
}

static int move(struct job *job)
{
	int code = 0;

	if (job->o->strict)
		code = residue_refuse(job, 0, nsattach_request_count(job->request));
	if (code)
		return code;
	if (!nsattach_request_namespaces(job->request))
		return nothing_to_do(job);
	step_plan(job);
	code = move_all(job);
	if (code)
		return code;
	if (nsattach_request_result(job->request)->nr_threads) {
		units_note(job);
		step_directory(job);
		step_number(job);
		residue_after(job);
	}
	return report_subjects(job);
}

int run_attach(struct job *job)
{
	int code = job->o->dry_run ? residue_begin(job) : report_begin(job);

	if (!code)
		code = prepare(job);
	if (code)
		return code;
	return job->o->dry_run ? dry_run(job) : move(job);
}
