// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Units: a name stands for the first process; others of the service may stay behind
 */
#include <string.h>
#include <unistd.h>

#include "job.h"
#include "../lib/internal.h"
#include "../lib/names.h"

/**
 * struct others - the processes of a unit that are not among the subjects
 * @stay:	how many of them are elsewhere than the subjects are now
 */
struct others {
	const struct job *job;
	size_t stay;
};

static void count_other(pid_t pid, const char *file, void *data)
{
	struct others *others = data;
	const struct job *job = others->job;

	(void)file;
	if (pid == getpid() || job_has_subject(job, pid))
		return;
	if (job->o->verb == VERB_DETACH)
		others->stay += job_has_record(job, pid);
	else
		others->stay += !nsattach_request_has_inside(job->request, pid);
}

static const char prefix[] = "unit:";

static void note_others(struct job *job, const char *word)
{
	static const char mount[] = "/sys/fs/cgroup/";
	const struct places places = { .root = "" };
	struct others others = { .job = job };
	char dir[PATH_MAX], *path = dir;

	if (unit_members(&places, word + strlen(prefix), dir, count_other, &others) || !others.stay)
		return;
	if (starts_with(dir, mount))
		path += strlen(mount);
	job_note(job, "%zu other process%s of %s stay%s %s: %s--cgroup %s takes all", others.stay,
		 others.stay == 1 ? "" : "es", word, others.stay == 1 ? "s" : "",
		 job->o->verb == VERB_DETACH ? "attached" : "outside",
		 job->o->tree ? "" : "--tree takes its descendants too, ", path);
}

bool units_named(const struct job *job)
{
	for (unsigned int i = 0; i < job->o->nr_pids; i++)
		if (starts_with(job->o->pids[i], prefix))
			return true;
	return false;
}

void units_note(struct job *job)
{
	for (unsigned int i = 0; i < job->o->nr_pids; i++)
		if (starts_with(job->o->pids[i], prefix))
			note_others(job, job->o->pids[i]);
}
