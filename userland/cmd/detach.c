// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Detach: putting a process back
 */
#include "job.h"

static int submit(struct job *job)
{
	struct nsattach_failure failure;
	int err;

	signals_catch();
	err = nsattach_request_detach(job->device, job->request);
	if (err) {
		nsattach_failure_of(job->request, NSATTACH_STAGE_DETACH, -err, &failure);
		return job_explain(job, &failure);
	}
	job_step(job, "put back %u thread%s", nsattach_request_result(job->request)->nr_threads,
		 nsattach_request_result(job->request)->nr_threads == 1 ? "" : "s");
	return EXIT_MOVED;
}

int run_detach(struct job *job)
{
	int code = job_add_subjects(job);

	if (!code)
		code = job_open_device(job);
	if (code)
		return code;
	nsattach_request_set_flags(job->request, job->o->flags);
	nsattach_request_set_timeout(job->request, job->o->timeout_ns);
	return submit(job);
}
