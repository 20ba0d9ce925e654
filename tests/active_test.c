// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Namespaces are used for as long as somebody who was moved is in them, and not
 * a moment longer: not by the target that has gone, not by a move that failed,
 * not once for every thread.
 *
 * Where the kernel counts active users of namespaces (6.19), listns(2) shows
 * them, and things that keep the namespaces without using them make a count that
 * is too high visible. Everywhere, the budgets of user.max_*_namespaces tell
 * that in the end all of them were freed.
 */
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include "active.h"
#include "attach.h"
#include "budget.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "subject.h"

/* What was in use before the first test; the tests are children of one process. */
static struct {
	bool taken;
	struct budgets budgets;
} *start;

static void __attribute__((constructor)) share_start(void)
{
	start = shared_alloc(sizeof(*start));
}

FIXTURE(active)
{
	struct place target;
	struct place other;
	struct subject subject;
	struct active_ids ids;
	struct active_holds holds;
	uint64_t mask;
	bool counted;
};

FIXTURE_VARIANT(active)
{
	unsigned int threads;
	uint64_t mask;
};

FIXTURE_VARIANT_ADD(active, one_thread)
{
	.threads = 1, .mask = NS_BASE,
};

FIXTURE_VARIANT_ADD(active, two_threads)
{
	.threads = 2, .mask = NS_BASE,
};

FIXTURE_VARIANT_ADD(active, threads_64)
{
	.threads = 64, .mask = NS_BASE,
};

FIXTURE_VARIANT_ADD(active, user_64_threads)
{
	.threads = 64, .mask = NS_BASE | CLONE_NEWUSER,
};

/* Wait for this thread's turn: the highest index leaves first. */
static void body_leave_in_turn(struct subject_shared *shared, unsigned int index)
{
	uint32_t gone;

	while ((gone = GET(shared->rounds)) + index < SUBJECT_MAX_THREADS)
		futex_wait(&shared->rounds, gone);
}

FIXTURE_SETUP(active)
{
	struct subject_options options = { .threads = variant->threads, .unshare = NS_NOPID,
					   .body = body_leave_in_turn };

	self->mask = variant->mask;
	self->holds = (struct active_holds){ -1, NULL, -1 };
	self->counted = active_is_counted();
	ASSERT_LE(0, device_fd());
	if (!start->taken)
		budgets_take(&start->budgets);
	start->taken = true;
	ASSERT_CLEAN(place_start(&self->target, 1, self->mask));
	ASSERT_CLEAN(place_start(&self->other, 2, NS_BASE));
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	ASSERT_CLEAN(active_hold(self->target.pid, self->mask, &self->holds));
	if (self->counted)
		ASSERT_CLEAN(active_ids_of(self->target.pid, self->mask, &self->ids));
	figure("active.counted_by_kernel", self->counted);
}

FIXTURE_TEARDOWN(active)
{
	active_release(&self->holds);
	subject_stop(&self->subject);
	place_stop(&self->target);
	place_stop(&self->other);
	/* Whatever the test did with them: all are free again. */
	EXPECT_CLEAN(budgets_not_back(&start->budgets));
}

/* The highest @n threads end, one after the other. */
static void leave(struct subject *s, unsigned int threads, unsigned int n)
{
	for (unsigned int i = threads - 1; i > threads - 1 - n; i--) {
		pid_t tid = subject_tid(s, i);

		SET(s->shared->rounds, SUBJECT_MAX_THREADS - i);
		futex_wake(&s->shared->rounds);
		UNTIL(!task_state(s->pid, tid));
	}
}

static long exit_thread(char *text)
{
	(void)text;
	return syscall(SYS_exit, 0);
}

/* The leader first, as a zombie until the others are gone, too. */
static const char *leave_but_one(struct subject *s, unsigned int threads)
{
	if (threads == 1)
		return NULL;
	subject_call_begin(s, exit_thread);
	if (!UNTIL(task_state(s->pid, s->pid) == 'Z'))
		return "the leader does not leave";
	leave(s, threads, threads - 2);
	return NULL;
}

TEST_F_TIMEOUT(active, last_thread_out_and_the_namespaces_are_gone, 240)
{
	struct nsattach_error error;
	int fd;

	/* There, back and there again: nothing may add up. */
	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->other.pid, NS_NOPID, &error), error);
	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->target.pid, self->mask, &error), error);
	ASSERT_ATTACHED(detach_pid(self->subject.pid, &error), error);
	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->target.pid, self->mask, &error), error);
	place_stop(&self->target);
	if (self->counted)
		EXPECT_CLEAN(active_missing(&self->ids));
	ASSERT_CLEAN(leave_but_one(&self->subject, variant->threads));
	if (self->counted)
		EXPECT_CLEAN(active_missing(&self->ids));
	if (variant->threads > 1)
		leave(&self->subject, 2, 1);
	subject_stop(&self->subject);
	if (!self->counted)
		return;
	EXPECT_CLEAN(active_left(&self->ids));
	/* It is still there, and only not in use: this look can fail. */
	fd = active_revive_net(&self->holds);
	ASSERT_LE(0, fd);
	EXPECT_EQ(NULL, active_missing(&(struct active_ids){ .id[NS_NET] = self->ids.id[NS_NET] }));
	close(fd);
	EXPECT_CLEAN(active_left(&self->ids));
}

TEST_F_TIMEOUT(active, a_detach_lets_go_of_them, 240)
{
	struct nsattach_error error;
	struct active_ids own = {};

	if (self->counted)
		ASSERT_CLEAN(active_ids_of(self->subject.pid, NS_NOPID, &own));
	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->target.pid, self->mask, &error), error);
	if (self->counted)
		EXPECT_CLEAN(active_missing(&own));
	ASSERT_ATTACHED(detach_pid(self->subject.pid, &error), error);
	place_stop(&self->target);
	if (self->counted) {
		EXPECT_CLEAN(active_left(&self->ids));
		EXPECT_CLEAN(active_missing(&own));
	}
	subject_stop(&self->subject);
	if (self->counted)
		EXPECT_CLEAN(active_left(&own));
}

/* Refused while the new state is built, with namespaces in it already. */
TEST_F_TIMEOUT(active, a_move_that_is_refused_leaves_no_trace, 240)
{
	struct attach a;

	attach_init(&a);
	a.arg.wd = (uintptr_t)"/not/there";
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&a, self->target.pid, self->mask));
	for (int i = 0; i < 20; i++)
		EXPECT_REFUSED(ENOENT, NSATTACH_R_WD, attach_call(&a), a.arg.error);
	attach_done(&a);
	place_stop(&self->target);
	if (self->counted)
		EXPECT_CLEAN(active_left(&self->ids));
}

static int vfork_pipe[2];

static void body_vfork(struct subject_shared *shared, unsigned int index)
{
	char c;

	if (index != 1 || vfork()) {
		body_wait(shared, index);
		return;
	}
	/* The child of a vfork may do very little. */
	syscall(SYS_read, vfork_pipe[0], &c, 1);
	_exit(0);
}

/* Given up when everything was built, and some of the threads were there. */
TEST_F_TIMEOUT(active, a_move_that_is_given_up_leaves_no_trace, 240)
{
	struct subject_options options = { .threads = variant->threads + 1, .unshare = NS_NOPID,
					   .body = body_vfork };
	struct attach a;

	subject_stop(&self->subject);
	ASSERT_EQ(0, pipe(vfork_pipe));
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	ASSERT_TRUE(UNTIL(task_state(self->subject.pid, subject_tid(&self->subject, 1)) == 'D'));
	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&a, self->target.pid, self->mask));
	for (int i = 0; i < 5; i++) {
		a.arg.timeout_ns = 20ULL * 1000 * 1000;
		EXPECT_REFUSED(ETIMEDOUT, NSATTACH_R_DEADLINE, attach_call(&a), a.arg.error);
	}
	attach_done(&a);
	place_stop(&self->target);
	if (self->counted)
		EXPECT_CLEAN(active_left(&self->ids));
	/* Let the child go, which is in the subject's own namespaces. */
	EXPECT_EQ(1, write(vfork_pipe[1], "x", 1));
	close(vfork_pipe[0]);
	close(vfork_pipe[1]);
}

TEST_HARNESS_MAIN
