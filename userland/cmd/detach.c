// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Detach: putting a process back
 */
#include <stdlib.h>
#include <string.h>

#include "job.h"

static bool has_record(const struct nsattach_record *records, int count, pid_t pid)
{
	for (int i = 0; i < count; i++)
		if (records[i].pid == pid)
			return true;
	return false;
}

/*
 * Of a tree or cgroup only those go back that were attached: a child born inside
 * came from nowhere else.
 */
static int drop_born_inside(struct job *job)
{
	struct nsattach_record *records;
	int count = nsattach_device_list(job->device, &records);
	size_t dropped = 0;

	if (count < 0) {
		struct nsattach_failure f = { .stage = NSATTACH_STAGE_QUERY, .err = -count };

		return job_explain(job, &f);
	}
	for (size_t i = nsattach_request_count(job->request); i-- > job->given;) {
		pid_t pid = nsattach_request_pid(job->request, i);

		if (has_record(records, count, pid))
			continue;
		nsattach_request_remove(job->request, i);
		dropped++;
	}
	free(records);
	if (dropped)
		job_step(job,
			 "%zu processes were born inside and stay there; move them with --target",
			 dropped);
	if (!nsattach_request_count(job->request))
		return job_fail(job, EXIT_FAILED,
				"none of the processes of %s is attached; see nsattach --list",
				job->o->cgroup);
	return 0;
}

static int submit(struct job *job)
{
	struct nsattach_failure failure;
	unsigned int threads;
	int err;

	signals_catch();
	err = nsattach_request_detach(job->device, job->request);
	if (err) {
		nsattach_failure_of(job->request, NSATTACH_STAGE_DETACH, -err, &failure);
		return job_explain(job, &failure);
	}
	threads = nsattach_request_result(job->request)->nr_threads;
	job_step(job, "put back %u thread%s", threads, threads == 1 ? "" : "s");
	return report_subjects(job);
}

int run_detach(struct job *job)
{
	__u32 flags = job->o->flags | (job->o->dry_run ? NSATTACH_F_CHECK : 0);
	int code = job_add_subjects(job);

	job->given = nsattach_request_count(job->request);
	if (!code)
		code = sets_collect(job);
	if (!code)
		code = job_open_device(job);
	if (!code && (job->o->tree || job->o->cgroup))
		code = drop_born_inside(job);
	if (!code)
		code = cgroup_return(job);
	if (code)
		return code;
	nsattach_request_set_flags(job->request, flags);
	nsattach_request_set_timeout(job->request, job->o->timeout_ns);
	return submit(job);
}
