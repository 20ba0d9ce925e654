// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The long run: a subject of 64 threads in epoll and futex waits, moved back
 * and forth between two container-like sets of namespaces, and nothing lost.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#include "attach.h"
#include "budget.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

#define THREADS 64

FIXTURE(soak)
{
	struct place a;
	struct place b;
	struct subject subject;
};

static int epoll_fd, pipe_fds[2];

static int setup(struct subject_shared *shared, void *arg)
{
	struct epoll_event event = { .events = EPOLLIN };

	(void)shared;
	(void)arg;
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0 || pipe(pipe_fds) ||
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, pipe_fds[0], &event))
		return errno;
	return 0;
}

static void body(struct subject_shared *shared, unsigned int index)
{
	struct epoll_event event;

	if (index % 2) {
		body_wait(shared, index);
		return;
	}
	while (!GET(shared->stop)) {
		int ret = epoll_wait(epoll_fd, &event, 1, -1);

		if (ret == 1)
			break;
		SET(shared->last_errno, errno);
		ADD(shared->returns, 1);
	}
	ADD(shared->rounds, 1);
}

FIXTURE_SETUP(soak)
{
	struct subject_options options = { .threads = THREADS, .unshare = NS_NOPID,
					   .setup = setup, .body = body };

	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(place_start(&self->b, 2, NS_BASE));
	ASSERT_CLEAN(subject_start(&self->subject, &options));
}

FIXTURE_TEARDOWN(soak)
{
	subject_stop(&self->subject);
	place_stop(&self->a);
	place_stop(&self->b);
}

/* Threads whose two most telling links are not those of @to. */
static unsigned int left_behind(const struct subject *s, const struct place *to)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < THREADS; i++) {
		pid_t tid = subject_tid(s, i);

		n += task_ns(s->pid, tid, "net") != to->ns[NS_NET] ||
		     task_ns(s->pid, tid, "mnt") != to->ns[NS_MNT];
	}
	return n;
}

/* For so many rounds, or, with make soak, for so long, with a line a minute. */
static bool goes_on(unsigned long round, unsigned long rounds, uint64_t began, unsigned long behind)
{
	static uint64_t told;
	const char *minutes = getenv("NSATTACH_SOAK");
	uint64_t now = (now_ns() - began) / 60000000000ULL;

	if (!minutes || !*minutes)
		return round < rounds;
	if (now > told) {
		told = now;
		printf("# minute %llu: %lu attaches, %lu threads left behind\n",
		       (unsigned long long)now, round, behind);
		fflush(stdout);
	}
	return now < strtoull(minutes, NULL, 10);
}

static long wake_all(char *text)
{
	(void)text;
	return write(pipe_fds[1], "x", 1);
}

TEST_F_TIMEOUT(soak, thousand_attaches_leave_no_thread_behind_and_nobody_notices, 1000000)
{
	unsigned long i, rounds = scaled(250, 1000), behind = 0;
	struct snapshot *before = snapshot_take(self->subject.pid);
	struct subject_shared *shared = self->subject.shared;
	uint64_t stall = 0, worst = 0, began = now_ns();

	ASSERT_EQ(THREADS, snapshot_threads(before));
	for (i = 0; goes_on(i, rounds, began, behind); i++) {
		const struct place *to = i % 2 ? &self->b : &self->a;
		struct attach a;

		attach_init(&a);
		ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
		ASSERT_EQ(0, attach_set_target(&a, to->pid, NS_BASE));
		ASSERT_ATTACHED(attach_call(&a), a.arg.error);
		ASSERT_EQ(THREADS, a.arg.nr_threads);
		stall += a.arg.stall_ns;
		worst = a.arg.stall_ns > worst ? a.arg.stall_ns : worst;
		attach_done(&a);
		behind += left_behind(&self->subject, to);
		if (i % 50 == 49) {
			ASSERT_CLEAN(not_moved(before, self->subject.pid, to, NS_BASE));
			ASSERT_STREQ(to->name,
				     view_get(subject_view(&self->subject), "abstract"));
		}
	}
	figure("soak.attaches", (long long)i);
	figure("soak.threads_left_behind", (long long)behind);
	figure("soak.eintr", GET(shared->returns));
	figure("soak.stall_mean_ns", (long long)(stall / (i ? i : 1)));
	figure("soak.stall_worst_ns", (long long)worst);
	EXPECT_EQ(0, behind);
	EXPECT_EQ(0, GET(shared->returns))
	{
		TH_LOG("errno %d", GET(shared->last_errno));
	}
	/* Every one of the waits still works. */
	ASSERT_EQ(1, subject_call(&self->subject, wake_all));
	EXPECT_TRUE(UNTIL(GET(shared->rounds) == THREADS / 2 - 1))
	{
		TH_LOG("%u of %u epoll waits ended", GET(shared->rounds), THREADS / 2 - 1);
	}
	snapshot_free(before);
}

TEST_F_TIMEOUT(soak, namespaces_die_with_the_last_process_in_them, 3600)
{
	unsigned long rounds = scaled(10, 500);
	struct budgets used;

	budgets_take(&used);
	for (unsigned long i = 0; i < rounds; i++) {
		struct nsattach_error error;
		struct subject subject;
		struct place place;

		ASSERT_CLEAN(place_start(&place, 3, NS_BASE));
		ASSERT_CLEAN(subject_start_plain(&subject, 4));
		ASSERT_ATTACHED(attach_pid(subject.pid, place.pid, NS_BASE, &error), error);
		ASSERT_ATTACHED(attach_pid(subject.pid, self->a.pid, NS_BASE, &error), error);
		ASSERT_ATTACHED(attach_pid(subject.pid, place.pid, NS_BASE, &error), error);
		/* In turn: target first, subject first, with an open detach record. */
		if (i % 2)
			place_stop(&place);
		subject_stop(&subject);
		if (!(i % 2))
			place_stop(&place);
	}
	EXPECT_CLEAN(budgets_not_back(&used));
	figure("leak.rounds", (long long)rounds);
}

TEST_HARNESS_MAIN
