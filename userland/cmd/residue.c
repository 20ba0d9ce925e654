// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Residue: listing it, counting it, refusing because of it
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/sched.h>

#include "output.h"
#include "../lib/internal.h"

enum { PID, KIND, FD, NS, WITH, WHAT };

static const struct column columns[] = {
	[PID] = { "PID", COLUMN_NUMBER, false, "the process" },
	[KIND] = { "KIND", COLUMN_TEXT, false, "what it is" },
	[FD] = { "FD", COLUMN_NUMBER, false, "fd in the process" },
	[NS] = { "NS", COLUMN_TEXT, false, "namespace that it reaches" },
	[WITH] = { "WITH", COLUMN_NUMBER, false,
		   "process that shares it, or that made the other end" },
	[WHAT] = { "WHAT", COLUMN_TEXT, false, "path or description" },
};

/* A namespace that is the same already is not joined, but things may reach out of it too. */
static int begin_scan(struct job *job, size_t first, size_t end, struct residue_set **set)
{
	int err;

	nsattach_request_set_namespaces(job->request, job->asked);
	err = residue_set_new(job->request, first, end, set);
	nsattach_request_set_namespaces(job->request, job->joined);
	return err;
}

static int scan(const struct job *job, const struct residue_set *set, size_t index,
		unsigned int flags, nsattach_residue_fn *fn, void *data)
{
	/* without mnt no move sets root and working directory */
	if (job->asked & ~job->joined & CLONE_NEWNS)
		flags |= NSATTACH_RESIDUE_AFTER;
	return residue_set_scan(set, index, flags, fn, data);
}

/* One that was only found, not named, may exit before its turn comes; with --each any may. */
static int scan_before(const struct job *job, const struct residue_set *set, size_t index,
		       nsattach_residue_fn *fn, void *data)
{
	bool may_go = index >= job->given || job->o->flags & NSATTACH_F_EACH;
	int err = scan(job, set, index, 0, fn, data);

	return err == -ESRCH && may_go ? 0 : err;
}

/**
 * struct lister - a table being filled
 */
struct lister {
	struct output *out;
	pid_t pid;
	size_t count;
};

static int list_one(const struct nsattach_residue *r, void *data)
{
	const struct nsattach_namespace *ns = nsattach_namespace_by_flag(r->ns);
	struct lister *l = data;

	if (output_line(l->out))
		return -ENOMEM;
	l->count++;
	output_printf(l->out, PID, "%d", l->pid);
	output_text(l->out, KIND, nsattach_residue_name(r->kind));
	if (r->fd >= 0)
		output_printf(l->out, FD, "%d", r->fd);
	if (ns)
		output_text(l->out, NS, ns->name);
	if (r->with > 0)
		output_printf(l->out, WITH, "%d", r->with);
	output_text(l->out, WHAT, r->what);
	return 0;
}

static int fail_scan(struct job *job, size_t index, int err)
{
	pid_t pid = nsattach_request_pid(job->request, index);

	job_about(job, pid, -err);
	return job_fail(job, err == -EACCES || err == -EPERM ? EXIT_DENIED : EXIT_FAILED,
			"what process %d holds open can not be listed: %s", pid, strerror(-err));
}

int residue_begin(struct job *job)
{
	int code;

	output_new(job, "residue", columns, sizeof(columns) / sizeof(columns[0]), &code);
	return code;
}

int residue_print(struct job *job)
{
	size_t i = 0, count = nsattach_request_count(job->request);
	struct lister l = { .out = job->output };
	struct residue_set *set;
	int err = begin_scan(job, 0, count, &set);

	for (; i < count && !err; i++) {
		progress(job, "what processes hold open:", i, count);
		l.pid = nsattach_request_pid(job->request, i);
		/* with --each: one that would not move is told, and may not be looked at either */
		if (!nsattach_request_subject(job->request, i)->result)
			err = scan_before(job, set, i, list_one, &l);
	}
	residue_set_free(set);
	progress_end(job);
	output_end(l.out);
	if (err)
		return fail_scan(job, i ? i - 1 : 0, err);
	if (l.count && job->o->strict)
		return job_fail(
			job, EXIT_STRICT,
			"--strict would refuse this: %zu thing%s would still reach the old namespaces",
			l.count, l.count == 1 ? "" : "s");
	return 0;
}

/**
 * struct counter - how much there is, and the first of it
 */
struct counter {
	size_t count;
	struct nsattach_residue first;
};

static int count_one(const struct nsattach_residue *r, void *data)
{
	struct counter *c = data;

	if (!c->count++)
		c->first = *r;
	return 0;
}

static int refuse(struct job *job, size_t index, const struct counter *c)
{
	pid_t pid = nsattach_request_pid(job->request, index);

	job_about(job, pid, 0);
	return job_fail(
		job, EXIT_STRICT,
		"process %d was not moved: %zu thing%s would still reach the old namespaces, first its %s %s; list all with --dry-run, or leave --strict out",
		pid, c->count, c->count == 1 ? "" : "s", nsattach_residue_name(c->first.kind),
		c->first.what);
}

int residue_refuse(struct job *job, size_t first, size_t end)
{
	struct residue_set *set;
	int err = begin_scan(job, first, end, &set), code = err ? fail_scan(job, first, err) : 0;

	for (size_t i = first; i < end && !code; i++) {
		struct counter c = { 0 };

		progress(job, "what processes hold open:", i - first, end - first);
		err = scan_before(job, set, i, count_one, &c);
		if (err)
			code = fail_scan(job, i, err);
		else if (c.count)
			code = refuse(job, i, &c);
	}
	residue_set_free(set);
	return code;
}

/**
 * struct after - what is found after a move
 * @pid:	the process at hand
 * @count:	what it has
 * @network:	of that, what leads into another network than its own
 * @all:	what all have
 * @ways:	of that, what leads into another network
 * @holders:	how many have such, or could not be looked at
 * @first:	the first of those
 * @err:	why one could not be looked at
 */
struct after {
	const struct job *job;
	pid_t pid;
	size_t count;
	size_t network;
	size_t all;
	size_t ways;
	size_t holders;
	pid_t first;
	int err;
};

/* A unix socket leads to a process, not to a network. */
static bool leads_to_network(const struct nsattach_residue *r)
{
	return r->ns == CLONE_NEWNET && r->kind != NSATTACH_RESIDUE_UNIX;
}

static int after_one(const struct nsattach_residue *r, void *data)
{
	struct after *a = data;
	char fd[32] = "";

	a->count++;
	a->network += leads_to_network(r);
	if (a->all++ >= STEPS_MAX)
		return 0;
	if (r->fd >= 0)
		snprintf(fd, sizeof(fd), " fd %d", r->fd);
	job_step(a->job, "process %d still reaches out by its %s%s: %s", a->pid,
		 nsattach_residue_name(r->kind), fd, r->what);
	return 0;
}

static void look_after(struct job *job, const struct residue_set *set, size_t index,
		       struct after *a)
{
	const struct nsattach_subject *s = nsattach_request_subject(job->request, index);
	int err;

	job->residue[index] = -1;
	if (s->result || !s->nr_threads || signals_caught())
		return;
	a->pid = nsattach_request_pid(job->request, index);
	a->count = 0;
	a->network = 0;
	err = scan(job, set, index, NSATTACH_RESIDUE_AFTER, after_one, a);
	if (!err)
		job->residue[index] = a->count;
	else if (err != -ESRCH)
		a->err = err;
	a->ways += a->network;
	if ((a->network || (err && err != -ESRCH)) && !a->holders++)
		a->first = a->pid;
}

/* Who is in quarantine is cut off only as far as it has nothing open. */
static void note_network(struct job *job, const struct after *a)
{
	char more[40] = "", why[128] = "";

	if (!a->holders)
		return;
	if (a->holders > 1)
		snprintf(more, sizeof(more), " and %zu more", a->holders - 1);
	if (a->err)
		snprintf(why, sizeof(why), " (not all could be looked at: %s)", strerror(-a->err));
	job_note(
		job,
		"process %d%s: %zu way%s into the old network %s still open (sockets, devices)%s, and what is connected goes on; --dry-run --pid %d --ns net=/proc/%d/ns/net lists them, --strict refuses to leave any",
		a->first, more, a->ways, a->ways == 1 ? "" : "s", a->ways == 1 ? "is" : "are", why,
		a->first, a->first);
}

void residue_after(struct job *job)
{
	size_t count = nsattach_request_count(job->request);
	struct after a = { .job = job };
	struct residue_set *set;

	if (!job->o->verbose && !job->o->quarantine && !report_wants_residue(job))
		return;
	a.err = begin_scan(job, 0, count, &set);
	if (a.err)
		a.first = nsattach_request_pid(job->request, a.holders++);
	else
		job->residue = reallocarray(NULL, count, sizeof(*job->residue));
	for (size_t i = 0; i < count && job->residue; i++) {
		progress(job, "what processes still hold open:", i, count);
		look_after(job, set, i, &a);
	}
	residue_set_free(set);
	progress_end(job);
	if (a.all > STEPS_MAX)
		job_step(
			job,
			"%zu more open files, maps and sockets still reach the old namespaces; --dry-run lists them",
			a.all - STEPS_MAX);
	if (job->o->quarantine)
		note_network(job, &a);
}
