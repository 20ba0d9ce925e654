// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Progress: a line on the terminal, rewritten while a large set is worked on
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "job.h"

/* Fewer are done before anybody looks; a line that comes and goes at once only flickers. */
#define MANY 64
#define FIRST_MS 300
#define NEXT_MS 100

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static bool wanted(struct job *job)
{
	struct progress *p = &job->progress;

	if (!p->known) {
		p->known = true;
		p->terminal = !job->o->verbose && isatty(STDERR_FILENO);
		p->next_ms = now_ms() + FIRST_MS;
	}
	return p->terminal;
}

void progress(struct job *job, const char *what, size_t done, size_t all)
{
	struct progress *p = &job->progress;

	if ((all ? all : done) < MANY || !wanted(job) || now_ms() < p->next_ms)
		return;
	p->next_ms = now_ms() + NEXT_MS;
	p->shown = true;
	if (all)
		fprintf(stderr, "\r%s %zu of %zu\033[K", what, done, all);
	else
		fprintf(stderr, "\r%s %zu\033[K", what, done);
}

void progress_end(struct job *job)
{
	if (job->progress.shown)
		fputs("\r\033[K", stderr);
	job->progress.shown = false;
}
