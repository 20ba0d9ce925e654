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

static void attach_set(struct nsattach_subject *subjects, unsigned int n, int target,
		       uint64_t namespaces)
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

void bench_threads(void)
{
	static const unsigned int counts[] = { 1, 2, 8, 64, 256, 1024, 4096, 10000 };
	unsigned int i;

	for (i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		const struct subject_options options = { .threads = counts[i] };
		unsigned int runs = counts[i] < 64 ? 500 : counts[i] <= 256 ? 60 : 10;
		struct pair p = { .namespaces = NS_FOUR };

		device();
		targets_start(&p.targets);
		subject_start(&p.subject, &options);
		measure("attach", counts[i], runs, op_ioctl, &p);
		measure("attach-with-pidfds", counts[i], runs, op_whole, &p);
		measure_work("attach-work", counts[i], runs > 20 ? 20 : runs, op_ioctl, &p);
		report_one("attach-eintr", counts[i], p.subject.counts->eintr);
		subject_stop(&p.subject);
		targets_stop(&p.targets);
	}
}
