// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parents and children of those who move into a pid namespace and out of it
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "harness.h"
#include "pidmove.h"
#include "shared.h"
#include "snapshot.h"

FIXTURE(family)
{
	struct place a, b;
	struct subject subject;
	pid_t pid;
};

FIXTURE_SETUP(family)
{
	struct subject_options options = { .threads = 3 };

	if (!pid_move_works())
		return;
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(place_start(&self->b, 2, NS_BASE));
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	self->pid = self->subject.pid;
}

FIXTURE_TEARDOWN(family)
{
	if (!self->a.pid)
		return;
	subject_stop(&self->subject);
	place_stop(&self->a);
	place_stop(&self->b);
}

/* The number of its parent as the container sees it. */
static int parent_inside(const struct place *place, int nr)
{
	char path[96], buf[4096], *line;

	snprintf(path, sizeof(path), "/proc/%d/root/proc/%d/status", place->pid, nr);
	line = strstr(read_at(AT_FDCWD, path, buf, sizeof(buf)), "\nPPid:");
	return line ? atoi(line + 6) : -1;
}

TEST_F(family, tree_stays_a_tree)
{
	struct nsattach_error error;
	pid_t pids[2];

	NEEDS_PID_MOVE();
	pids[0] = self->pid;
	pids[1] = subject_fork(&self->subject);
	ASSERT_LT(0, pids[1]);
	ASSERT_ATTACHED(move_pids(pids, 2, self->a.pid, NS_BASE, 0, &error), error);
	EXPECT_CLEAN(not_numbered(&self->subject, 3, 2));
	EXPECT_STREQ(twice(pids[1]), numbers(pids[1], "NSpid"));
	EXPECT_EQ(0, parent_inside(&self->a, pids[0]));
	EXPECT_EQ(pids[0], parent_inside(&self->a, pids[1]));
	EXPECT_EQ(pids[1], first_child(pids[0]));
	/* One new session for both, led by the first. */
	EXPECT_STREQ(twice(pids[0]), numbers(pids[0], "NSsid"));
	EXPECT_STREQ(twice(pids[0]), numbers(pids[1], "NSsid"));

	ASSERT_ATTACHED(detach_pids(pids, 2, &error), error);
	EXPECT_CLEAN(not_numbered(&self->subject, 3, 1));
	EXPECT_EQ(pids[1], first_child(pids[0]));
	EXPECT_CLEAN(not_in(pids[1], &self->a, 0));
}

TEST_F(family, tree_is_refused_as_a_whole)
{
	struct nsattach_error error;
	pid_t pids[2], taker;

	NEEDS_PID_MOVE();
	pids[0] = self->pid;
	pids[1] = subject_fork(&self->subject);
	taker = start_inside(self->a.pid, pids[1]);
	EXPECT_REFUSED(EEXIST, NSATTACH_R_PID_TAKEN,
		       move_pids(pids, 2, self->a.pid, NS_BASE, 0, &error), error);
	EXPECT_EQ(pids[1], error.pid);
	EXPECT_EQ(pids[1], error.tid);
	EXPECT_CLEAN(not_numbered(&self->subject, 3, 1));
	/* With another number for the one, the other keeps its own. */
	ASSERT_ATTACHED(move_pids(pids, 2, self->a.pid, NS_BASE, NSATTACH_F_PID_RENUMBER, &error),
			error);
	EXPECT_CLEAN(not_numbered(&self->subject, 3, 2));
	EXPECT_NE(pids[1], inner_number(pids[1]));
	EXPECT_EQ(pids[0], parent_inside(&self->a, inner_number(pids[1])));
	kill_and_reap(taker);
}

TEST_F(family, parent_outside_waits_for_it)
{
	struct nsattach_error error;
	int status;

	NEEDS_PID_MOVE();
	ASSERT_ATTACHED(move_pid(self->pid, &self->a, CLONE_NEWPID, 0, &error), error);
	ASSERT_EQ(0, kill(self->pid, SIGTERM));
	ASSERT_EQ(self->pid, waitpid(self->pid, &status, 0));
	EXPECT_EQ(SIGTERM, WTERMSIG(status));
	self->subject.pid = 0;
}

TEST_F(family, init_inside_becomes_the_parent_if_asked)
{
	struct nsattach_error error;

	NEEDS_PID_MOVE();
	ASSERT_ATTACHED(move_pid(self->pid, &self->a, CLONE_NEWPID, NSATTACH_F_PID_REPARENT,
				 &error), error);
	EXPECT_EQ(1, subject_call(&self->subject, own_parent));
	EXPECT_EQ(1, parent_inside(&self->a, self->pid));
	EXPECT_EQ(-1, waitpid(self->pid, NULL, WNOHANG));
	EXPECT_EQ(ECHILD, errno);
	/* Back outside, nobody inside can wait for it. */
	ASSERT_ATTACHED(detach_pid(self->pid, &error), error);
	EXPECT_EQ(1, subject_call(&self->subject, own_parent));
	EXPECT_STREQ("1", numbers(self->pid, "PPid"));
	kill(self->pid, SIGKILL);
	self->subject.pid = 0;
}

/* A pid namespace inside of that of @place: its init, as numbered here. */
static pid_t start_level_below(const struct place *place)
{
	int fd = pidfd_of(place->pid);
	pid_t pid = fork_child();

	if (!pid) {
		/* So that it does not hold up the end of the level above. */
		signal(SIGCHLD, SIG_IGN);
		/* Only who is in a namespace can make one below it. */
		if (setns(fd, CLONE_NEWPID))
			_exit(1);
		if (!fork())
			syscall(SYS_clone, SIGCHLD | CLONE_NEWPID, 0, NULL, NULL, 0);
		for (;;)
			pause();
	}
	close(fd);
	if (!UNTIL(first_child(pid)) || !UNTIL(first_child(first_child(pid))))
		return -1;
	return first_child(first_child(pid));
}

TEST_F(family, two_levels_at_once)
{
	struct nsattach_error error;
	int nr[MAX_NUMBERS];
	pid_t init;

	NEEDS_PID_MOVE();
	init = start_level_below(&self->a);
	ASSERT_EQ(3, numbers_of(init, init, "NSpid", nr));
	ASSERT_ATTACHED(move_pids(&self->pid, 1, init, CLONE_NEWPID, 0, &error), error);
	EXPECT_CLEAN(not_numbered(&self->subject, 3, 3));
	EXPECT_EQ(0, parent_inside(&self->a, self->pid));
	/* The init of the level between can signal it, and ends it with itself. */
	kill(self->a.pid, SIGKILL);
	EXPECT_EQ(self->pid, waitpid(self->pid, NULL, 0));
	self->subject.pid = 0;
}

TEST_F(family, one_level_after_the_other)
{
	struct nsattach_error error;
	pid_t init;

	NEEDS_PID_MOVE();
	init = start_level_below(&self->a);
	ASSERT_LT(0, init);
	ASSERT_ATTACHED(move_pid(self->pid, &self->a, CLONE_NEWPID, 0, &error), error);
	EXPECT_CLEAN(not_numbered(&self->subject, 3, 2));
	ASSERT_ATTACHED(move_pids(&self->pid, 1, init, CLONE_NEWPID, 0, &error), error);
	EXPECT_CLEAN(not_numbered(&self->subject, 3, 3));
	ASSERT_ATTACHED(detach_pid(self->pid, &error), error);
	EXPECT_CLEAN(not_numbered(&self->subject, 3, 1));
}

TEST_F(family, again_and_again)
{
	struct nsattach_error error;

	NEEDS_PID_MOVE();
	for (int i = 0; i < 12; i++) {
		const struct place *to = i % 3 ? &self->a : &self->b;

		ASSERT_ATTACHED(move_pid(self->pid, to, CLONE_NEWPID, 0, &error), error);
		ASSERT_CLEAN(not_numbered(&self->subject, 3, 2));
		ASSERT_CLEAN(not_in(self->pid, to, CLONE_NEWPID));
		ASSERT_ATTACHED(detach_pid(self->pid, &error), error);
		ASSERT_CLEAN(not_numbered(&self->subject, 3, 1));
	}
}

static uint32_t born_tid;

static void *be_born(void *arg)
{
	SET(born_tid, (uint32_t)syscall(SYS_gettid));
	for (;;)
		pause();
	return arg;
}

static long start_thread(char *text)
{
	pthread_t thread;

	(void)text;
	if (pthread_create(&thread, NULL, be_born, NULL))
		return -1;
	return UNTIL(GET(born_tid)) ? (long)GET(born_tid) : -1;
}

/* How many numbers each thread of a process has, if all have the same; or -1. */
static int levels_of(pid_t pid)
{
	int nr[MAX_NUMBERS], levels = -1;
	struct snapshot *s = snapshot_take(pid);
	unsigned int threads = snapshot_threads(s);
	char path[64];
	unsigned int seen = 0;

	snapshot_free(s);
	for (int tid = pid; tid < pid + 4096 && seen < threads; tid++) {
		snprintf(path, sizeof(path), "/proc/%d/task/%d", pid, tid);
		if (access(path, F_OK))
			continue;
		seen++;
		if (levels >= 0 && levels != numbers_of(pid, tid, "NSpid", nr))
			return -1;
		levels = numbers_of(pid, tid, "NSpid", nr);
	}
	return seen == threads ? levels : -1;
}

TEST_F(family, those_born_inside_leave_with_it)
{
	struct nsattach_error error;
	pid_t pids[2];

	NEEDS_PID_MOVE();
	pids[0] = self->pid;
	ASSERT_ATTACHED(move_pid(self->pid, &self->a, NS_BASE, 0, &error), error);
	ASSERT_LT(0, subject_call(&self->subject, start_thread));
	ASSERT_LT(0, subject_fork(&self->subject));
	pids[1] = first_child(self->pid);
	EXPECT_EQ(2, levels_of(pids[0]));
	EXPECT_EQ(2, levels_of(pids[1]));
	EXPECT_EQ(self->pid, parent_inside(&self->a, inner_number(pids[1])));

	/* Only what was attached has a record; the child goes along in the set of it. */
	EXPECT_REFUSED(ENOENT, NSATTACH_R_NOT_ATTACHED, detach_pids(pids, 2, &error), error);
	kill(pids[1], SIGKILL);
	ASSERT_TRUE(UNTIL(task_state(pids[1], pids[1]) == 'Z'));
	EXPECT_REFUSED(EBUSY, NSATTACH_R_PID_GROUP, detach_pid(self->pid, &error), error);
	EXPECT_EQ(2, levels_of(pids[0]));
}

TEST_F(family, thread_born_inside_leaves_with_it)
{
	struct nsattach_error error;

	NEEDS_PID_MOVE();
	ASSERT_ATTACHED(move_pid(self->pid, &self->a, NS_BASE, 0, &error), error);
	ASSERT_LT(0, subject_call(&self->subject, start_thread));
	EXPECT_EQ(2, levels_of(self->pid));
	ASSERT_ATTACHED(detach_pid(self->pid, &error), error);
	EXPECT_EQ(1, levels_of(self->pid));
	ASSERT_ATTACHED(move_pid(self->pid, &self->b, NS_BASE, NSATTACH_F_PID_RENUMBER, &error),
			error);
	EXPECT_EQ(2, levels_of(self->pid));
}

/* One of them has no number to give back. */
TEST_F(family, who_is_inside_does_not_leave_with_who_is_not)
{
	struct nsattach_error error;
	struct subject other;
	pid_t pids[2];

	NEEDS_PID_MOVE();
	ASSERT_CLEAN(subject_start_plain(&other, 2));
	ASSERT_ATTACHED(attach_pid(other.pid, self->a.pid, CLONE_NEWUTS, &error), error);
	ASSERT_ATTACHED(move_pid(self->pid, &self->a, NS_BASE, 0, &error), error);
	for (int turn = 0; turn < 2; turn++) {
		pids[turn] = self->pid;
		pids[!turn] = other.pid;
		EXPECT_REFUSED(EINVAL, NSATTACH_R_PIDNS_NOT_BELOW, detach_pids(pids, 2, &error),
			       error);
		EXPECT_EQ(2, levels_of(self->pid));
		EXPECT_CLEAN(not_in(other.pid, &self->a, CLONE_NEWUTS));
	}
	ASSERT_ATTACHED(detach_pid(other.pid, &error), error);
	ASSERT_ATTACHED(detach_pid(self->pid, &error), error);
	EXPECT_EQ(1, levels_of(self->pid));
	subject_stop(&other);
}

TEST_HARNESS_MAIN
