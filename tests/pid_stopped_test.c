// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Subjects whose tracer lets them go while they get their numbers: who was in a
 * stop runs, and whoever it makes meanwhile moves along or nobody moves.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attach.h"
#include "harness.h"
#include "pidmove.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

FIXTURE(pid_stopped)
{
	struct place a;
	struct subject subject;
};

static void *nothing(void *arg)
{
	return arg;
}

static void body_births(struct subject_shared *shared, unsigned int index)
{
	pthread_t thread;

	(void)index;
	while (!GET(shared->stop)) {
		if (!pthread_create(&thread, NULL, nothing, NULL))
			pthread_join(thread, NULL);
		ADD(shared->births, 1);
	}
}

FIXTURE_SETUP(pid_stopped)
{
	struct subject_options options = { .threads = 2, .body = body_births };

	ASSERT_LE(0, device_fd());
	if (!pid_move_works())
		return;
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(subject_start(&self->subject, &options));
}

FIXTURE_TEARDOWN(pid_stopped)
{
	if (!self->a.pid)
		return;
	subject_stop(&self->subject);
	place_stop(&self->a);
}

static bool is_at_clone(pid_t tid)
{
	struct user_regs_struct regs;

	return !ptrace(PTRACE_GETREGS, tid, 0, &regs) &&
	       (regs.orig_rax == SYS_clone || regs.orig_rax == SYS_clone3);
}

/* To the entry of a call that makes a thread, a moment there, and off without a tracer. */
static void stop_and_let_go(pid_t tid)
{
	int status;

	if (ptrace(PTRACE_SEIZE, tid, 0, PTRACE_O_TRACESYSGOOD) || ptrace(PTRACE_INTERRUPT, tid, 0, 0))
		_exit(1);
	do {
		if (waitpid(tid, &status, __WALL) != tid || !WIFSTOPPED(status))
			_exit(0);
		if (is_at_clone(tid))
			break;
	} while (!ptrace(PTRACE_SYSCALL, tid, 0, 0));
	nanosleep(&(struct timespec){ .tv_nsec = rand() % 1000000 }, NULL);
	ptrace(PTRACE_DETACH, tid, 0, 0);
}

static void play_tracer(pid_t tid)
{
	for (;;) {
		stop_and_let_go(tid);
		nanosleep(&(struct timespec){ .tv_nsec = rand() % 500000 }, NULL);
	}
}

/* Refused as long as it is traced, or restless: that is as good, if nothing has changed. */
static bool is_refused(const struct nsattach_error *error)
{
	return error->reason == NSATTACH_R_PID_TRACED || error->reason == NSATTACH_R_RESTLESS;
}

TEST_F_TIMEOUT(pid_stopped, who_is_let_go_by_its_tracer_leaves_nobody_behind, 1200)
{
	unsigned long rounds = scaled(1000, 20000), moved = 0;
	pid_t tracer;

	NEEDS_PID_MOVE();
	tracer = fork_child();
	if (!tracer)
		play_tracer(subject_tid(&self->subject, 1));
	for (unsigned long i = 0; i < rounds; i++) {
		struct nsattach_error error;
		int err = move_pid(self->subject.pid, &self->a, NS_BASE, 0, &error);

		if (err) {
			ASSERT_TRUE(is_refused(&error))
			TH_LOG("%s", attach_error_text(&error));
			continue;
		}
		moved++;
		ASSERT_CLEAN(not_in(self->subject.pid, &self->a, NS_BASE));
		do {
			err = detach_pid(self->subject.pid, &error);
			ASSERT_TRUE(!err || is_refused(&error))
			TH_LOG("%s", attach_error_text(&error));
		} while (err);
	}
	EXPECT_LT(0, moved);
	EXPECT_LT(0, GET(self->subject.shared->births));
	figure("pid_stopped.rounds", (long long)rounds);
	figure("pid_stopped.moved", (long long)moved);
	kill_and_reap(tracer);
}

TEST_HARNESS_MAIN
