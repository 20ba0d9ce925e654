// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbers that are used again at once: whoever was named by a pidfd is meant,
 * and never the process that has got its number meanwhile.
 */
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "attach.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"

#define PID_MAX "/proc/sys/kernel/pid_max"

FIXTURE(reuse)
{
	struct place a;
	uint32_t *begun;
	char pid_max[16];
	uint64_t home;
};

FIXTURE_SETUP(reuse)
{
	ASSERT_LE(0, device_fd());
	read_at(AT_FDCWD, PID_MAX, self->pid_max, sizeof(self->pid_max));
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	self->begun = shared_alloc(sizeof(*self->begun));
	self->home = task_ns(getpid(), getpid(), "uts");
	/* Small enough for numbers to come round all the time. */
	ASSERT_TRUE(write_file(PID_MAX, "2000"));
}

FIXTURE_TEARDOWN(reuse)
{
	write_file(PID_MAX, self->pid_max);
	place_stop(&self->a);
}

/*
 * A child that waits in a uts namespace of its own, or of the test; with a number
 * of our choice, if it is free.
 */
static pid_t start_with_number(pid_t number, bool own_uts)
{
	pid_t set_tid[] = { number };
	struct clone_args args = {
		.flags = own_uts ? CLONE_NEWUTS : 0,
		.exit_signal = SIGCHLD,
		.set_tid = number ? (uintptr_t)set_tid : 0,
		.set_tid_size = number ? 1 : 0,
	};
	pid_t parent = getpid(), pid;

	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (!pid) {
		die_with(parent);
		for (;;)
			pause();
	}
	return pid;
}

/* In a process of its own, so that both sides run at the same time. */
static pid_t start_caller(struct attach *a, uint32_t *begun)
{
	pid_t pid = fork_child();

	if (pid)
		return pid;
	SET(*begun, 1);
	_exit(-attach_call(a));
}

struct sums {
	unsigned long success;
	unsigned long gone;
	unsigned long reused;
	unsigned long wrong;
};

/* A newcomer as subject stays where it was born; as target it is not joined. */
static bool is_wrong(FIXTURE_DATA(reuse) *self, bool target, pid_t other, pid_t newcomer,
		     uint64_t expected)
{
	if (target)
		return task_ns(other, other, "uts") != expected;
	return task_ns(newcomer, newcomer, "uts") != self->home;
}

/* One process is replaced by another of its number while it is attached, or joined. */
static void replace(struct __test_metadata *_metadata, FIXTURE_DATA(reuse) *self, bool target,
		    unsigned long i, struct sums *sums)
{
	pid_t first = start_with_number(0, target), other = start_with_number(0, false);
	uint64_t joined = target ? task_ns(first, first, "uts") : self->a.ns[NS_UTS];
	pid_t subject = target ? other : first, second, caller = 0;
	/* Sometimes all of it has happened before the call. */
	bool late = i % 8 == 7;
	uint32_t *begun = self->begun;
	struct attach a;
	int status, ret;

	ASSERT_LT(0, first);
	ASSERT_LT(0, other);
	SET(*begun, 0);
	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, subject));
	ASSERT_EQ(0, attach_set_target(&a, target ? first : self->a.pid, CLONE_NEWUTS));
	if (!late) {
		caller = start_caller(&a, begun);
		while (!GET(*begun))
			;
		spin(i % 64 * 1000);
	}
	kill_and_reap(first);
	second = start_with_number(first, target);
	ASSERT_LT(0, second);
	if (late)
		caller = start_caller(&a, begun);
	sums->reused += second == first;
	ASSERT_EQ(caller, waitpid(caller, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	ret = WEXITSTATUS(status);
	sums->success += ret == 0;
	sums->gone += ret == ESRCH;
	ASSERT_TRUE(ret == 0 || ret == ESRCH || ret == EAGAIN) TH_LOG("%s", strerror(ret));
	sums->wrong += is_wrong(self, target, other, second, ret ? self->home : joined);
	/* And asked for again by what named the first one, it is not there. */
	EXPECT_REFUSED(ESRCH, target ? NSATTACH_R_TARGET_GONE : NSATTACH_R_SUBJECT_GONE,
		       attach_call(&a), a.arg.error);
	sums->wrong += is_wrong(self, target, other, second, ret ? self->home : joined);
	kill_and_reap(second);
	kill_and_reap(other);
	attach_done(&a);
}

TEST_F_TIMEOUT(reuse, of_a_number_never_hits_the_newcomer, 1200)
{
	unsigned long rounds = scaled(80, 20000);
	struct sums sums = { 0, 0, 0, 0 };

	for (unsigned long i = 0; i < rounds; i++)
		replace(_metadata, self, i % 2, i / 2, &sums);
	figure("reuse.tries", (long long)rounds);
	figure("reuse.number_used_again", (long long)sums.reused);
	figure("reuse.attached_before", (long long)sums.success);
	figure("reuse.gone", (long long)sums.gone);
	figure("reuse.wrong_process", (long long)sums.wrong);
	EXPECT_EQ(0, sums.wrong);
	/* Both outcomes have happened, and the numbers did come again. */
	EXPECT_LT(0, sums.success);
	EXPECT_LT(0, sums.gone);
	EXPECT_LT(rounds / 2, sums.reused);
}

TEST_HARNESS_MAIN
