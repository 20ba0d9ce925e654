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
KIND(epoll_pwait_timeout);
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
KIND(accept4_rcvtimeo);
KIND(connect);
KIND(recv);
KIND(recv_rcvtimeo);
KIND(read_rcvtimeo);
KIND(readv_rcvtimeo);
KIND(recvmsg_rcvtimeo);
KIND(recvmmsg_rcvtimeo);
KIND(send_sndtimeo);
KIND(write_sndtimeo);
KIND(writev_sndtimeo);
KIND(sendmsg_sndtimeo);
KIND(sendmmsg_sndtimeo);
KIND(splice_rcvtimeo);
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
KIND(io_pgetevents);
KIND(io_pgetevents_timeout);
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
	module_let_sleep(true);
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

/* A thread that is held, or waits for a processor, shows the call as well. */
static bool is_waiting(const struct subject *s)
{
	long nr = task_syscall(s->pid, subject_tid(s, 1));

	return (nr == kind->nr || nr == RESTART_SYSCALL) &&
	       task_state(s->pid, subject_tid(s, 1)) == 'S';
}

/* Ready for the next attach: it waits, if it is of a kind that does. */
static bool is_ready(const struct subject *s)
{
	return kind->nr < 0 || UNTIL(is_waiting(s));
}

static const char *start_kind(struct subject *s)
{
	struct subject_options options = { .threads = 3, .unshare = NS_NOPID, .body = body,
					   .setup = setup };
	const char *bad = subject_start(s, &options);

	return bad ? bad : is_ready(s) ? NULL : "it does not come to wait";
}

/* Not one return so far; and the wait ends as it would have ended. */
static void saw_nothing(struct __test_metadata *_metadata, struct subject *s, const char *how)
{
	struct subject_shared *shared = s->shared;
	char name[64];

	ASSERT_TRUE(is_ready(s));
	snprintf(name, sizeof(name), "blocking.%s.%s", kind->name, how);
	figure(name, GET(shared->returns));
	EXPECT_EQ(0, GET(shared->returns))
	{
		TH_LOG("%s returned %d", kind->name, GET(shared->last_errno));
	}
	SET(shared->stop, 1);
	EXPECT_EQ(0, subject_call(s, wake));
	ASSERT_TRUE(UNTIL(GET(shared->rounds)));
	EXPECT_EQ(kind->woken, GET(shared->last_errno));
}

TEST_F_TIMEOUT(blocking, sees_nothing, 600)
{
	const char *bad = start_kind(&self->subject);
	struct snapshot *before;

	if (bad && strstr(bad, strerror(ENOSYS)))
		SKIP(return, "this kernel has no %s", kind->name);
	ASSERT_CLEAN(bad);
	before = snapshot_take(self->subject.pid);
	for (unsigned long i = 0; i < scaled(20, 100); i++) {
		const struct place *to = i % 2 ? &self->b : &self->a;
		struct nsattach_error error;

		ASSERT_TRUE(is_ready(&self->subject));
		ASSERT_ATTACHED(attach_pid(self->subject.pid, to->pid,
					   NS_BASE & ~kind->not, &error), error);
		if (i % 10)
			continue;
		/* While it sleeps sigtimedwait() has another signal mask. */
		ASSERT_TRUE(is_ready(&self->subject));
		ASSERT_CLEAN(not_moved(before, self->subject.pid, to, NS_BASE & ~kind->not));
	}
	saw_nothing(_metadata, &self->subject, "spurious");
	snapshot_free(before);
}

/*
 * The engine leaves a thread asleep where that is safe. One that it has to fetch is
 * interrupted, and its call must go on by itself.
 */
TEST_F_TIMEOUT(blocking, sees_nothing_of_being_woken, 600)
{
	const char *bad = start_kind(&self->subject);

	if (bad && strstr(bad, strerror(ENOSYS)))
		SKIP(return, "this kernel has no %s", kind->name);
	ASSERT_CLEAN(bad);
	ASSERT_TRUE(module_let_sleep(false));
	for (unsigned long i = 0; i < scaled(10, 100); i++) {
		const struct place *to = i % 2 ? &self->b : &self->a;
		struct nsattach_error error;

		ASSERT_TRUE(is_ready(&self->subject));
		ASSERT_ATTACHED(attach_pid(self->subject.pid, to->pid,
					   NS_BASE & ~kind->not, &error), error);
	}
	saw_nothing(_metadata, &self->subject, "spurious_when_woken");
}

TEST_HARNESS_MAIN
