// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls with a timeout: it ends when it would have ended, however often the
 * process is moved meanwhile.
 */
#include <signal.h>
#include <string.h>

#include "ahead.h"
#include "attach.h"
#include "blocking.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

FIXTURE(timeouts)
{
	struct place a;
	struct place b;
	struct subject subject;
};

FIXTURE_SETUP(timeouts)
{
	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(place_start(&self->b, 2, NS_BASE));
}

FIXTURE_TEARDOWN(timeouts)
{
	module_let_sleep(true);
	subject_stop(&self->subject);
	place_stop(&self->a);
	place_stop(&self->b);
}

#define MAX_TIMED 60
#define SECOND_NS (1000ULL * 1000 * 1000)

/* So long at whole scale that a tenth of it is more than a busy machine needs to wake a thread. */
static uint64_t timeout_ns(void)
{
	return scaled(3, 10) * SECOND_NS;
}

/* A tenth; at quick scale and half a second for a machine that is busy. */
static uint64_t slack_ns(void)
{
	return timeout_ns() / 10 + (full_scale() ? 0 : slowness() * SECOND_NS / 2);
}

/* One thread per kind with a timeout, all in one subject. */
static struct {
	const struct blocking_kind *kind;
	struct blocking blocking;
} timed[MAX_TIMED];
static unsigned int nr_timed;

struct outcome {
	uint32_t done;
	int32_t ret;
	uint64_t took;
};

static struct outcome *outcomes;

static int setup_timed(struct subject_shared *shared, void *arg)
{
	(void)arg;
	for (unsigned int i = 1; i <= nr_timed; i++) {
		timed[i].blocking.timeout = (struct timespec){ (time_t)scaled(3, 10), 0 };
		timed[i].blocking.stop = &shared->stop;
		/* What the kernel lacks is seen by the other test. */
		if (timed[i].kind->setup(&timed[i].blocking))
			SET(outcomes[i].done, 2);
	}
	return 0;
}

static void body_timed(struct subject_shared *shared, unsigned int index)
{
	struct outcome *outcome = &outcomes[index];
	uint64_t start = now_ns();

	(void)shared;
	if (GET(outcome->done))
		return;
	outcome->ret = (int32_t)timed[index].kind->block(&timed[index].blocking);
	outcome->took = now_ns() - start;
	SET(outcome->done, 1);
}

static unsigned int pending(void)
{
	unsigned int n = 0;

	for (unsigned int i = 1; i <= nr_timed; i++)
		n += !GET(outcomes[i].done);
	return n;
}

static const char *start_all(struct subject *s)
{
	const struct blocking_kind *tables[] = { blocking_files, blocking_sockets,
						 blocking_others };
	struct subject_options options = { .unshare = NS_NOPID, .body = body_timed,
					   .setup = setup_timed };

	outcomes = shared_alloc(MAX_TIMED * sizeof(*outcomes));
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct blocking_kind *k = tables[t]; k->name; k++)
			if (k->timed && nr_timed + 1 < MAX_TIMED)
				timed[++nr_timed].kind = k;
	options.threads = nr_timed + 1;
	return subject_start(s, &options);
}

/*
 * A limit (README.md): those of the calls that signal(7) lists as not restarted after a
 * stop signal that have a relative timeout. Fetched in one of them, the thread waits anew.
 */
static bool may_begin_anew(const char *kind)
{
	static const char *const kinds[] = {
		"epoll_wait_timeout", "epoll_pwait_timeout", "epoll_pwait2_timeout",
		"accept_rcvtimeo", "accept4_rcvtimeo", "recv_rcvtimeo", "read_rcvtimeo",
		"readv_rcvtimeo", "recvmsg_rcvtimeo", "recvmmsg_rcvtimeo", "send_sndtimeo",
		"write_sndtimeo", "writev_sndtimeo", "sendmsg_sndtimeo", "sendmmsg_sndtimeo",
		"sigtimedwait", "semtimedop", "io_getevents_timeout", "io_pgetevents_timeout",
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i], kind))
			return true;
	return false;
}

static long long stretch_percent(uint64_t took)
{
	return took > timeout_ns() ? (long long)((took - timeout_ns()) * 100 / timeout_ns()) : 0;
}

/* @anew_ns: when those that may begin anew did so, after the beginning; 0: nobody may. */
static void judge(struct __test_metadata *_metadata, const char *name, unsigned long attaches,
		  uint64_t anew_ns)
{
	unsigned int late = 0;
	uint64_t worst = 0;
	char text[96];

	for (unsigned int i = 1; i <= nr_timed; i++) {
		struct outcome *o = &outcomes[i];

		if (GET(o->done) == 2)
			continue;
		EXPECT_EQ(1, GET(o->done)) TH_LOG("%s never ended", timed[i].kind->name);
		if (!GET(o->done))
			continue;
		EXPECT_EQ(timed[i].kind->expired, o->ret)
		{
			TH_LOG("%s returned %d", timed[i].kind->name, o->ret);
		}
		if (anew_ns && may_begin_anew(timed[i].kind->name)) {
			EXPECT_GE(anew_ns + timeout_ns() + slack_ns(), o->took)
			{
				TH_LOG("%s took %llu ms", timed[i].kind->name,
				       (unsigned long long)o->took / 1000000);
			}
			snprintf(text, sizeof(text), "timeouts.anew.%s.stretch_percent",
				 timed[i].kind->name);
			figure(text, stretch_percent(o->took));
			continue;
		}
		late += o->took > timeout_ns() + slack_ns();
		EXPECT_GE(timeout_ns() + slack_ns(), o->took)
		{
			TH_LOG("%s took %llu ms", timed[i].kind->name,
			       (unsigned long long)o->took / 1000000);
		}
		worst = o->took > worst ? o->took : worst;
	}
	figure("timeouts.kinds", nr_timed);
	snprintf(text, sizeof(text), "timeouts.%s.late", name);
	figure(text, late);
	snprintf(text, sizeof(text), "timeouts.%s.attaches", name);
	figure(text, (long long)attaches);
	snprintf(text, sizeof(text), "timeouts.%s.worst_stretch_percent", name);
	figure(text, stretch_percent(worst));
}

/*
 * Attaches follow each other for as long as anybody waits: a call that began
 * its timeout anew with each of them would never end.
 */
TEST_F_TIMEOUT(timeouts, are_not_stretched_by_any_number_of_attaches, 300)
{
	unsigned long attaches = 0;
	uint64_t start;

	ASSERT_CLEAN(start_all(&self->subject));
	start = now_ns();
	while (pending() && now_ns() - start < 4 * timeout_ns()) {
		const struct place *to = attaches % 2 ? &self->b : &self->a;
		struct nsattach_error error;

		/* SysV ids mean nothing in the other ipc namespaces. */
		ASSERT_ATTACHED(attach_pid_retry(self->subject.pid, to->pid,
						 NS_BASE & ~(uint64_t)CLONE_NEWIPC, &error),
				error);
		attaches++;
		usleep(20000);
	}
	EXPECT_LT(10, attaches);
	judge(_metadata, "asleep", attaches, 0);
}

/* Nor when its clocks jump each time. */
TEST_F_TIMEOUT(timeouts, are_not_stretched_by_a_time_namespace, 300)
{
	unsigned long attaches = 0;
	struct nsattach_query query;
	struct ahead ahead[2];
	uint64_t start;

	ASSERT_EQ(0, attach_query(&query));
	if (!(query.namespaces & CLONE_NEWTIME))
		SKIP(return, "time is not among the namespaces the module attaches");
	ASSERT_CLEAN(ahead_start(&ahead[0], 0));
	ASSERT_CLEAN(ahead_start(&ahead[1], 0));
	ASSERT_CLEAN(start_all(&self->subject));
	start = now_ns();
	while (pending() && now_ns() - start < 4 * timeout_ns()) {
		struct nsattach_error error;

		ASSERT_ATTACHED(attach_pid_retry(self->subject.pid, ahead[attaches % 2].pid,
						 CLONE_NEWTIME, &error), error);
		attaches++;
		usleep(20000);
	}
	EXPECT_LT(10, attaches);
	judge(_metadata, "time", attaches, 0);
	ahead_stop(&ahead[0]);
	ahead_stop(&ahead[1]);
}

/*
 * Half way through, every thread is fetched: those that the kernel does not restart by
 * itself begin anew, once, and nobody else.
 */
TEST_F_TIMEOUT(timeouts, begin_anew_at_most_once_for_an_attach_that_wakes, 300)
{
	struct nsattach_error error;
	uint64_t start;

	ASSERT_CLEAN(start_all(&self->subject));
	start = now_ns();
	usleep((useconds_t)(timeout_ns() / 2000));
	ASSERT_TRUE(module_let_sleep(false));
	ASSERT_ATTACHED(attach_pid_retry(self->subject.pid, self->a.pid,
					 NS_BASE & ~(uint64_t)CLONE_NEWIPC, &error), error);
	ASSERT_TRUE(module_let_sleep(true));
	start = now_ns() - start;
	UNTIL(!pending());
	judge(_metadata, "woken", 1, start);
}

TEST_HARNESS_MAIN
