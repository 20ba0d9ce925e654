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

static int submit(struct job *job)
{
	struct nsattach_failure failure;
	unsigned int threads;
	int err;

	signals_catch();
	err = call_request(job, NSATTACH_STAGE_DETACH, job->request, 0);
	if (err) {
		nsattach_failure_of(job->request, NSATTACH_STAGE_DETACH, -err, &failure);
		return job_explain(job, &failure);
	}
	threads = nsattach_request_result(job->request)->nr_threads;
	if (job->o->dry_run)
		job_step(job, "it could be put back");
	else if (threads)
		job_step(job, "put back %u thread%s", threads, threads == 1 ? "" : "s");
	if (job->o->dry_run || threads) {
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
