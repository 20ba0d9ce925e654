// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sessions and process groups of those who move into a pid namespace and out of it
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "harness.h"
#include "pidmove.h"
#include "shared.h"
#include "snapshot.h"

FIXTURE(groups)
{
	struct place a, b;
	struct subject subject;
	pid_t pid;
};

FIXTURE_SETUP(groups)
{
	struct subject_options options = { .threads = 3 };

	if (!pid_move_works())
		return;
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(place_start(&self->b, 2, NS_BASE));
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	self->pid = self->subject.pid;
}

FIXTURE_TEARDOWN(groups)
{
	if (!self->a.pid)
		return;
	subject_stop(&self->subject);
	place_stop(&self->a);
	place_stop(&self->b);
}

static long own_group(char *text)
{
	(void)text;
	return getpgrp();
}

static long own_session(char *text)
{
	(void)text;
	return getsid(0);
}

static long wait_for_group(char *text)
{
	(void)text;
	return waitpid(0, NULL, 0);
}

static long waitid_for_group(char *text)
{
	siginfo_t info = { 0 };

	(void)text;
	return waitid(P_PGID, 0, &info, WEXITED) ? -errno : info.si_pid;
}

/* What it waits for is a group that neither is in any more. */
static void group_is_waited_for(struct __test_metadata *_metadata, FIXTURE_DATA(groups) *self,
				long nr, subject_fn wait)
{
	struct nsattach_error error;
	pid_t pids[2];

	pids[0] = self->pid;
	pids[1] = subject_fork(&self->subject);
	ASSERT_LT(0, pids[1]);
	subject_call_begin(&self->subject, wait);
	ASSERT_TRUE(UNTIL(task_syscall(pids[0], pids[0]) == nr &&
			  task_state(pids[0], pids[0]) == 'S'));
	ASSERT_ATTACHED(move_pids(pids, 2, self->a.pid, NS_BASE, 0, &error), error);
	ASSERT_EQ(0, kill(pids[1], SIGKILL));
	ASSERT_TRUE(SOON(!task_state(pids[1], pids[1])));
	EXPECT_EQ(pids[1], subject_call_end(&self->subject));
}

TEST_F(groups, who_waits_for_the_children_of_its_group_is_told_of_them)
{
	NEEDS_PID_MOVE();
	group_is_waited_for(_metadata, self, SYS_wait4, wait_for_group);
}

TEST_F(groups, who_waits_by_waitid_for_the_children_of_its_group_is_told_of_them)
{
	NEEDS_PID_MOVE();
	group_is_waited_for(_metadata, self, SYS_waitid, waitid_for_group);
}

TEST_F(groups, new_session_by_default)
{
	struct nsattach_error error;

	NEEDS_PID_MOVE();
	ASSERT_ATTACHED(move_pid(self->pid, &self->a, CLONE_NEWPID, 0, &error), error);
	EXPECT_STREQ(twice(self->pid), numbers(self->pid, "NSsid"));
	EXPECT_STREQ(twice(self->pid), numbers(self->pid, "NSpgid"));
	EXPECT_EQ(self->pid, subject_call(&self->subject, own_group));
	EXPECT_EQ(self->pid, subject_call(&self->subject, own_session));
	EXPECT_EQ(0, subject_call(&self->subject, own_parent));
}

TEST_F(groups, session_can_be_kept)
{
	struct nsattach_error error;
	char expected[32];

	NEEDS_PID_MOVE();
	ASSERT_ATTACHED(move_pid(self->pid, &self->a, CLONE_NEWPID, NSATTACH_F_PID_KEEP_SESSION,
				 &error), error);
	snprintf(expected, sizeof(expected), "%d 0", getsid(0));
	EXPECT_STREQ(expected, numbers(self->pid, "NSsid"));
	snprintf(expected, sizeof(expected), "%d 0", getpgrp());
	EXPECT_STREQ(expected, numbers(self->pid, "NSpgid"));
	EXPECT_EQ(0, subject_call(&self->subject, own_group));
	ASSERT_ATTACHED(detach_pid(self->pid, &error), error);
	EXPECT_EQ(getpgrp(), subject_call(&self->subject, own_group));
	EXPECT_EQ(getsid(0), subject_call(&self->subject, own_session));
}

/* As a shell starts it: N processes in a group that the first one leads. */
static void start_job(pid_t *pids, int nr)
{
	for (int i = 0; i < nr; i++) {
		pids[i] = fork_child();
		if (!pids[i]) {
			for (;;)
				pause();
		}
		setpgid(pids[i], pids[0]);
	}
}

static int kill_group(void *arg)
{
	return kill(-*(int *)arg, SIGTERM) ? 1 : 0;
}

/* The first one leads the group of all, or another that of those behind it. */
TEST_F(groups, job_of_a_shell_moves_with_its_group)
{
	NEEDS_PID_MOVE();
	for (int leader = 0; leader < 2; leader++) {
		struct nsattach_error error;
		pid_t job[3];
		int status;

		start_job(job, 3);
		for (int i = leader; i < 3; i++)
			ASSERT_EQ(0, setpgid(job[i], job[leader]));
		ASSERT_ATTACHED(move_pids(job, 3, self->a.pid, NS_BASE, 0, &error), error);
		for (int i = 0; i < 3; i++) {
			EXPECT_STREQ(twice(job[i]), numbers(job[i], "NSpid"));
			EXPECT_STREQ(twice(job[i ? leader : 0]), numbers(job[i], "NSpgid"));
			EXPECT_STREQ(twice(job[0]), numbers(job[i], "NSsid"));
		}
		ASSERT_EQ(0, inside(&self->a, kill_group, &job[leader]));
		for (int i = leader; i < 3; i++) {
			ASSERT_EQ(job[i], waitpid(job[i], &status, 0));
			EXPECT_EQ(SIGTERM, WTERMSIG(status));
		}
		if (leader)
			kill_and_reap(job[0]);
	}
}

TEST_F(groups, job_keeps_its_group_with_the_session)
{
	struct nsattach_error error;
	char expected[32];
	pid_t job[2];

	NEEDS_PID_MOVE();
	start_job(job, 2);
	ASSERT_ATTACHED(move_pids(job, 2, self->a.pid, NS_BASE, NSATTACH_F_PID_KEEP_SESSION,
				  &error), error);
	snprintf(expected, sizeof(expected), "%d 0", getsid(0));
	for (int i = 0; i < 2; i++) {
		EXPECT_STREQ(twice(job[0]), numbers(job[i], "NSpgid"));
		EXPECT_STREQ(expected, numbers(job[i], "NSsid"));
	}
	/* The shell can still signal its job. */
	EXPECT_EQ(0, kill(-job[0], SIGTERM));
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(job[i], waitpid(job[i], NULL, 0));
}

TEST_F(groups, member_of_a_group_moves_alone)
{
	struct nsattach_error error;
	pid_t job[2];

	NEEDS_PID_MOVE();
	start_job(job, 2);
	ASSERT_ATTACHED(move_pids(job + 1, 1, self->a.pid, NS_BASE, 0, &error), error);
	EXPECT_STREQ(twice(job[1]), numbers(job[1], "NSpgid"));
	EXPECT_STREQ(twice(job[1]), numbers(job[1], "NSsid"));
	EXPECT_EQ(job[0], getpgid(job[0]));
	/* Its old group does not reach it any more. */
	EXPECT_EQ(0, kill(-job[0], SIGTERM));
	EXPECT_EQ(job[0], waitpid(job[0], NULL, 0));
	EXPECT_EQ(0, waitpid(job[1], NULL, WNOHANG));
	kill_and_reap(job[1]);
}

/* true | sleep: the group's leader has been waited for, the other one is still there. */
static pid_t start_rest_of_a_job(struct subject_shared *shared)
{
	pid_t leader = fork(), rest;

	if (!leader)
		_exit(setpgid(0, 0));
	rest = fork();
	if (!rest) {
		for (;;)
			pause();
	}
	setpgid(leader, leader);
	setpgid(rest, leader);
	SET(shared->rounds, (uint32_t)leader);
	SET(shared->births, (uint32_t)rest);
	waitpid(leader, NULL, 0);
	return rest;
}

static int lead_session(struct subject_shared *shared, void *arg)
{
	(void)arg;
	return setsid() < 0 || start_rest_of_a_job(shared) < 0;
}

TEST_F(groups, group_without_its_leader_stays_together)
{
	struct subject_options options = { .threads = 1, .setup = lead_session };
	struct nsattach_error error;
	struct subject shell;
	char expected[32];
	pid_t pids[2], leader;

	NEEDS_PID_MOVE();
	ASSERT_CLEAN(subject_start(&shell, &options));
	leader = (pid_t)GET(shell.shared->rounds);
	pids[0] = shell.pid;
	pids[1] = (pid_t)GET(shell.shared->births);
	ASSERT_EQ(leader, getpgid(pids[1]));
	ASSERT_ATTACHED(move_pids(pids, 2, self->a.pid, NS_BASE, 0, &error), error);
	EXPECT_STREQ(twice(pids[0]), numbers(pids[1], "NSsid"));
	snprintf(expected, sizeof(expected), "%d 0", leader);
	EXPECT_STREQ(expected, numbers(pids[1], "NSpgid"));
	ASSERT_ATTACHED(detach_pids(pids, 2, &error), error);
	EXPECT_EQ(leader, getpgid(pids[1]));
	EXPECT_EQ(pids[0], getsid(pids[1]));
	kill(pids[1], SIGKILL);
	subject_stop(&shell);
}

static long join_group_of_child(char *text)
{
	pid_t child = *(pid_t *)text;

	return setpgid(child, child) || setpgid(0, child);
}

static long lead_own_group(char *text)
{
	(void)text;
	return setpgid(0, 0);
}

TEST_F(groups, who_is_in_a_group_that_stays_inside_does_not_leave)
{
	struct nsattach_error error;
	pid_t child;

	NEEDS_PID_MOVE();
	ASSERT_ATTACHED(move_pid(self->pid, &self->a, CLONE_NEWPID, NSATTACH_F_PID_KEEP_SESSION,
				 &error), error);
	ASSERT_LT(0, subject_fork(&self->subject));
	child = first_child(self->pid);
	*(pid_t *)self->subject.shared->text = inner_number(child);
	ASSERT_EQ(0, subject_call(&self->subject, join_group_of_child));
	EXPECT_REFUSED(EBUSY, NSATTACH_R_PID_GROUP, detach_pid(self->pid, &error), error);
	EXPECT_EQ(child, error.tid);
	EXPECT_EQ(self->pid, inner_number(self->pid));
	EXPECT_EQ(child, getpgid(self->pid));
	ASSERT_EQ(0, subject_call(&self->subject, lead_own_group));
	ASSERT_ATTACHED(detach_pid(self->pid, &error), error);
	EXPECT_EQ(getsid(0), getsid(self->pid));
	EXPECT_EQ(self->pid, getpgid(self->pid));
	kill(child, SIGKILL);
}
TEST_HARNESS_MAIN
