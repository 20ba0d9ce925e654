// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Residue: listing it, counting it, refusing because of it
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "output.h"

enum { PID, KIND, FD, NS, WITH, WHAT };

static const struct column columns[] = {
	[PID] = { "PID", COLUMN_NUMBER, false, "the process" },
	[KIND] = { "KIND", COLUMN_TEXT, false, "what it is" },
	[FD] = { "FD", COLUMN_NUMBER, false, "fd in the process" },
	[NS] = { "NS", COLUMN_TEXT, false, "namespace that it reaches" },
	[WITH] = { "WITH", COLUMN_NUMBER, false, "process at the other end" },
	[WHAT] = { "WHAT", COLUMN_TEXT, false, "path or description" },
};

/*
 * A namespace that is the same already is not joined, but things may reach out of it too.
 * One that was only found, not named, may exit before its turn comes.
 */
static int scan(struct job *job, size_t index, unsigned int flags, nsattach_residue_fn *fn,
		void *data)
{
	int err;

	nsattach_request_set_namespaces(job->request, job->asked);
	err = nsattach_residue_scan(job->request, index, flags, fn, data);
	nsattach_request_set_namespaces(job->request, job->joined);
	return err == -ESRCH && index >= job->given ? 0 : err;
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
	struct lister l = { .out = job->output };
	int err = 0;
	size_t i = 0;

	for (; i < nsattach_request_count(job->request) && !err; i++) {
		progress(job, "what processes hold open:", i, nsattach_request_count(job->request));
		l.pid = nsattach_request_pid(job->request, i);
		err = scan(job, i, 0, list_one, &l);
	}
	progress_end(job);
	output_end(l.out);
	if (err)
		return fail_scan(job, i - 1, err);
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

int residue_refuse(struct job *job)
{
	for (size_t i = 0; i < nsattach_request_count(job->request); i++) {
		struct counter c = { 0 };
		int err;

		progress(job, "what processes hold open:", i, nsattach_request_count(job->request));
		err = scan(job, i, 0, count_one, &c);

		if (err)
			return fail_scan(job, i, err);
		if (!c.count)
			continue;
		job_about(job, nsattach_request_pid(job->request, i), 0);
		return job_fail(
			job, EXIT_STRICT,
			"process %d was not moved: %zu thing%s would still reach the old namespaces, first its %s %s; list all with --dry-run, or leave --strict out",
			nsattach_request_pid(job->request, i), c.count, c.count == 1 ? "" : "s",
			nsattach_residue_name(c.first.kind), c.first.what);
	}
	return 0;
}

/* With -v: each while they are few, else only how many. */
#define STEPS_MAX 8

struct teller {
	const struct job *job;
	pid_t pid;
	size_t count;
	bool quiet;
};

static int tell_one(const struct nsattach_residue *r, void *data)
{
	struct teller *t = data;
	char fd[32] = "";

	t->count++;
	if (t->quiet)
		return 0;
	if (r->fd >= 0)
		snprintf(fd, sizeof(fd), " fd %d", r->fd);
	job_step(t->job, "process %d still reaches out by its %s%s: %s", t->pid,
		 nsattach_residue_name(r->kind), fd, r->what);
	return 0;
}

static size_t tell_all(struct job *job, bool quiet)
{
	struct teller t = { .job = job, .quiet = quiet };

	for (size_t i = 0; i < nsattach_request_count(job->request) && !signals_caught(); i++) {
		t.pid = nsattach_request_pid(job->request, i);
		scan(job, i, NSATTACH_RESIDUE_AFTER, tell_one, &t);
	}
	return t.count;
}

void residue_step(struct job *job)
{
	size_t count;

	if (!job->o->verbose)
		return;
	count = tell_all(job, true);
	if (count && count <= STEPS_MAX)
		tell_all(job, false);
	else if (count)
		job_step(
			job,
			"%zu open files, maps and sockets still reach the old namespaces; --dry-run lists them",
			count);
}
