// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nsattach - move a running process into existing namespaces
 */
#include <stdio.h>
#include <sys/resource.h>

#include "job.h"

static int run_help(struct job *job)
{
	(void)job;
	options_help();
	return 0;
}

static int run_version(struct job *job)
{
	(void)job;
	printf("nsattach %s\n", NSATTACH_VERSION);
	return 0;
}

static const struct action {
	int (*run)(struct job *job);
} actions[] = {
	[VERB_ATTACH] = { run_attach }, [VERB_DETACH] = { run_detach },
	[VERB_LIST] = { run_list },	[VERB_FEATURES] = { run_features },
	[VERB_HELP] = { run_help },	[VERB_VERSION] = { run_version },
};

static int run(struct options *options, int argc, char **argv, struct job *job)
{
	int err = options_parse(options, argc, argv, job->error);

	if (err)
		return EXIT_USAGE;
	if (nsattach_request_new(&job->request))
		return job_fail(job, EXIT_FAILED, "out of memory");
	return actions[options->verb].run(job);
}

/* Each process is held by an open file, and a set may have thousands. */
static void raise_limit_of_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
	struct options options;
	struct job job = { .o = &options };
	int code;

	raise_limit_of_files();
	code = run(&options, argc, argv, &job);
	progress_end(&job);
	error_tell(&job, code);
	job_close(&job);
	options_free(&options);
	return code;
}
