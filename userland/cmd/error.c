// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Error: the one sentence at the end, for people and for programs
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "job.h"

static void json_text(const char *key, const char *text)
{
	char valid[ESCAPED_MAX];

	printf("\"%s\": ", key);
	if (!text) {
		printf("null");
		return;
	}
	putchar('"');
	text_to_json(valid, sizeof(valid), text);
	for (const char *p = valid; *p; p++) {
		if (*p == '"' || *p == '\\')
			printf("\\%c", *p);
		else if ((unsigned char)*p < ' ')
			printf("\\u%04x", (unsigned char)*p);
		else
			putchar(*p);
	}
	putchar('"');
}

static void json_number(const char *key, long value)
{
	if (value)
		printf("\"%s\": %ld, ", key, value);
	else
		printf("\"%s\": null, ", key);
}

/* A process that is not the kernel's business failed before it was asked. */
static pid_t process_of(const struct nsattach_failure *f)
{
	if (f->error.pid > 0)
		return f->error.pid;
	return f->stage == NSATTACH_STAGE_TARGET ? f->target : f->pid;
}

static void tell_json(const struct job *job, int code)
{
	const struct nsattach_failure *f = &job->failure;
	const struct nsattach_namespace *ns = nsattach_namespace_by_flag(f->error.ns);

	printf("{\"error\": {\"exit\": %d, ", code);
	json_text("errno", f->err ? strerrorname_np(f->err) : NULL);
	printf(", ");
	json_text("reason", nsattach_reason_name(f->error.reason));
	printf(", ");
	json_text("ns", ns ? ns->name : NULL);
	printf(", ");
	json_number("pid", process_of(f));
	json_number("tid", f->error.tid);
	json_text("message", job->error);
	printf("}}\n");
}

void error_tell(const struct job *job, int code)
{
	if (!*job->error)
		return;
	/* what is a list already tells of each in it */
	if (job->o->json && !job->printed)
		tell_json(job, code);
	fflush(stdout);
	text_line(output_colours(STDERR_FILENO) ? "\033[1;31mnsattach:\033[0m" : "nsattach:",
		  job->error);
}
