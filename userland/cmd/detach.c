// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Detach: putting a process back
 */
#include "job.h"

static int drop_born_inside(struct job *job)
{
	int code = born_drop(job);

	if (!code && !nsattach_request_count(job->request))
		return job_fail(job, EXIT_FAILED,
				"none of the processes of %s is attached; see nsattach --list",
				job->o->cgroup);
	return code;
}

/* Has one been put back, or could it be? */
static bool any_back(const struct job *job)
{
	for (size_t i = 0; i < nsattach_request_count(job->request); i++)
		if (!nsattach_request_subject(job->request, i)->result)
			return true;
	return false;
}

static void step_done(const struct job *job)
{
	unsigned int threads = nsattach_request_result(job->request)->nr_threads;

	if (!job->o->dry_run)
		job_step(job, "put back %u thread%s", threads, threads == 1 ? "" : "s");
	else if (job->o->flags & NSATTACH_F_EACH)
		job_step(job, "each was looked at");
	else
		job_step(job, "it could be put back");
}

static int submit(struct job *job)
{
	struct nsattach_failure failure;
	int err;

	signals_catch();
	do {
		err = call_request(job, NSATTACH_STAGE_DETACH, job->request, 0);
	} while (err && call_drop_gone(job, job->request, 0, err));
	/* who was found has no need to be put back when all of them have exited */
	if (err && nsattach_request_count(job->request)) {
		nsattach_failure_of(job->request, NSATTACH_STAGE_DETACH, -err, &failure);
		return job_explain(job, &failure);
	}
	if (any_back(job)) {
		step_done(job);
		units_note(job);
		cgroup_note(job);
		born_note(job);
	}
	return report_subjects(job);
}

int run_detach(struct job *job)
{
	__u32 flags = job->o->flags | (job->o->dry_run ? NSATTACH_F_CHECK : 0);
	bool set = job->o->tree || job->o->cgroup;
	int code = report_begin(job);

	if (!code)
		code = job_add_subjects(job);
	job->given = nsattach_request_count(job->request);
	if (!code)
		code = sets_collect(job);
	if (!code)
		code = job_open_device(job);
	if (!code && (set || job->output || units_named(job)))
		code = job_load_records(job);
	if (!code && set)
		code = drop_born_inside(job);
	if (!code)
		code = cgroup_return(job);
	if (code)
		return code;
	nsattach_request_set_flags(job->request, flags);
	nsattach_request_set_timeout(job->request, job->o->timeout_ns);
	return submit(job);
}
