// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The call: one for all subjects, or with --each one for each
 *
 * With --each the kernel could be asked for all at once, but has room for the reason of
 * one failure only.
 */
#include <errno.h>
#include <stdlib.h>

#include "job.h"
#include "../lib/internal.h"

static int ask(struct job *job, enum nsattach_stage stage, struct nsattach_request *r)
{
	int err;

	if (signals_end())
		return -EINTR;
	if (stage == NSATTACH_STAGE_DETACH)
		return nsattach_request_detach(job->device, r);
	err = places_keep(job, r);
	return err ? err : nsattach_request_attach(job->device, r);
}

/* The subject at @index as a request that borrows all that it has. */
static struct nsattach_request view(const struct job *job, size_t index)
{
	struct nsattach_request one = *job->request;

	one.subjects += index;
	one.pids += index;
	one.wds += index;
	one.nr = 1;
	/* nothing of what became of the one before, should there be no call at all */
	one.attach.error = (struct nsattach_error){ .subject = -1 };
	one.attach.stall_ns = 0;
	return one;
}

/* -errno when it is not about this one: after a signal, or the whole request is refused. */
static int call_one(struct job *job, enum nsattach_stage stage, size_t index)
{
	struct nsattach_attach *all = &job->request->attach;
	struct nsattach_request one = view(job, index);
	struct outcome *outcome = &job->outcomes[index];
	int err = ask(job, stage, &one);
	bool whole;

	*outcome = (struct outcome){ .stall_ns = one.attach.stall_ns };
	all->error = one.attach.error;
	if (err) {
		whole = err == -EINTR || !one.subjects->result;
		nsattach_failure_of(&one, stage, -err, &outcome->failure);
		one.subjects->result = err;
		return whole ? err : 0;
	}
	all->nr_threads += one.attach.nr_threads;
	if (all->stall_ns < one.attach.stall_ns)
		all->stall_ns = one.attach.stall_ns;
	return 0;
}

int call_each(struct job *job, enum nsattach_stage stage, size_t first)
{
	size_t count = nsattach_request_count(job->request);
	struct nsattach_attach *all = &job->request->attach;
	struct outcome *outcomes = reallocarray(job->outcomes, count, sizeof(*outcomes));

	all->nr_threads = 0;
	all->stall_ns = 0;
	if (!outcomes)
		return -ENOMEM;
	job->outcomes = outcomes;
	for (size_t i = first; i < count; i++) {
		int err = call_one(job, stage, i);

		if (err && !all->nr_threads && !job->moved)
			return err;
	}
	return 0;
}

int call_request(struct job *job, enum nsattach_stage stage, struct nsattach_request *r,
		 size_t first)
{
	return job->o->flags & NSATTACH_F_EACH ? call_each(job, stage, first) : ask(job, stage, r);
}

bool call_drop_gone(struct job *job, struct nsattach_request *r, size_t first, int err)
{
	__u32 index = nsattach_request_result(r)->error.subject;

	if (err != -ESRCH || nsattach_request_result(r)->error.reason != NSATTACH_R_SUBJECT_GONE ||
	    index >= nsattach_request_count(r) || first + index < job->given)
		return false;
	nsattach_request_remove(r, index);
	if (r != job->request)
		nsattach_request_remove(job->request, first + index);
	return nsattach_request_count(r) > 0;
}

bool call_found_gone(const struct job *job, size_t index)
{
	return job->outcomes[index].failure.error.reason == NSATTACH_R_SUBJECT_GONE;
}
