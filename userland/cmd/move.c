// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Move: the call, and again for processes that appeared meanwhile
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "job.h"
#include "../lib/internal.h"

/* How often a set that keeps growing is looked through. */
#define ROUNDS_MAX 64

/* How often the kernel may refuse to leave a child behind. */
#define LOOKS_MAX 8

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void step_done(const struct job *job, const struct nsattach_request *r, double ms)
{
	const struct nsattach_attach *result = nsattach_request_result(r);
	bool one = result->nr_threads == 1;

	job_step(job, "moved %u thread%s in %.2f ms; %s stood still for %.2f ms",
		 result->nr_threads, one ? "" : "s", ms, one ? "it" : "they",
		 result->stall_ns / 1e6);
}

static int fail(struct job *job, const struct nsattach_request *r, int err)
{
	struct nsattach_failure failure;

	/* it came between two calls, and the last one knows nothing of it */
	if (err == -EINTR && nsattach_request_result(r)->error.reason != NSATTACH_R_INTERRUPTED)
		return job_fail(job, EXIT_SIGNAL + signals_caught(),
				"interrupted by a signal; nothing was changed");
	nsattach_failure_of(r, NSATTACH_STAGE_ATTACH, -err, &failure);
	return job_explain(job, &failure);
}

/* One that was only found, not named, may exit before it is moved. */
static bool drop_gone(struct job *job, struct nsattach_request *r, size_t first, int err)
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

static __u32 flags_of(const struct nsattach_request *r)
{
	return nsattach_request_result(r)->flags;
}

/*
 * A child was born between the look and the call. Look again; of one that forks
 * faster than that, the rest follows after the move.
 */
static bool take_child(struct job *job, struct nsattach_request *r, int err)
{
	if (err != -EAGAIN || nsattach_request_result(r)->error.reason != NSATTACH_R_CHILD_LEFT)
		return false;
	if (++job->looks > LOOKS_MAX) {
		/* what follows could not be put back */
		if (flags_of(r) & NSATTACH_F_NO_RECORD)
			return false;
		nsattach_request_set_flags(r, flags_of(r) & ~NSATTACH_F_WHOLE_TREE);
		return true;
	}
	return sets_grow(job) >= 0;
}

static int attach(struct job *job, struct nsattach_request *r)
{
	int err = places_keep(job, r);

	return err ? err : nsattach_request_attach(job->device, r);
}

static int call(struct job *job, struct nsattach_request *r, size_t first)
{
	double start = now_ms();
	int err;

	do {
		err = signals_caught() ? -EINTR : attach(job, r);
	} while (err && (drop_gone(job, r, first, err) || take_child(job, r, err)));
	if (err && nsattach_request_count(r))
		return err;
	step_done(job, r, now_ms() - start);
	return 0;
}

/* What became of those from @first on becomes part of the whole result. */
static void take_over(struct job *job, const struct nsattach_request *r, size_t first, int err)
{
	struct nsattach_attach *all = &job->request->attach;

	for (size_t i = 0; i < r->nr; i++) {
		const struct nsattach_subject *s = &r->subjects[i];

		job->request->subjects[first + i].nr_threads = s->nr_threads;
		job->request->subjects[first + i].result = s->nr_threads ? 0 : s->result ?: err;
	}
	all->nr_threads += r->attach.nr_threads;
	if (all->stall_ns < r->attach.stall_ns)
		all->stall_ns = r->attach.stall_ns;
	/* there is room for the reason of one of them */
	if (all->error.subject == (__u32)-1 && r->attach.error.subject < r->nr) {
		all->error = r->attach.error;
		all->error.subject += first;
	}
}

/* Those that were found since the last round. */
static int move_rest(struct job *job, size_t first)
{
	struct nsattach_request *rest;
	int err = nsattach_request_copy(job->request, first, SIZE_MAX, &rest);
	int code;

	if (err)
		return job_fail(job, EXIT_FAILED, "%s", strerror(-err));
	job_step(job, "%zu processes appeared meanwhile", nsattach_request_count(rest));
	nsattach_request_set_flags(rest, flags_of(rest) & ~NSATTACH_F_WHOLE_TREE);
	err = call(job, rest, first);
	take_over(job, rest, first, err);
	code = err && !(flags_of(rest) & NSATTACH_F_EACH) ? fail(job, rest, err) : 0;
	nsattach_request_free(rest);
	return code;
}

/*
 * All or nothing: what is in the request, which earlier rounds moved, goes back. How
 * many of them do not? One that has gone does not count.
 */
static size_t put_back(struct job *job)
{
	struct nsattach_request *r = job->request;
	size_t stay = 0;

	if (!nsattach_request_count(r))
		return 0;
	nsattach_request_set_flags(r, NSATTACH_F_EACH);
	/* the call has its deadline */
	signals_hold();
	nsattach_request_detach(job->device, r);
	for (size_t i = 0; i < nsattach_request_count(r); i++) {
		const struct nsattach_subject *s = nsattach_request_subject(r, i);

		stay += s->result ? s->result != -ESRCH : !s->nr_threads;
	}
	return stay;
}

/* After a failure with @code, whose sentence there is already. */
static int undo(struct job *job, size_t end, int code)
{
	char why[sizeof(job->error)], before[128] = "";
	size_t older, stay;

	/* each stands for itself: what has moved is to stay */
	if (job->o->flags & NSATTACH_F_EACH)
		return EXIT_PARTLY;
	while (nsattach_request_count(job->request) > end)
		nsattach_request_remove(job->request, nsattach_request_count(job->request) - 1);
	/* a detach leads to where one was before it was first attached: further back than here */
	older = job_drop(job, 0, true);
	stay = older + put_back(job);
	if (!stay)
		return code;
	if (older)
		snprintf(before, sizeof(before),
			 " (%zu attached before, whom a detach would take further back)", older);
	memcpy(why, job->error, sizeof(why));
	return job_fail(
		job, EXIT_PARTLY,
		"%zu of %zu processes have moved and could not be put back%s, see --list: %s", stay,
		end, before, why);
}

static int move_more(struct job *job)
{
	for (int round = 0; round < ROUNDS_MAX; round++) {
		size_t first = nsattach_request_count(job->request);
		int ret = sets_grow(job), code;

		if (!ret)
			return 0;
		code = ret > 0 ? move_rest(job, first) : sets_fail(job, ret);
		if (code)
			return undo(job, first, code);
	}
	job_fail(
		job, EXIT_TIMEOUT,
		"processes appear faster than they can be moved; freeze their cgroup and try again");
	return undo(job, nsattach_request_count(job->request), EXIT_TIMEOUT);
}

int move_all(struct job *job)
{
	bool set = job->o->tree || job->o->cgroup;
	int err;

	/* what a later round may have to put back */
	if (set && !(job->o->flags & NSATTACH_F_EACH)) {
		err = job_load_records(job);
		if (err)
			return err;
	}
	/* up to here a signal may just end us; from here on it must be told what it left */
	signals_catch();
	err = call(job, job->request, 0);
	if (err && !report_all_failed(job, err))
		return fail(job, job->request, err);
	job->moved = true;
	if (set && !(flags_of(job->request) & NSATTACH_F_WHOLE_TREE))
		return move_more(job);
	return 0;
}

int move_check(struct job *job)
{
	__u32 flags = flags_of(job->request);
	int err;

	nsattach_request_set_flags(job->request,
				   (flags & ~NSATTACH_F_WHOLE_TREE) | NSATTACH_F_CHECK);
	do {
		err = attach(job, job->request);
	} while (err && drop_gone(job, job->request, 0, err));
	nsattach_request_set_flags(job->request, flags);
	return err && !report_all_failed(job, err) ? fail(job, job->request, err) : 0;
}
