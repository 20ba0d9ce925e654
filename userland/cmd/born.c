// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Born inside: of a tree or cgroup only those go back that were attached. A child of theirs
 * came from nowhere else, so it stays, and that is told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <linux/sched.h>

#include "job.h"
#include "../lib/internal.h"

/* What no attach can lead out of: there is no way up. */
#define DOWN_ONLY ((__u64)CLONE_NEWUSER | CLONE_NEWPID)

/* The namespaces in which an attach of @pid put its next child, and @child is; 0: not in all. */
static __u64 shared_inside(const struct job *job, pid_t pid, pid_t child)
{
	for (int i = 0; i < job->nr_records; i++) {
		__u64 inside = job->records[i].namespaces;

		if (job->records[i].pid == pid)
			return inside & ~nsattach_namespaces_shared(pid, child) ? 0 : inside;
	}
	return 0;
}

/* Before the detach. The first who is in there with it stands for all. */
static int look(struct job *job, pid_t child)
{
	struct born *more;
	struct born born = { .pid = child };

	for (size_t i = 0; i < nsattach_request_count(job->request) && !born.namespaces; i++) {
		born.with = nsattach_request_pid(job->request, i);
		born.namespaces = shared_inside(job, born.with, child);
	}
	if (!born.namespaces)
		return 0;
	more = reallocarray(job->born, job->nr_born + 1, sizeof(*more));
	if (!more)
		return job_fail(job, EXIT_FAILED, "out of memory");
	job->born = more;
	job->born[job->nr_born++] = born;
	return 0;
}

int born_drop(struct job *job)
{
	int code = 0;

	for (size_t i = nsattach_request_count(job->request); i-- > job->given && !code;) {
		pid_t pid = nsattach_request_pid(job->request, i);

		if (job_has_record(job, pid))
			continue;
		code = look(job, pid);
		nsattach_request_remove(job->request, i);
	}
	return code;
}

static bool was_put_back(const struct job *job, pid_t pid)
{
	for (size_t i = 0; i < nsattach_request_count(job->request); i++)
		if (nsattach_request_pid(job->request, i) == pid)
			return !nsattach_request_subject(job->request, i)->result;
	return false;
}

/* The numbers of those who are in there with @with and still run, to be freed; NULL: of none. */
static char *take_numbers(struct job *job, pid_t with, size_t *count)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	*count = 0;
	for (size_t i = 0; f && i < job->nr_born; i++) {
		struct born *born = &job->born[i];

		if (born->with != with || !nsattach_namespaces_shared(born->pid, born->pid))
			continue;
		fprintf(f, " %d", born->pid);
		++*count;
	}
	if (f)
		fclose(f);
	return text;
}

static void note_group(struct job *job, const struct born *first)
{
	__u64 ways = first->namespaces & ~DOWN_ONLY;
	const char *but = ways == first->namespaces ? "" : ", but not out of user or pid";
	const char *stay = job->o->dry_run ? "would stay" : "stay";
	char list[64], remedy[160] = "nothing leads out of user and pid namespaces";
	char *numbers;
	size_t count;

	nsattach_namespaces_format(ways, list, sizeof(list));
	if (ways)
		snprintf(remedy, sizeof(remedy),
			 "--target %d --ns %s --no-record can take them out%s", first->with, list,
			 but);
	numbers = take_numbers(job, first->with, &count);
	if (count)
		job_note(job, "%zu process%s born inside %s%s there:%s; %s", count,
			 count == 1 ? "" : "es", stay, count == 1 && !job->o->dry_run ? "s" : "",
			 numbers, remedy);
	free(numbers);
}

void born_note(struct job *job)
{
	for (size_t i = 0; i < job->nr_born; i++) {
		const struct born *born = &job->born[i];
		bool told = false;

		for (size_t j = 0; j < i && !told; j++)
			told = job->born[j].with == born->with;
		if (!told && was_put_back(job, born->with))
			note_group(job, born);
	}
}
