// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Move: the call, and again for processes that appeared meanwhile
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

	/* with --each all may have failed */
	if (!result->nr_threads)
		return;
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

static __u32 flags_of(const struct nsattach_request *r)
{
	return nsattach_request_result(r)->flags;
}

static bool is_running(pid_t pid)
{
	struct pollfd exit = { .fd = nsattach_pidfd_open(pid), .events = POLLIN };
	bool runs = exit.fd >= 0 && !poll(&exit, 1, 0);

	if (exit.fd >= 0)
		close(exit.fd);
	return runs;
}

/*
 * A child was born between the look and the call. Look again; of one that forks
 * faster than that, the rest follows after the move. @code: why that is the end.
 */
static bool take_child(struct job *job, struct nsattach_request *r, int err, int *code)
{
	const struct nsattach_error *error = &nsattach_request_result(r)->error;
	size_t first = nsattach_request_count(r);
	int grown;
	bool found;

	if (err != -EAGAIN || error->reason != NSATTACH_R_CHILD_LEFT)
		return false;
	grown = sets_grow(job);
	if (grown < 0)
		*code = sets_fail(job, grown);
	else if (grown && job->o->strict)
		*code = residue_refuse(job, first, nsattach_request_count(r));
	if (*code || ++job->looks <= LOOKS_MAX)
		return !*code;
	/* what follows could not be put back; and who can not be found would never follow */
	found = job_has_subject(job, error->tid) || error->tid == getpid();
	if (flags_of(r) & NSATTACH_F_NO_RECORD || (!found && is_running(error->tid)))
		return false;
	nsattach_request_set_flags(r, flags_of(r) & ~NSATTACH_F_WHOLE_TREE);
	return true;
}

/* The subjects of @r, which are those of the job from @first on. */
static int call(struct job *job, struct nsattach_request *r, size_t first)
{
	double start = now_ms();
	int err, code = 0;

	do {
		err = call_request(job, NSATTACH_STAGE_ATTACH, r, first);
	} while (err && (call_drop_gone(job, r, first, err) || take_child(job, r, err, &code)));
	if (code)
		return code;
	if (err && nsattach_request_count(r))
		return fail(job, r, err);
	step_done(job, r, now_ms() - start);
	return 0;
}

/* The result of one round becomes part of that of all. */
static void add_up(struct nsattach_attach *all, const struct nsattach_attach *one)
{
	all->nr_threads += one->nr_threads;
	if (all->stall_ns < one->stall_ns)
		all->stall_ns = one->stall_ns;
}

/* What became of those from @first on becomes part of the whole result. */
static void take_over(struct job *job, const struct nsattach_request *r, size_t first)
{
	for (size_t i = 0; i < r->nr; i++)
		job->request->subjects[first + i].nr_threads = r->subjects[i].nr_threads;
	add_up(&job->request->attach, &r->attach);
}

/* All or none of those that were found since the last round. */
static int move_together(struct job *job, size_t first)
{
	struct nsattach_request *rest;
	int err = nsattach_request_copy(job->request, first, SIZE_MAX, &rest);
	int code;

	if (err)
		return sets_fail(job, err);
	nsattach_request_set_flags(rest, flags_of(rest) & ~NSATTACH_F_WHOLE_TREE);
	code = call(job, rest, first);
	if (!code)
		take_over(job, rest, first);
	nsattach_request_free(rest);
	return code;
}

static int move_each(struct job *job, size_t first)
{
	struct nsattach_attach before = *nsattach_request_result(job->request);
	int code = call(job, job->request, first);

	add_up(&job->request->attach, &before);
	return code;
}

static int move_rest(struct job *job, size_t first)
{
	size_t count = nsattach_request_count(job->request);
	int code = 0;

	job_step(job, "%zu processes appeared meanwhile", count - first);
	if (job->o->strict)
		code = residue_refuse(job, first, count);
	if (code)
		return code;
	if (job->o->flags & NSATTACH_F_EACH)
		return move_each(job, first);
	return move_together(job, first);
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
	/*
	 * Each has the whole timeout, and until then no signal ends it: with one deadline for
	 * all a single one that does not stop would keep those behind it inside.
	 */
	signals_hold();
	if (call_each(job, NSATTACH_STAGE_DETACH, 0))
		return nsattach_request_count(r);
	for (size_t i = 0; i < nsattach_request_count(r); i++)
		stay += !nsattach_request_subject(r, i)->nr_threads && !call_found_gone(job, i);
	return stay;
}

/* Those who were attached before leave the request. How many? */
static size_t drop_older(struct job *job)
{
	size_t dropped = 0;

	for (size_t i = nsattach_request_count(job->request); i-- > 0;) {
		if (!job_has_record(job, nsattach_request_pid(job->request, i)))
			continue;
		nsattach_request_remove(job->request, i);
		dropped++;
	}
	return dropped;
}

/* After a failure with @code, whose sentence there is already. */
static int undo(struct job *job, size_t end, int code)
{
	char why[sizeof(job->error)], before[128] = "";
	size_t older, stay;

	while (nsattach_request_count(job->request) > end)
		nsattach_request_remove(job->request, nsattach_request_count(job->request) - 1);
	/* each stands for itself: what has moved is to stay, and the report tells of all */
	if (job->o->flags & NSATTACH_F_EACH) {
		job_note(job, "%s", job->error);
		*job->error = '\0';
		job->ended = code;
		return 0;
	}
	/* a detach leads to where one was before it was first attached: further back than here */
	older = drop_older(job);
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
		bool last = job->o->flags & NSATTACH_F_EACH && signals_end();

		if (!ret)
			return 0;
		code = ret > 0 ? move_rest(job, first) : sets_fail(job, ret);
		if (code)
			return undo(job, first, code);
		/* none of these was asked for any more, and each is told */
		if (last)
			return 0;
	}
	job_fail(
		job, EXIT_TIMEOUT,
		"processes appear faster than they can be moved; freeze their cgroup and try again");
	return undo(job, nsattach_request_count(job->request), EXIT_TIMEOUT);
}

int move_all(struct job *job)
{
	bool set = job->o->tree || job->o->cgroup;
	int code = 0;

	/* what a later round may have to put back */
	if (set && !(job->o->flags & NSATTACH_F_EACH))
		code = job_load_records(job);
	if (code)
		return code;
	/* up to here a signal may just end us; from here on it must be told what it left */
	signals_catch();
	code = call(job, job->request, 0);
	if (code)
		return code;
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
		err = call_request(job, NSATTACH_STAGE_ATTACH, job->request, 0);
	} while (err && call_drop_gone(job, job->request, 0, err));
	nsattach_request_set_flags(job->request, flags);
	return err && nsattach_request_count(job->request) ? fail(job, job->request, err) : 0;
}
