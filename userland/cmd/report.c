// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Report: what became of each subject
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "output.h"

enum { PID, COMMAND, NS, TARGET, MOVED, THREADS, STALL, RESIDUE, ERROR, REASON, WHY };

static const struct column columns[] = {
	[PID] = { "PID", COLUMN_NUMBER, false, "the process" },
	[COMMAND] = { "COMMAND", COLUMN_TEXT, false, "its name" },
	[NS] = { "NS", COLUMN_LIST, false, "namespaces that were to be joined, or left" },
	[TARGET] = { "TARGET", COLUMN_NUMBER, false, "the target" },
	[MOVED] = { "MOVED", COLUMN_BOOL, false, "whether it moved" },
	[THREADS] = { "THREADS", COLUMN_NUMBER, false, "its threads that moved" },
	[STALL] = { "STALL-US", COLUMN_NUMBER, true,
		    "longest time it stood still, in microseconds" },
	[RESIDUE] = { "RESIDUE", COLUMN_NUMBER, true,
		      "things that still reach the old namespaces after the move" },
	[ERROR] = { "ERROR", COLUMN_TEXT, true, "name of the errno" },
	[REASON] = { "REASON", COLUMN_TEXT, true, "name of the kernel's reason" },
	[WHY] = { "WHY", COLUMN_TEXT, true, "why it did not move" },
};

/* One that was only found, not named, may exit before its turn comes. */
static bool counts(const struct job *job, size_t index)
{
	return index < job->given || !job->outcomes || !call_found_gone(job, index);
}

/* Into job->error. */
static int explain(struct job *job, size_t index)
{
	int code = job_explain(job, &job->outcomes[index].failure);
	char *end = strstr(job->error, "; nothing was changed");

	/* others may have moved before the signal came */
	if (job->failure.err == EINTR && end)
		*end = '\0';
	return code;
}

/* As job->failure and job->error have it. */
static void add_failure(struct job *job, struct output *out)
{
	output_text(out, ERROR, strerrorname_np(job->failure.err));
	output_text(out, REASON, nsattach_reason_name(job->failure.error.reason));
	output_text(out, WHY, job->error);
}

/* A detach names none: it is those that the attach changed. */
static __u64 namespaces_of(const struct job *job, pid_t pid)
{
	for (int i = 0; job->o->verb == VERB_DETACH && i < job->nr_records; i++)
		if (job->records[i].pid == pid)
			return job->records[i].namespaces;
	return nsattach_request_namespaces(job->request);
}

static void add_namespaces(struct output *out, __u64 namespaces)
{
	char list[64];

	nsattach_namespaces_format(namespaces, list, sizeof(list));
	output_text(out, NS, list);
}

static void add_subject(struct job *job, struct output *out, size_t index)
{
	const struct nsattach_attach *result = nsattach_request_result(job->request);
	const struct nsattach_subject *s = nsattach_request_subject(job->request, index);
	pid_t pid = nsattach_request_pid(job->request, index);
	pid_t target = nsattach_request_target(job->request);
	char command[COMMAND_MAX];

	if (output_line(out))
		return;
	output_printf(out, PID, "%d", pid);
	job_command(pid, command);
	output_text(out, COMMAND, command);
	add_namespaces(out, namespaces_of(job, pid));
	if (target > 0)
		output_printf(out, TARGET, "%d", target);
	output_text(out, MOVED, s->result || !s->nr_threads ? "0" : "1");
	output_printf(out, THREADS, "%u", s->nr_threads);
	output_printf(out, STALL, "%llu",
		      (job->outcomes ? job->outcomes[index].stall_ns : result->stall_ns) / 1000);
	if (job->residue && job->residue[index] >= 0)
		output_printf(out, RESIDUE, "%zd", job->residue[index]);
	if (s->result) {
		explain(job, index);
		add_failure(job, out);
	}
}

void report_missing(struct job *job)
{
	struct output *out = job->output;

	job->missing++;
	text_line("nsattach:", job->error);
	/* the table of a dry run is another one */
	if (out && !(job->o->dry_run && job->o->verb == VERB_ATTACH) && !output_line(out)) {
		if (job->failure.pid)
			output_printf(out, PID, "%d", job->failure.pid);
		add_namespaces(out, 0);
		output_text(out, MOVED, "0");
		output_text(out, THREADS, "0");
		add_failure(job, out);
	}
	job_about(job, 0, 0);
	*job->error = '\0';
}

/* The call succeeds when one moved: the exit status is that of a failure when none did. */
int report_each(struct job *job)
{
	size_t count = job->missing, failed = job->missing;
	int code = job->missing ? EXIT_FAILED : EXIT_MOVED;

	if (!(job->o->flags & NSATTACH_F_EACH))
		return EXIT_MOVED;
	for (size_t i = 0; i < nsattach_request_count(job->request); i++) {
		int why;

		if (!counts(job, i))
			continue;
		count++;
		if (!nsattach_request_subject(job->request, i)->result)
			continue;
		failed++;
		why = explain(job, i);
		code = code ? code : why;
		text_line("nsattach:", job->error);
	}
	/* who was not found may have stayed */
	if (!failed)
		return job->ended && count ? EXIT_PARTLY : job->ended;
	return job_fail(job, failed < count ? EXIT_PARTLY : code, "%zu of %zu processes %s %s",
			failed, count, job->o->dry_run ? "would not be" : "were not",
			job->o->verb == VERB_DETACH ? "put back" : "moved");
}

int report_begin(struct job *job)
{
	int code = 0;

	if (job->o->json || job->o->columns)
		output_new(job, "subjects", columns, sizeof(columns) / sizeof(columns[0]), &code);
	return code;
}

bool report_wants_residue(const struct job *job)
{
	return job->output && output_has(job->output, RESIDUE);
}

int report_subjects(struct job *job)
{
	struct output *out = job->output;

	for (size_t i = 0; out && i < nsattach_request_count(job->request); i++)
		if (counts(job, i))
			add_subject(job, out, i);
	if (out)
		output_end(out);
	return report_each(job);
}
