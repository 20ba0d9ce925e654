// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a process leaves in its old ipc namespace: SEM_UNDO is applied there,
 * once, when it goes; segments that die with their last user do so cleanly.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#include "attach.h"
#include "freezer.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

#define KEY 0x756e646f
#define THREADS 4

FIXTURE(sysv)
{
	struct place a;
	struct subject subject;
	/* Stays in the ipc namespace that the subject leaves. */
	struct subject witness;
};

static int join_ipc(struct subject_shared *shared, void *arg)
{
	const struct subject *subject = arg;

	(void)shared;
	return setns(pidfd_of(subject->pid), CLONE_NEWIPC) ? errno : 0;
}

FIXTURE_SETUP(sysv)
{
	struct subject_options options = { .threads = 1, .setup = join_ipc,
					   .arg = &self->subject };

	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(subject_start_plain(&self->subject, THREADS));
	ASSERT_CLEAN(subject_start(&self->witness, &options));
}

FIXTURE_TEARDOWN(sysv)
{
	subject_stop(&self->subject);
	subject_stop(&self->witness);
	place_stop(&self->a);
}

/* A semaphore of value 5, to which one is added for as long as the caller lives. */
static long add_with_undo(char *text)
{
	struct sembuf op = { 0, 1, SEM_UNDO };
	int id = semget(KEY, 1, IPC_CREAT | 0600);

	(void)text;
	return semctl(id, 0, SETVAL, 5) || semop(id, &op, 1) ? -errno : 0;
}

static long value(char *text)
{
	int id = semget(KEY, 1, 0);

	(void)text;
	return id < 0 ? -errno : semctl(id, 0, GETVAL);
}

TEST_F(sysv, undo_is_applied_once_when_the_ipc_namespace_is_left)
{
	struct nsattach_error error;

	ASSERT_EQ(0, subject_call(&self->subject, add_with_undo));
	ASSERT_EQ(6, subject_call(&self->witness, value));
	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->a.pid, NS_BASE, &error), error);
	EXPECT_EQ(5, subject_call(&self->witness, value));
	EXPECT_EQ(-ENOENT, subject_call(&self->subject, value));
	subject_stop(&self->subject);
	EXPECT_EQ(5, subject_call(&self->witness, value));
}

TEST_F(sysv, undo_of_a_stopped_process_is_applied_once)
{
	struct nsattach_error error;

	ASSERT_EQ(0, subject_call(&self->subject, add_with_undo));
	ASSERT_EQ(0, kill(self->subject.pid, SIGSTOP));
	for (unsigned int i = 0; i < THREADS; i++) {
		pid_t tid = subject_tid(&self->subject, i);

		ASSERT_TRUE(UNTIL(task_state(self->subject.pid, tid) == 'T'));
	}
	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->a.pid, NS_BASE, &error), error);
	EXPECT_EQ(5, subject_call(&self->witness, value));
	subject_stop(&self->subject);
	EXPECT_EQ(5, subject_call(&self->witness, value));
}

TEST_F(sysv, undo_waits_for_the_exit_when_the_ipc_namespace_stays)
{
	struct nsattach_error error;

	ASSERT_EQ(0, subject_call(&self->subject, add_with_undo));
	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->a.pid,
				   NS_BASE & ~(uint64_t)CLONE_NEWIPC, &error), error);
	EXPECT_EQ(6, subject_call(&self->witness, value));
	subject_stop(&self->subject);
	EXPECT_EQ(5, subject_call(&self->witness, value));
}

TEST_F(sysv, undo_is_applied_once_for_each_of_many_rounds)
{
	unsigned long rounds = scaled(30, 1000);

	for (unsigned long i = 0; i < rounds; i++) {
		struct nsattach_error error;
		struct attach a;

		ASSERT_EQ(0, subject_call(&self->subject, add_with_undo));
		ASSERT_ATTACHED(attach_pid(self->subject.pid, self->a.pid, CLONE_NEWIPC, &error),
				error);
		ASSERT_EQ(5, subject_call(&self->witness, value));
		attach_init(&a);
		ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
		ASSERT_EQ(0, detach_call(&a));
		attach_done(&a);
	}
	subject_stop(&self->subject);
	EXPECT_EQ(5, subject_call(&self->witness, value));
	figure("sem_undo.rounds", (long long)rounds);
}

/* Enough to undo that something may happen meanwhile. */
#define SETS 400

/* Add one to each of many for as long as the caller lives. */
static long add_many_with_undo(char *text)
{
	struct sembuf op = { 0, 1, SEM_UNDO };

	(void)text;
	for (int i = 1; i <= SETS; i++) {
		int id = semget(KEY + i, 1, IPC_CREAT | 0600);

		if (id < 0 || semop(id, &op, 1))
			return -errno;
	}
	return 0;
}

static long sum_of_many(char *text)
{
	long sum = 0;

	(void)text;
	for (int i = 1; i <= SETS; i++)
		sum += semctl(semget(KEY + i, 1, 0), 0, GETVAL);
	return sum;
}

/* Frozen by version 1 it would exit without running its task_work first. */
TEST_F_TIMEOUT(sysv, undo_is_applied_once_for_a_frozen_process_that_is_killed_meanwhile, 600)
{
	unsigned long rounds = scaled(60, 3000), moved = 0;
	struct freezer freezer = { 0 };

	if (!freezer_has_v1())
		SKIP(return, "this kernel has no v1 freezer");
	for (unsigned long i = 0; i < rounds; i++) {
		struct nsattach_error error;
		struct subject s;
		pid_t killer;
		int ret;

		ASSERT_CLEAN(subject_start(&s, &(struct subject_options){ .threads = 24, .setup = join_ipc, .arg = &self->witness }));
		ASSERT_EQ(0, subject_call(&s, add_many_with_undo));
		ASSERT_EQ(SETS, subject_call(&self->witness, sum_of_many));
		ASSERT_CLEAN(freezer_make(&freezer, 1, s.pid));
		ASSERT_TRUE(freezer_ask(&freezer, true));
		ASSERT_TRUE(UNTIL(freezer_frozen(&freezer)));
		killer = fork_child();
		if (!killer) {
			spin(30000 * (i % 60));
			kill(s.pid, SIGKILL);
			freezer_ask(&freezer, false);
			_exit(0);
		}
		ret = attach_pid(s.pid, self->a.pid, CLONE_NEWIPC, &error);
		EXPECT_EQ(killer, waitpid(killer, NULL, 0));
		ASSERT_TRUE(!ret || ret == -ESRCH || ret == -EAGAIN) TH_LOG("%d", ret);
		moved += !ret;
		subject_stop(&s);
		ASSERT_EQ(0, subject_call(&self->witness, sum_of_many));
		ASSERT_TRUE(UNTIL(!freezer_end(&freezer)));
	}
	figure("frozen_undo.rounds", (long long)rounds);
	figure("frozen_undo.moved", (long long)moved);
}

/* Segments are destroyed as soon as nobody has them, by order of the sysctl. */
static long make_segment(char *text)
{
	int id;

	(void)text;
	if (!write_file("/proc/sys/kernel/shm_rmid_forced", "1"))
		return -errno;
	id = shmget(KEY, 4096, IPC_CREAT | 0600);
	return id < 0 || shmat(id, NULL, 0) == (void *)-1 ? -errno : 0;
}

static long has_segment(char *text)
{
	(void)text;
	return shmget(KEY, 4096, 0) >= 0;
}

TEST_F(sysv, forced_removal_of_segments_waits_for_the_last_user)
{
	struct nsattach_error error;

	ASSERT_EQ(0, subject_call(&self->subject, make_segment));
	ASSERT_EQ(1, subject_call(&self->witness, has_segment));
	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->a.pid, NS_BASE, &error), error);
	/* It still has it mapped. */
	EXPECT_EQ(1, subject_call(&self->witness, has_segment));
	subject_stop(&self->subject);
	EXPECT_EQ(0, subject_call(&self->witness, has_segment));
}

static long take(void)
{
	struct sembuf op = { 0, -1, 0 };

	return syscall(SYS_semop, semget(KEY, 1, IPC_CREAT | 0600), &op, 1);
}

static long receive(void)
{
	struct {
		long type;
		char text[8];
	} message;

	return msgrcv(msgget(KEY, IPC_CREAT | 0600), &message, sizeof(message.text), 0, 0);
}

/* Until the queue is full. */
static long send_many(void)
{
	const struct {
		long type;
		char text[4096];
	} message = { .type = 1 };
	int id = msgget(KEY, IPC_CREAT | 0600);

	while (!msgsnd(id, &message, sizeof(message.text), 0))
		;
	return -1;
}

static int by_target(pid_t subject, pid_t target)
{
	return attach_pid(subject, target, CLONE_NEWIPC, NULL);
}

static int by_file(pid_t subject, pid_t target)
{
	struct attach a;
	int ret;

	attach_init(&a);
	ret = attach_add_subject(&a, subject);
	ret = ret ? ret : attach_add_nsfds(&a, target, CLONE_NEWIPC);
	ret = ret ? ret : attach_call(&a);
	attach_done(&a);
	return ret;
}

static int by_detach(pid_t subject, pid_t target)
{
	(void)target;
	return detach_pid(subject, NULL);
}

static const struct sleep {
	const char *name;
	long nr;
	long (*run)(void);
	int (*move)(pid_t subject, pid_t target);
} sleeps[] = {
	{ "semop", SYS_semop, take, by_target },
	{ "semop, by file", SYS_semop, take, by_file },
	{ "semop, detach", SYS_semop, take, by_detach },
	{ "msgrcv", SYS_msgrcv, receive, by_target },
	{ "msgsnd", SYS_msgsnd, send_many, by_target },
};

static const struct sleep *asleep;

static void body_sleep(struct subject_shared *shared, unsigned int index)
{
	if (index == 1) {
		while (!GET(shared->rounds))
			futex_wait(&shared->rounds, 0);
		SET(shared->last_errno, asleep->run() < 0 ? errno : 0);
		SET(shared->births, 1);
	}
	body_wait(shared, index);
}

/* It would go on with the namespace that its thread has left. */
TEST_F_TIMEOUT(sysv, sleep_does_not_outlast_the_move, 120)
{
	struct subject_options options = { .threads = 2, .unshare = NS_NOPID,
					   .body = body_sleep };

	for (size_t i = 0; i < ARRAY_SIZE(sleeps); i++) {
		struct nsattach_error error;
		struct subject s;

		asleep = &sleeps[i];
		ASSERT_CLEAN(subject_start(&s, &options));
		if (asleep->move == by_detach)
			ASSERT_EQ(0, by_target(s.pid, self->a.pid));
		SET(s.shared->rounds, 1);
		futex_wake(&s.shared->rounds);
		ASSERT_TRUE(UNTIL(task_syscall(s.pid, subject_tid(&s, 1)) == asleep->nr &&
				  task_state(s.pid, subject_tid(&s, 1)) == 'S'));
		/* Elsewhere than in another ipc namespace it sleeps on. */
		ASSERT_ATTACHED(attach_pid(s.pid, self->a.pid, CLONE_NEWUTS, &error), error);
		EXPECT_EQ(0, GET(s.shared->births));
		ASSERT_EQ(0, asleep->move(s.pid, self->a.pid));
		for (int turns = 0; turns < 100 && !GET(s.shared->births); turns++)
			usleep(100000);
		EXPECT_EQ(1, GET(s.shared->births)) TH_LOG("%s", asleep->name);
		EXPECT_EQ(EINVAL, GET(s.shared->last_errno)) TH_LOG("%s", asleep->name);
		subject_stop(&s);
	}
}

TEST_HARNESS_MAIN
