// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many processes: in one call, and in a call for each
 */
#include <stdlib.h>
#include <unistd.h>

#include <linux/nsattach.h>

#include "bench.h"

struct set {
	struct subject *subjects;
	struct nsattach_subject *args;
	unsigned int n;
	struct targets targets;
};

static void op_one_call(unsigned int i, void *arg)
{
	const struct set *set = arg;

	attach_set(set->args, set->n, set->targets.of[i & 1].pidfd, NS_FOUR);
}

static void op_many_calls(unsigned int i, void *arg)
{
	const struct set *set = arg;
	unsigned int n;

	for (n = 0; n < set->n; n++)
		attach_one(set->subjects[n].pidfd, set->targets.of[i & 1].pidfd, NS_FOUR);
}

static void set_start(struct set *set, unsigned int n)
{
	const struct subject_options options = { .threads = 1 };
	unsigned int i;

	set->n = n;
	set->subjects = calloc(n, sizeof(*set->subjects));
	set->args = calloc(n, sizeof(*set->args));
	if (!set->subjects || !set->args)
		die("calloc");
	for (i = 0; i < n; i++) {
		subject_start(&set->subjects[i], &options);
		set->args[i].pidfd = set->subjects[i].pidfd;
	}
	targets_start(&set->targets, NS_FOUR, 0);
}

static void set_stop(struct set *set)
{
	unsigned int i;

	for (i = 0; i < set->n; i++)
		subject_stop(&set->subjects[i]);
	targets_stop(&set->targets);
	free(set->subjects);
	free(set->args);
}

void bench_processes(void)
{
	static const unsigned int counts[] = { 1, 10, 100, 1000 };
	unsigned int i;

	device();
	for (i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		const unsigned int runs = counts[i] < 100 ? 100 : 10;
		struct set set;

		set_start(&set, counts[i]);
		measure("attach-processes-one-call", counts[i], runs, op_one_call, &set);
		measure("attach-processes-each-call", counts[i], runs, op_many_calls, &set);
		set_stop(&set);
	}
}
