// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * exec and exit at the very moment of an attach.
 */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "attach.h"
#include "exec_loop.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

static struct lives *lives;

FIXTURE(race)
{
	struct place a;
	struct place b;
	struct subject subject;
};

FIXTURE_SETUP(race)
{
	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(place_start(&self->b, 2, NS_BASE));
}

FIXTURE_TEARDOWN(race)
{
	subject_stop(&self->subject);
	place_stop(&self->a);
	place_stop(&self->b);
}

static long exec_first(char *text)
{
	(void)text;
	exec_for_ever(lives);
	return errno;
}

static void attach_while_it_execs(struct __test_metadata *_metadata, struct subject *s,
				  const struct place *a, const struct place *b, bool by_thread)
{
	unsigned long moved = 0, again = 0;

	lives = lives_alloc(2, by_thread);
	ASSERT_NE(NULL, lives);
	ASSERT_CLEAN(subject_start_plain(s, 3));
	subject_call_begin(s, exec_first);
	for (unsigned long i = 0; i < scaled(40, 5000); i++) {
		const struct place *to = i % 2 ? b : a;
		uint32_t execs = GET(lives->execs);
		struct nsattach_error error;
		int ret = attach_pid(s->pid, to->pid, NS_NOPID, &error);

		if (ret == -EAGAIN) {
			again++;
			continue;
		}
		ASSERT_ATTACHED(ret, error);
		moved++;
		ASSERT_CLEAN(not_in(s->pid, to, NS_NOPID));
		ASSERT_TRUE(UNTIL(GET(lives->execs) > execs + 1 || GET(lives->failed)));
		ASSERT_EQ(0, GET(lives->failed));
		ASSERT_CLEAN(not_in(s->pid, to, NS_NOPID));
	}
	EXPECT_LT(0, moved);
	figure(by_thread ? "exec_by_thread.attaches" : "exec_by_leader.attaches", (long long)moved);
	figure(by_thread ? "exec_by_thread.eagain" : "exec_by_leader.eagain", (long long)again);
}

TEST_F_TIMEOUT(race, exec_by_the_leader_keeps_what_was_joined, 1200)
{
	attach_while_it_execs(_metadata, &self->subject, &self->a, &self->b, false);
}

TEST_F_TIMEOUT(race, exec_by_another_thread_keeps_what_was_joined, 1200)
{
	attach_while_it_execs(_metadata, &self->subject, &self->a, &self->b, true);
}

/* A process of four threads that ends as soon as *go is set. */
static pid_t start_mortal(uint32_t *go, uint32_t *ready)
{
	pid_t pid = fork_child();
	pthread_t thread;

	if (pid)
		return pid;
	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, idle_thread, NULL);
	SET(*ready, 1);
	futex_wake(ready);
	while (!GET(*go))
		futex_wait(go, 0);
	_exit(7);
}

TEST_F_TIMEOUT(race, exit_during_the_attach_succeeds_or_says_so, 3600)
{
	unsigned long success = 0, gone = 0, again = 0, rounds = scaled(200, 50000);
	uint32_t *words = shared_alloc(2 * sizeof(*words));

	for (unsigned long i = 0; i < rounds; i++) {
		struct nsattach_error error;
		int status = 0, ret;
		struct attach a;
		pid_t pid;

		words[0] = 0;
		words[1] = 0;
		pid = start_mortal(&words[0], &words[1]);
		while (!GET(words[1]))
			futex_wait(&words[1], 0);
		attach_init(&a);
		ASSERT_EQ(0, attach_add_subject(&a, pid));
		ASSERT_EQ(0, attach_set_target(&a, self->a.pid, NS_BASE));
		SET(words[0], 1);
		futex_wake(&words[0]);
		/* Later and later, so that every stage of the exit is met. */
		spin(i % 50 * 2000);
		ret = attach_call(&a);
		error = a.arg.error;
		attach_done(&a);
		success += ret == 0;
		gone += ret == -ESRCH;
		again += ret == -EAGAIN;
		ASSERT_TRUE(ret == 0 || ret == -ESRCH || ret == -EAGAIN)
		{
			TH_LOG("ret %d, %s", ret, attach_error_text(&error));
		}
		if (ret == -ESRCH)
			EXPECT_EQ(NSATTACH_R_SUBJECT_GONE, error.reason);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		/* It ended as it wanted to, not by anything of ours. */
		ASSERT_TRUE(WIFEXITED(status));
		ASSERT_EQ(7, WEXITSTATUS(status));
	}
	figure("exit_race.rounds", (long long)rounds);
	figure("exit_race.success", (long long)success);
	figure("exit_race.esrch", (long long)gone);
	figure("exit_race.eagain", (long long)again);
	/* The few rounds of a quick run may all be on one side. */
	if (full_scale()) {
		EXPECT_LT(0, success);
		EXPECT_LT(0, gone);
	}
}

TEST_HARNESS_MAIN
