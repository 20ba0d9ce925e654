// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Report: what became of each subject
 */
#include <stdio.h>
#include <string.h>

#include "output.h"

enum { PID, COMMAND, NS, TARGET, MOVED, THREADS, STALL, ERROR, WHY };

static const struct column columns[] = {
	[PID] = { "PID", COLUMN_NUMBER, false, "the process" },
	[COMMAND] = { "COMMAND", COLUMN_TEXT, false, "its name" },
	[NS] = { "NS", COLUMN_LIST, false, "namespaces that were to be joined" },
	[TARGET] = { "TARGET", COLUMN_NUMBER, false, "the target" },
	[MOVED] = { "MOVED", COLUMN_BOOL, false, "whether it moved" },
	[THREADS] = { "THREADS", COLUMN_NUMBER, false, "its threads that moved" },
	[STALL] = { "STALL-US", COLUMN_NUMBER, true,
		    "longest time it stood still, in microseconds" },
	[ERROR] = { "ERROR", COLUMN_TEXT, true, "name of the errno" },
	[WHY] = { "WHY", COLUMN_TEXT, true, "why it did not move" },
};

static void add_failure(struct job *job, struct output *out, size_t index, int err)
{
	enum nsattach_stage stage =
		job->o->verb == VERB_DETACH ? NSATTACH_STAGE_DETACH : NSATTACH_STAGE_ATTACH;
	struct nsattach_failure failure;
	char text[2 * ERROR_MAX];

	nsattach_failure_of_subject(job->request, stage, index, &failure);
	nsattach_explain(&failure, text, sizeof(text));
	output_text(out, ERROR, strerrorname_np(err));
	output_text(out, WHY, text);
}

static void add_subject(struct job *job, struct output *out, size_t index)
{
	const struct nsattach_attach *result = nsattach_request_result(job->request);
	const struct nsattach_subject *s = nsattach_request_subject(job->request, index);
	pid_t pid = nsattach_request_pid(job->request, index);
	pid_t target = nsattach_request_target(job->request);
	char list[64], command[COMMAND_MAX];

	if (output_line(out))
		return;
	nsattach_namespaces_format(nsattach_request_namespaces(job->request), list, sizeof(list));
	output_printf(out, PID, "%d", pid);
	job_command(pid, command);
	output_text(out, COMMAND, command);
	output_text(out, NS, list);
	if (target > 0)
		output_printf(out, TARGET, "%d", target);
	output_text(out, MOVED, s->result || !s->nr_threads ? "0" : "1");
	output_printf(out, THREADS, "%u", s->nr_threads);
	output_printf(out, STALL, "%llu", result->stall_ns / 1000);
	if (s->result)
		add_failure(job, out, index, -s->result);
}

int report_subjects(struct job *job)
{
	struct output *out;
	int code;

	if (!job->o->json && !job->o->columns)
		return 0;
	out = output_new(job, "subjects", columns, sizeof(columns) / sizeof(columns[0]), &code);
	if (!out)
		return code;
	for (size_t i = 0; i < nsattach_request_count(job->request); i++)
		add_subject(job, out, i);
	output_end(out);
	return 0;
}
