// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program that waits in the kernel must not notice that it was moved: the
 * call goes on as if nothing had happened, and ends as it would have ended.
 */
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include "attach.h"
#include "blocking.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

#define RESTART_SYSCALL SYS_restart_syscall

/* What the running kind shares with its wake function, inside the subject. */
static const struct blocking_kind *kind;
static struct blocking blocking;

const struct blocking_kind *blocking_find(const char *name)
{
	const struct blocking_kind *tables[] = { blocking_files, blocking_others };

	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct blocking_kind *k = tables[t]; k->name; k++)
			if (!strcmp(k->name, name))
				return k;
	return NULL;
}

FIXTURE(blocking)
{
	struct place a;
	struct place b;
	struct subject subject;
};

FIXTURE_VARIANT(blocking)
{
	const char *kind;
};

#define KIND(name) \
	FIXTURE_VARIANT_ADD(blocking, name) { .kind = #name }

KIND(read_pipe);
KIND(write_full_pipe);
KIND(epoll_wait);
KIND(epoll_wait_timeout);
KIND(epoll_pwait);
KIND(epoll_pwait2_timeout);
KIND(poll);
KIND(poll_timeout);
KIND(ppoll);
KIND(ppoll_timeout);
KIND(select);
KIND(select_timeout);
KIND(pselect6_timeout);
KIND(accept);
KIND(accept_rcvtimeo);
KIND(connect);
KIND(recv);
KIND(recv_rcvtimeo);
KIND(recvmsg_rcvtimeo);
KIND(send_sndtimeo);
KIND(flock);
KIND(fcntl_setlkw);
KIND(signalfd);
KIND(eventfd);
KIND(timerfd);
KIND(inotify);
KIND(tty);
KIND(open_fifo);
KIND(nanosleep);
KIND(clock_nanosleep);
KIND(clock_nanosleep_abstime);
KIND(futex_wait);
KIND(futex_wait_timeout);
KIND(futex_wait_bitset_abstime);
KIND(futex_lock_pi);
KIND(futex_waitv);
KIND(sigtimedwait);
KIND(sigwaitinfo);
KIND(sigsuspend);
KIND(pause);
KIND(semop);
KIND(semtimedop);
KIND(msgrcv);
KIND(msgsnd_full);
KIND(mq_timedreceive);
KIND(mq_timedsend_full);
KIND(wait4);
KIND(waitid);
KIND(io_getevents);
KIND(io_getevents_timeout);
KIND(io_uring_enter);
KIND(spin_in_user_mode);
KIND(spin_in_calls);

FIXTURE_SETUP(blocking)
{
	kind = blocking_find(variant->kind);
	ASSERT_NE(NULL, kind);
	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(place_start(&self->b, 2, NS_BASE));
}

FIXTURE_TEARDOWN(blocking)
{
	subject_stop(&self->subject);
	place_stop(&self->a);
	place_stop(&self->b);
}

static int setup(struct subject_shared *shared, void *arg)
{
	(void)arg;
	blocking.timeout = (struct timespec){ 3600, 0 };
	blocking.stop = &shared->stop;
	return blocking_catch_signal() ?: kind->setup(&blocking);
}

/* Thread 1 blocks, thread 2 only waits: a subject of more than one kind. */
static void body(struct subject_shared *shared, unsigned int index)
{
	if (index != 1) {
		body_wait(shared, index);
		return;
	}
	SET(blocking.tid, shared->tids[1]);
	for (;;) {
		long ret = kind->block(&blocking);

		SET(shared->last_errno, (int32_t)ret);
		if (GET(shared->stop))
			break;
		ADD(shared->returns, 1);
	}
	ADD(shared->rounds, 1);
	for (;;)
		pause();
}

static long wake(char *text)
{
	(void)text;
	kind->wake(&blocking);
	return 0;
}

static bool is_waiting(const struct subject *s)
{
	long nr = task_syscall(s->pid, subject_tid(s, 1));

	return nr == kind->nr || nr == RESTART_SYSCALL;
}

TEST_F_TIMEOUT(blocking, sees_nothing, 600)
{
	struct subject_options options = { .threads = 3, .unshare = NS_NOPID, .body = body,
					   .setup = setup };
	unsigned long rounds = scaled(25, 100);
	struct subject_shared *shared;
	struct snapshot *before;
	const char *bad = subject_start(&self->subject, &options);
	char name[64];

	if (bad && strstr(bad, strerror(ENOSYS)))
		SKIP(return, "this kernel has no %s", kind->name);
	ASSERT_CLEAN(bad);
	shared = self->subject.shared;
	if (kind->nr >= 0)
		ASSERT_TRUE(UNTIL(is_waiting(&self->subject)));
	before = snapshot_take(self->subject.pid);
	for (unsigned long i = 0; i < rounds; i++) {
		const struct place *to = i % 2 ? &self->b : &self->a;
		struct nsattach_error error;

		if (kind->nr >= 0)
			ASSERT_TRUE(UNTIL(is_waiting(&self->subject)));
		ASSERT_ATTACHED(attach_pid(self->subject.pid, to->pid,
					   NS_BASE & ~kind->not, &error), error);
		if (i % 10 == 0)
			ASSERT_CLEAN(not_moved(before, self->subject.pid, to,
					       NS_BASE & ~kind->not));
	}
	if (kind->nr >= 0)
		ASSERT_TRUE(UNTIL(is_waiting(&self->subject)));
	snprintf(name, sizeof(name), "blocking.%s.spurious", kind->name);
	figure(name, GET(shared->returns));
	EXPECT_EQ(0, GET(shared->returns))
	{
		TH_LOG("%s returned %d", kind->name, GET(shared->last_errno));
	}
	/* And the wait ends as it would have ended. */
	SET(shared->stop, 1);
	EXPECT_EQ(0, subject_call(&self->subject, wake));
	ASSERT_TRUE(UNTIL(GET(shared->rounds)));
	EXPECT_EQ(kind->woken, GET(shared->last_errno));
	snapshot_free(before);
}

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
	subject_stop(&self->subject);
	place_stop(&self->a);
	place_stop(&self->b);
}

#define MAX_TIMED 40
#define TIMEOUT_NS (3000ULL * 1000 * 1000)

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
		timed[i].blocking.timeout = (struct timespec){ 3, 0 };
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

/*
 * Attaches follow each other for as long as anybody waits: a call that began
 * its timeout anew with each of them would never end. How many attaches that
 * were is a figure; the bound is a tenth of the timeout plus half a second for
 * a machine that is busy with other things.
 */
TEST_F_TIMEOUT(timeouts, are_not_stretched_by_any_number_of_attaches, 300)
{
	const struct blocking_kind *tables[] = { blocking_files, blocking_others };
	struct subject_options options = { .unshare = NS_NOPID, .body = body_timed,
					   .setup = setup_timed };
	const uint64_t slack = 500ULL * 1000 * 1000;
	uint64_t start, worst = 0;
	unsigned long attaches = 0;

	outcomes = shared_alloc(MAX_TIMED * sizeof(*outcomes));
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct blocking_kind *k = tables[t]; k->name; k++)
			if (k->timed)
				timed[++nr_timed].kind = k;
	ASSERT_GT(MAX_TIMED, nr_timed);
	options.threads = nr_timed + 1;
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	start = now_ns();
	while (pending() && now_ns() - start < 4 * TIMEOUT_NS) {
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
		EXPECT_GE(TIMEOUT_NS + TIMEOUT_NS / 10 + slack, o->took)
		{
			TH_LOG("%s took %llu ms", timed[i].kind->name,
			       (unsigned long long)o->took / 1000000);
		}
		worst = o->took > worst ? o->took : worst;
	}
	figure("timeouts.kinds", nr_timed);
	figure("timeouts.attaches", (long long)attaches);
	figure("timeouts.worst_stretch_percent",
	       worst > TIMEOUT_NS ? (long long)((worst - TIMEOUT_NS) * 100 / TIMEOUT_NS) : 0);
}

TEST_HARNESS_MAIN
