// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The real move into a pid namespace: a number inside for every thread, the old
 * one outside for everybody who holds it. Only on kernels that can.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "attach.h"
#include "harness.h"
#include "pidmove.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

FIXTURE(pid)
{
	struct place a, b;
	struct subject subject;
	struct snapshot *before;
};

FIXTURE_VARIANT(pid)
{
	unsigned int threads;
};

FIXTURE_VARIANT_ADD(pid, of_1) { .threads = 1 };
FIXTURE_VARIANT_ADD(pid, of_2) { .threads = 2 };
FIXTURE_VARIANT_ADD(pid, of_64) { .threads = 64 };

FIXTURE_SETUP(pid)
{
	ASSERT_LE(0, device_fd());
	if (!pid_move_works())
		return;
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(place_start(&self->b, 2, NS_BASE));
	ASSERT_CLEAN(subject_start_plain(&self->subject, variant->threads));
	self->before = snapshot_take(self->subject.pid);
}

FIXTURE_TEARDOWN(pid)
{
	if (!self->before)
		return;
	snapshot_free(self->before);
	subject_stop(&self->subject);
	place_stop(&self->a);
	place_stop(&self->b);
}

static long own_pid(char *text)
{
	(void)text;
	return syscall(SYS_getpid);
}

static long parent_pid(char *text)
{
	(void)text;
	return syscall(SYS_getppid);
}

static void *nothing(void *arg)
{
	return arg;
}

static long start_a_thread(char *text)
{
	pthread_t thread;
	int err = pthread_create(&thread, NULL, nothing, NULL);

	(void)text;
	return err ? -err : pthread_join(thread, NULL);
}

TEST_F(pid, every_thread_gets_a_number_inside_and_keeps_the_one_outside)
{
	struct nsattach_error error;

	NEEDS_PID_MOVE();
	ASSERT_ATTACHED(move_pid(self->subject.pid, &self->a, NS_BASE, 0, &error), error);
	EXPECT_CLEAN(not_in(self->subject.pid, &self->a, NS_BASE));
	EXPECT_CLEAN(not_numbered(&self->subject, variant->threads, 2));
	EXPECT_EQ(self->subject.pid, subject_call(&self->subject, own_pid));
	EXPECT_EQ(0, subject_call(&self->subject, parent_pid));
	EXPECT_EQ(0, subject_call(&self->subject, start_a_thread));
}

TEST_F(pid, children_are_born_inside)
{
	struct nsattach_error error;
	int nr[MAX_NUMBERS];
	pid_t child;

	NEEDS_PID_MOVE();
	ASSERT_ATTACHED(move_pid(self->subject.pid, &self->a, CLONE_NEWPID, 0, &error), error);
	child = subject_fork(&self->subject);
	ASSERT_LT(0, child);
	/* What fork() told the subject is the number inside; outside it is another. */
	EXPECT_NE(2, numbers_of(child, child, "NSpid", nr));
}

TEST_F(pid, teardown_of_the_container_takes_it_along)
{
	struct nsattach_error error;
	struct pollfd dead = { .events = POLLIN };

	NEEDS_PID_MOVE();
	dead.fd = pidfd_of(self->subject.pid);
	ASSERT_ATTACHED(move_pid(self->subject.pid, &self->a, CLONE_NEWPID, 0, &error), error);
	EXPECT_EQ(0, poll(&dead, 1, 0));
	ASSERT_EQ(0, kill(self->a.pid, SIGKILL));
	EXPECT_EQ(1, poll(&dead, 1, 60000));
	close(dead.fd);
}

TEST_F(pid, detach_takes_the_number_back_and_another_attach_gives_one_elsewhere)
{
	struct nsattach_error error;

	NEEDS_PID_MOVE();
	for (int i = 0; i < 4; i++) {
		const struct place *to = i % 2 ? &self->b : &self->a;

		ASSERT_ATTACHED(move_pid(self->subject.pid, to, NS_BASE, 0, &error), error);
		ASSERT_CLEAN(not_numbered(&self->subject, variant->threads, 2));
		ASSERT_CLEAN(not_in(self->subject.pid, to, NS_BASE));
		ASSERT_ATTACHED(detach_pid(self->subject.pid, &error), error);
		ASSERT_CLEAN(not_numbered(&self->subject, variant->threads, 1));
		ASSERT_EQ(self->subject.pid, subject_call(&self->subject, own_pid));
	}
}

TEST_F(pid, stopped_one_moves_and_stays_stopped)
{
	struct nsattach_error error;
	int status;

	NEEDS_PID_MOVE();
	ASSERT_EQ(0, kill(self->subject.pid, SIGSTOP));
	ASSERT_EQ(self->subject.pid, waitpid(self->subject.pid, &status, WUNTRACED));
	ASSERT_ATTACHED(move_pid(self->subject.pid, &self->a, NS_BASE, 0, &error), error);
	EXPECT_CLEAN(not_numbered(&self->subject, variant->threads, 2));
	EXPECT_CLEAN(not_in(self->subject.pid, &self->a, NS_BASE));
	EXPECT_EQ(0, waitpid(self->subject.pid, &status, WUNTRACED | WCONTINUED | WNOHANG));
	ASSERT_EQ(0, kill(self->subject.pid, SIGCONT));
	EXPECT_EQ(self->subject.pid, subject_call(&self->subject, own_pid));
}

TEST_F(pid, child_that_would_stay_behind_is_named)
{
	struct nsattach_error error;
	pid_t child;

	NEEDS_PID_MOVE();
	child = subject_fork(&self->subject);
	ASSERT_LT(0, child);
	EXPECT_REFUSED(EBUSY, NSATTACH_R_PID_CHILD,
		       move_pid(self->subject.pid, &self->a, NS_BASE, 0, &error), error);
	EXPECT_EQ(child, error.tid);
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
	EXPECT_CLEAN(not_numbered(&self->subject, variant->threads, 1));
}

TEST_F(pid, traced_one_is_refused)
{
	struct nsattach_error error;
	int status;

	NEEDS_PID_MOVE();
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, self->subject.pid, 0, 0));
	EXPECT_REFUSED(EBUSY, NSATTACH_R_PID_TRACED,
		       move_pid(self->subject.pid, &self->a, NS_BASE, 0, &error), error);
	EXPECT_EQ(getpid(), error.tid);
	EXPECT_CLEAN(not_numbered(&self->subject, variant->threads, 1));
	ASSERT_EQ(0, ptrace(PTRACE_INTERRUPT, self->subject.pid, 0, 0));
	ASSERT_EQ(self->subject.pid, waitpid(self->subject.pid, &status, __WALL));
	ASSERT_EQ(0, ptrace(PTRACE_DETACH, self->subject.pid, 0, 0));
}

TEST_F(pid, same_namespace_again_is_refused)
{
	struct nsattach_error error;

	NEEDS_PID_MOVE();
	ASSERT_ATTACHED(move_pid(self->subject.pid, &self->a, NS_BASE, 0, &error), error);
	EXPECT_REFUSED(EINVAL, NSATTACH_R_PIDNS_NOT_BELOW,
		       move_pid(self->subject.pid, &self->a, NS_BASE, 0, &error), error);
	EXPECT_CLEAN(not_numbered(&self->subject, variant->threads, 2));
}

TEST_F(pid, taken_number_is_refused_or_replaced)
{
	struct nsattach_error error;
	pid_t taker;
	int nr[MAX_NUMBERS] = { 0 };

	NEEDS_PID_MOVE();
	taker = start_inside(self->a.pid, self->subject.pid);
	ASSERT_LT(0, taker);
	EXPECT_REFUSED(EEXIST, NSATTACH_R_PID_TAKEN,
		       move_pid(self->subject.pid, &self->a, NS_BASE, 0, &error), error);
	EXPECT_EQ(self->subject.pid, error.tid);
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));

	ASSERT_ATTACHED(move_pid(self->subject.pid, &self->a, NS_BASE, NSATTACH_F_PID_RENUMBER,
				 &error), error);
	ASSERT_EQ(2, numbers_of(self->subject.pid, self->subject.pid, "NSpid", nr));
	EXPECT_EQ(self->subject.pid, nr[0]);
	EXPECT_NE(self->subject.pid, nr[1]);
	EXPECT_EQ(nr[1], subject_call(&self->subject, own_pid));
	EXPECT_EQ(0, subject_call(&self->subject, start_a_thread));
	kill(taker, SIGKILL);
	waitpid(taker, NULL, 0);
}

TEST_HARNESS_MAIN
