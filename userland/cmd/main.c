// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nsattach - move a running process into existing namespaces
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

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

/*
 * Where 0, 1 or 2 is closed, the next file that is opened would get that number, and be
 * written to. What takes their place can neither be read nor written.
 */
static void fill_standard_files(void)
{
	int fd;

	do {
		fd = open("/", O_PATH | O_CLOEXEC);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static bool is_done(const struct job *job, int code)
{
	return !code && job->o->verb <= VERB_DETACH && !job->o->dry_run;
}

/* A full disk shows itself when all has been written, at the latest. */
static int close_output(const struct job *job, int code)
{
	const char *why = ferror(stdout) ? "some of it is lost" : NULL;

	if (fclose(stdout))
		why = strerror(errno);
	if (!why)
		return code;
	fprintf(stderr, "nsattach: standard output can not be written: %s%s\n", why,
		is_done(job, code) ? "; what was asked for was done nevertheless" : "");
	return code ? code : EXIT_FAILED;
}

int main(int argc, char **argv)
{
	struct options options;
	struct job job = { .o = &options };
	int code;

	fill_standard_files();
	/* what can be shown, nothing else: no number or sentence is in another language */
	setlocale(LC_CTYPE, "");
	raise_limit_of_files();
	code = run(&options, argc, argv, &job);
	progress_end(&job);
	error_tell(&job, code);
	code = close_output(&job, code);
	job_close(&job);
	options_free(&options);
	return code;
}
