// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Steps that several actions have in common
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job.h"

int job_fail(struct job *job, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(job->error, sizeof(job->error), format, args);
	va_end(args);
	return code;
}

/* What the sentence of the job_fail() that follows is about; 0 where there is none. */
void job_about(struct job *job, pid_t pid, int err)
{
	job->failure = (struct nsattach_failure){ .err = err, .pid = pid };
}

static int code_of(const struct nsattach_failure *f)
{
	bool denied = f->err == EPERM || f->err == EACCES;

	switch (f->stage) {
	case NSATTACH_STAGE_LOAD:
	case NSATTACH_STAGE_DEVICE:
	case NSATTACH_STAGE_QUERY:
		return denied ? EXIT_DENIED : EXIT_NO_MODULE;
	case NSATTACH_STAGE_ATTACH:
	case NSATTACH_STAGE_DETACH:
		if (f->err == ETIMEDOUT || f->err == EAGAIN)
			return EXIT_TIMEOUT;
		if (f->err == EINTR)
			return EXIT_SIGNAL + signals_caught();
		/* fall through */
	default:
		return denied ? EXIT_DENIED : EXIT_FAILED;
	}
}

/* A shell that is to move into a pid namespace has us as its child. */
static bool is_in_the_way(const struct nsattach_error *error)
{
	return error->tid == getpid() &&
	       (error->reason == NSATTACH_R_PID_CHILD || error->reason == NSATTACH_R_PID_GROUP ||
		error->reason == NSATTACH_R_PID_SESSION);
}

int job_explain(struct job *job, const struct nsattach_failure *failure)
{
	job->failure = *failure;
	nsattach_explain(failure, job->error, sizeof(job->error));
	if (is_in_the_way(&failure->error))
		job_fail(
			job, 0,
			"process %d was not moved into the pid namespace: nsattach itself (process %d) is its child, or in its process group or session, and would stay outside; run it from another session",
			failure->pid, getpid());
	return code_of(failure);
}

static int fail_stage(struct job *job, enum nsattach_stage stage, int err)
{
	struct nsattach_failure failure = { .stage = stage, .err = -err };

	return job_explain(job, &failure);
}

int job_open_device(struct job *job)
{
	enum nsattach_stage stage;
	int err;

	if (job->device)
		return 0;
	err = nsattach_device_open(NSATTACH_OPEN_LOAD, &job->device, &stage);
	return err ? fail_stage(job, stage, err) : 0;
}

int job_query(struct job *job)
{
	int err;

	if (job->query.abi)
		return 0;
	job->query.size = sizeof(job->query);
	err = nsattach_device_query(job->device, &job->query);
	return err ? fail_stage(job, NSATTACH_STAGE_QUERY, err) : 0;
}

int job_load_records(struct job *job)
{
	int count = nsattach_device_list(job->device, &job->records);

	if (count < 0)
		return fail_stage(job, NSATTACH_STAGE_QUERY, count);
	job->nr_records = count;
	return 0;
}

bool job_has_record(const struct job *job, pid_t pid)
{
	for (int i = 0; i < job->nr_records; i++)
		if (job->records[i].pid == pid)
			return true;
	return false;
}

static void tell(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	text_line("nsattach:", text ? text : "out of memory");
	free(text);
}

void job_step(const struct job *job, const char *format, ...)
{
	va_list args;

	if (!job->o->verbose)
		return;
	va_start(args, format);
	tell(format, args);
	va_end(args);
}

void job_note(struct job *job, const char *format, ...)
{
	va_list args;

	progress_end(job);
	va_start(args, format);
	tell(format, args);
	va_end(args);
}

void job_command(pid_t pid, char name[COMMAND_MAX])
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (!f || !fgets(name, COMMAND_MAX, f))
		*name = '\0';
	name[strcspn(name, "\n")] = '\0';
	if (f)
		fclose(f);
}

void job_close(struct job *job)
{
	output_drop(job);
	free(job->records);
	free(job->born);
	free(job->outcomes);
	free(job->residue);
	nsattach_request_free(job->request);
	nsattach_device_close(job->device);
}
