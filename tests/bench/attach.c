// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ioctl, over what it could grow with
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/nsattach.h>

#include "bench.h"

int device(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open(NSATTACH_DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die(NSATTACH_DEVICE);
	return fd;
}

void attach_set(struct nsattach_subject *subjects, unsigned int n, int target, uint64_t namespaces)
{
	struct nsattach_attach a = {
		.size = sizeof(a),
		.namespaces = namespaces,
		.target = target,
		.subjects = (uintptr_t)subjects,
		.nr_subjects = n,
	};

	if (!ioctl(device(), NSATTACH_IOC_ATTACH, &a))
		return;
	fprintf(stderr, "bench: reason %u subject %u tid %d state %c after %u rounds\n",
		a.error.reason, a.error.subject, a.error.tid, a.error.state ? a.error.state : '-',
		a.rounds);
	die("attach");
}

void attach_one(int subject, int target, uint64_t namespaces)
{
	struct nsattach_subject s = { .pidfd = subject };

	attach_set(&s, 1, target, namespaces);
}

struct pair {
	struct subject subject;
	struct targets targets;
	uint64_t namespaces;
};

static void pair_start(struct pair *p, const struct subject_options *options, int namespaces)
{
	device();
	p->namespaces = (uint64_t)namespaces;
	targets_start(&p->targets, namespaces, options->mounts);
	subject_start(&p->subject, options);
}

static void pair_stop(struct pair *p)
{
	subject_stop(&p->subject);
	targets_stop(&p->targets);
}

static void op_ioctl(unsigned int i, void *arg)
{
	const struct pair *p = arg;

	attach_one(p->subject.pidfd, p->targets.of[i & 1].pidfd, p->namespaces);
}

/* All that a caller has to do. */
static void op_whole(unsigned int i, void *arg)
{
	const struct pair *p = arg;
	int subject = sys_pidfd_open(p->subject.pid);
	int target = sys_pidfd_open(p->targets.of[i & 1].pid);

	if (subject < 0 || target < 0)
		die("pidfd_open");
	attach_one(subject, target, p->namespaces);
	close(target);
	close(subject);
}

static unsigned int runs_for(unsigned int threads)
{
	return threads < 64 ? 200 : threads <= 256 ? 40 : 10;
}

void bench_threads(void)
{
	static const unsigned int counts[] = { 1, 2, 8, 64, 256, 1024, 4096, 10000 };
	unsigned int i;

	for (i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		const struct subject_options options = { .threads = counts[i] };
		const unsigned int runs = runs_for(counts[i]);
		struct pair p;

		pair_start(&p, &options, NS_FOUR);
		measure("attach", counts[i], runs, op_ioctl, &p);
		measure("attach-with-pidfds", counts[i], runs, op_whole, &p);
		measure_work("attach-work", counts[i], runs > 20 ? 20 : runs, op_ioctl, &p);
		report_one("attach-eintr", counts[i], p.subject.counts->eintr);
		pair_stop(&p);
	}
}

/* The worst case: every thread has to come by itself, and sleeps again after. */
void bench_woken(void)
{
	static const unsigned int counts[] = { 1, 8, 64, 256, 1024 };
	unsigned int i;

	for (i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		const struct subject_options options = { .threads = counts[i], .wait_in = IN_TEE };
		const unsigned int runs = runs_for(counts[i]);
		struct pair p;

		pair_start(&p, &options, NS_FOUR);
		measure("attach-woken", counts[i], runs, op_ioctl, &p);
		measure_work("attach-woken-work", counts[i], runs > 20 ? 20 : runs, op_ioctl, &p);
		report_one("attach-woken-eintr", counts[i], p.subject.counts->eintr);
		pair_stop(&p);
	}
}

static void with(const char *name, unsigned int x, const struct subject_options *options)
{
	struct pair p;

	pair_start(&p, options, NS_FOUR);
	measure(name, x, 100, op_ioctl, &p);
	pair_stop(&p);
}

static const unsigned int sizes[] = { 1, 10, 100, 1000, 10000 };

void bench_fds(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		const struct subject_options options = { .threads = 1, .fds = sizes[i] };

		with("attach-fds", sizes[i], &options);
	}
}

void bench_mounts(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		const struct subject_options options = { .threads = 1, .mounts = sizes[i] };

		with("attach-mounts", sizes[i], &options);
	}
}

void bench_memory(void)
{
	static const unsigned int megabytes[] = { 1, 16, 256 };
	unsigned int i;

	for (i = 0; i < sizeof(megabytes) / sizeof(*megabytes); i++) {
		const struct subject_options options = { .threads = 1, .megabytes = megabytes[i] };

		with("attach-megabytes", megabytes[i], &options);
	}
}

void bench_namespaces(void)
{
	static const int types[] = { CLONE_NEWUTS, CLONE_NEWIPC,    CLONE_NEWNET,
				     CLONE_NEWNS,  CLONE_NEWCGROUP, CLONE_NEWPID };
	const struct subject_options options = { .threads = 1 };
	unsigned int i;
	int mask = 0;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
		struct pair p;

		mask |= types[i];
		pair_start(&p, &options, mask);
		measure("attach-namespaces", i + 1, 100, op_ioctl, &p);
		pair_stop(&p);
	}
}
