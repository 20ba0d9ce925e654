// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attaches that meet each other, stops, kills and signals: all or nothing, and
 * nobody waits for ever.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "attach.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "sharer.h"
#include "snapshot.h"
#include "subject.h"

FIXTURE(concurrent)
{
	struct place a;
	struct place b;
	struct subject subject;
};

FIXTURE_SETUP(concurrent)
{
	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(place_start(&self->b, 2, NS_BASE));
	ASSERT_CLEAN(subject_start_plain(&self->subject, 8));
}

FIXTURE_TEARDOWN(concurrent)
{
	subject_stop(&self->subject);
	place_stop(&self->a);
	place_stop(&self->b);
}

/* NULL if all threads are in one of the three sets; else what is wrong. */
static const char *torn(pid_t pid, const struct snapshot *before, const struct place *a,
			const struct place *b, uint64_t mask)
{
	struct snapshot *now = snapshot_take(pid);
	const char *bad = snapshot_differs(before, now);

	if (bad)
		bad = snapshot_not_moved(before, now, a, mask);
	if (bad)
		bad = snapshot_not_moved(before, now, b, mask);
	snapshot_free(now);
	return bad;
}

/**
 * struct outcome - what attaching processes count in shared memory
 * @success:	calls that moved the subject
 * @again:	EAGAIN and EBUSY: another attach was in the way
 * @other:	anything else
 * @error:	the last of those
 */
struct outcome {
	uint32_t success;
	uint32_t again;
	uint32_t other;
	int32_t error;
	uint32_t reason;
	uint32_t go;
};

static void count(struct outcome *outcome, int ret, const struct nsattach_error *error)
{
	if (!ret) {
		ADD(outcome->success, 1);
	} else if (ret == -EAGAIN) {
		ADD(outcome->again, 1);
	} else {
		SET(outcome->error, ret);
		SET(outcome->reason, error->reason);
		ADD(outcome->other, 1);
	}
}

static pid_t start_attacher(struct outcome *outcome, pid_t subject, const struct place *to,
			    uint64_t mask, unsigned long rounds)
{
	pid_t pid = fork_child();

	if (pid)
		return pid;
	while (!GET(outcome->go))
		futex_wait(&outcome->go, 0);
	for (unsigned long i = 0; i < rounds; i++) {
		struct nsattach_error error;

		count(outcome, attach_pid(subject, to->pid, mask, &error), &error);
	}
	_exit(0);
}

static void wait_for(pid_t pid)
{
	waitpid(pid, NULL, 0);
}

static void start_all(struct outcome *outcome)
{
	SET(outcome->go, 1);
	futex_wake(&outcome->go);
}

TEST_F_TIMEOUT(concurrent, two_attaches_of_one_subject_are_one_after_the_other, 1200)
{
	struct snapshot *before = snapshot_take(self->subject.pid);
	struct outcome *outcome = shared_alloc(sizeof(*outcome));
	unsigned long rounds = scaled(100, 2000);
	pid_t first = start_attacher(outcome, self->subject.pid, &self->a, NS_BASE, rounds);
	pid_t second = start_attacher(outcome, self->subject.pid, &self->b, NS_BASE, rounds);

	start_all(outcome);
	wait_for(first);
	wait_for(second);
	EXPECT_EQ(0, outcome->other)
	{
		TH_LOG("errno %d reason %u", -outcome->error, outcome->reason);
	}
	EXPECT_LT(0, outcome->success);
	EXPECT_EQ(2 * rounds, outcome->success + outcome->again + outcome->other);
	EXPECT_CLEAN(torn(self->subject.pid, before, &self->a, &self->b, NS_BASE));
	EXPECT_EQ(0, GET(self->subject.shared->returns));
	figure("two_attaches.success", outcome->success);
	figure("two_attaches.eagain", outcome->again);
	snapshot_free(before);
}

/* Both at once in every round, so that each state seen in between is whole. */
TEST_F_TIMEOUT(concurrent, subject_is_never_torn_between_two_attaches, 1200)
{
	struct snapshot *before = snapshot_take(self->subject.pid);
	struct outcome *outcome = shared_alloc(sizeof(*outcome));

	for (unsigned long i = 0; i < scaled(20, 500); i++) {
		pid_t first, second;

		SET(outcome->go, 0);
		first = start_attacher(outcome, self->subject.pid, &self->a, NS_BASE, 1);
		second = start_attacher(outcome, self->subject.pid, &self->b, NS_BASE, 1);
		start_all(outcome);
		wait_for(first);
		wait_for(second);
		ASSERT_CLEAN(torn(self->subject.pid, before, &self->a, &self->b, NS_BASE));
	}
	EXPECT_EQ(0, outcome->other);
	EXPECT_LT(0, outcome->success);
	snapshot_free(before);
}

/* What a user is answered who asks for @subject, in 0.3 s. */
static int ask_as_user(pid_t subject)
{
	struct attach a;
	int fd, ret;

	attach_init(&a);
	a.arg.timeout_ns = 300000000;
	if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
		return -1;
	fd = open(NSATTACH_DEVICE, O_RDWR | O_CLOEXEC);
	if (attach_add_subject(&a, subject) || attach_set_target(&a, getpid(), CLONE_NEWUTS))
		return -1;
	ret = attach_call_on(fd, &a);
	return ret == -EPERM ? (int)a.arg.error.reason : ret;
}

/* Fork: the child makes the call, with so much time. */
static pid_t ask(const pid_t *subjects, unsigned int nr, const struct place *to,
		 unsigned int seconds)
{
	pid_t pid = fork_child();
	struct attach a;

	if (pid)
		return pid;
	attach_init(&a);
	a.arg.timeout_ns = seconds * 1000000000ULL;
	for (unsigned int i = 0; i < nr; i++)
		if (attach_add_subject(&a, subjects[i]))
			_exit(255);
	if (attach_set_target(&a, to->pid, NS_BASE))
		_exit(255);
	_exit(-attach_call(&a));
}

/* The subject becomes one that another attach holds, until end_vfork(): who asked. */
static const char *start_holder(FIXTURE_DATA(concurrent) *self, pid_t *holder)
{
	struct subject *s = &self->subject;
	const char *bad;

	subject_stop(s);
	bad = start_vfork(s, 3, 0);
	if (bad)
		return bad;
	*holder = ask(&s->pid, 1, &self->a, 20);
	/* Asked, and so claimed. */
	return UNTIL(task_state(s->pid, subject_tid(s, 2)) == 'D' ||
		     task_state(*holder, *holder) == 'S') ? NULL : "it is not held";
}

/* Or they could hold it up for others by waiting with a claim of their own. */
TEST_F_TIMEOUT(concurrent, who_may_not_move_it_is_told_before_they_wait_for_their_turn, 120)
{
	pid_t holder, user;
	struct stat st;
	int status;

	ASSERT_EQ(0, stat(NSATTACH_DEVICE, &st));
	ASSERT_EQ(0, chmod(NSATTACH_DEVICE, 0666));
	ASSERT_CLEAN(start_holder(self, &holder));
	user = fork_child();
	if (!user)
		_exit(ask_as_user(self->subject.pid));
	ASSERT_EQ(user, waitpid(user, &status, 0));
	EXPECT_EQ(NSATTACH_R_PERM_SUBJECT, WEXITSTATUS(status));
	chmod(NSATTACH_DEVICE, st.st_mode & 07777);
	ASSERT_TRUE(end_vfork());
	ASSERT_EQ(holder, waitpid(holder, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F_TIMEOUT(concurrent, wait_for_ones_turn_ends_at_the_deadline, 120)
{
	pid_t holder;
	struct attach a;

	ASSERT_CLEAN(start_holder(self, &holder));
	attach_init(&a);
	a.arg.timeout_ns = 300000000;
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&a, self->b.pid, NS_BASE));
	EXPECT_REFUSED(ETIMEDOUT, NSATTACH_R_DEADLINE, attach_call(&a), a.arg.error);
	/* It is not for a thread that it waited. */
	EXPECT_EQ(self->subject.pid, a.arg.error.pid);
	EXPECT_EQ(0, a.arg.error.tid);
	EXPECT_EQ(0, a.arg.error.state);
	EXPECT_EQ(0, waitpid(holder, NULL, WNOHANG));
	attach_done(&a);
	kill_and_reap(holder);
}

/* Nor is what it has of them kept when its wait is over. */
TEST_F_TIMEOUT(concurrent, set_that_waits_for_one_of_its_members_holds_none, 120)
{
	pid_t holder, waiter, pids[2];
	struct nsattach_error error;
	struct subject free;
	int status;

	ASSERT_CLEAN(subject_start_plain(&free, 2));
	ASSERT_CLEAN(start_holder(self, &holder));
	pids[0] = free.pid;
	pids[1] = self->subject.pid;
	waiter = ask(pids, 2, &self->b, 100);
	ASSERT_TRUE(UNTIL(task_syscall(waiter, waiter) == SYS_ioctl));
	ASSERT_ATTACHED(attach_pid(free.pid, self->a.pid, NS_BASE, &error), error);
	ASSERT_TRUE(end_vfork());
	ASSERT_EQ(holder, waitpid(holder, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_EQ(waiter, waitpid(waiter, &status, 0));
	EXPECT_EQ(0, WEXITSTATUS(status));
	EXPECT_CLEAN(not_in(free.pid, &self->b, NS_BASE));
	EXPECT_CLEAN(not_in(self->subject.pid, &self->b, NS_BASE));
	ASSERT_ATTACHED(attach_pid(free.pid, self->a.pid, NS_BASE, &error), error);
	subject_stop(&free);
}

static const struct place *self_place;

static long attach_oneself(char *text)
{
	struct nsattach_error error;
	int ret = attach_pid(getpid(), self_place->pid, NS_BASE, &error);

	snprintf(text, SUBJECT_TEXT, "%s", attach_error_text(&error));
	return ret;
}

static void attach_itself(struct __test_metadata *_metadata, FIXTURE_DATA(concurrent) *self,
			  unsigned int threads)
{
	struct snapshot *before;

	self_place = &self->a;
	/* The subject was forked before self_place was set: start it anew. */
	subject_stop(&self->subject);
	ASSERT_CLEAN(subject_start_plain(&self->subject, threads));
	before = snapshot_take(self->subject.pid);
	ASSERT_EQ(0, subject_call(&self->subject, attach_oneself))
	{
		TH_LOG("%s", self->subject.shared->text);
	}
	EXPECT_CLEAN(not_moved(before, self->subject.pid, &self->a, NS_BASE));
	EXPECT_EQ(0, GET(self->subject.shared->returns));
	EXPECT_STREQ("place-1", view_get(subject_view(&self->subject), "hostname"));
	snapshot_free(before);
}

TEST_F_TIMEOUT(concurrent, subject_may_attach_itself, 300)
{
	attach_itself(_metadata, self, 8);
	/* Without another that counts. */
	attach_itself(_metadata, self, 1);
}

#define RING_MAX 8
#define RING_NS (CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWIPC)

/**
 * struct ring - processes that each attach the next one
 * @pids:	in order of the ring
 * @round:	which all of them are in
 * @arrived:	members that are through with it
 */
struct ring {
	pid_t pids[RING_MAX];
	uint32_t size;
	uint32_t round;
	uint32_t arrived;
	uint32_t ready;
	struct outcome outcome;
};

/* Place 1 and place 2 in turn: the next one is moved while it moves its next. */
static void ring_member(struct ring *ring, unsigned int index, const struct place *a,
			const struct place *b, unsigned long rounds)
{
	pid_t next;
	pthread_t thread;

	ring->pids[index] = getpid();
	if (unshare(NS_NOPID) || pthread_create(&thread, NULL, idle_thread, NULL))
		_exit(1);
	ADD(ring->ready, 1);
	while (GET(ring->ready) < ring->size)
		usleep(100);
	next = ring->pids[(index + 1) % ring->size];
	for (uint32_t i = 0; i < rounds; i++) {
		const struct place *to = (i + index) % 2 ? a : b;
		struct nsattach_error error;

		count(&ring->outcome, attach_pid(next, to->pid, RING_NS, &error), &error);
		/* All meet before the next round, so that calls do overlap. */
		if (ADD(ring->arrived, 1) == ring->size) {
			SET(ring->arrived, 0);
			ADD(ring->round, 1);
			futex_wake(&ring->round);
		} else {
			while (GET(ring->round) == i)
				futex_wait(&ring->round, i);
		}
	}
	/* Stay, as a subject of those that are not through yet. */
	ADD(ring->ready, 1);
	for (;;)
		pause();
}

/* For as long as rounds go by: how many of them a minute takes is the machine's affair. */
static bool runs_through(const struct ring *ring)
{
	uint32_t round;

	do {
		round = GET(ring->round);
		if (!UNTIL(GET(ring->ready) == 2 * ring->size || GET(ring->round) != round))
			return false;
	} while (GET(ring->ready) != 2 * ring->size);
	return true;
}

static void run_ring(struct __test_metadata *_metadata, struct ring *ring, uint32_t size,
		     const struct place *a, const struct place *b, unsigned long rounds)
{
	memset(ring, 0, sizeof(*ring));
	ring->size = size;
	for (uint32_t i = 0; i < size; i++) {
		ring->pids[i] = fork_child();
		if (!ring->pids[i])
			ring_member(ring, i, a, b, rounds);
	}
	ASSERT_TRUE(runs_through(ring));
	EXPECT_EQ(size * rounds, ring->outcome.success + ring->outcome.again)
	{
		TH_LOG("%u failed otherwise: errno %d reason %u", ring->outcome.other,
		       -ring->outcome.error, ring->outcome.reason);
	}
	EXPECT_LT(0, ring->outcome.success);
	/* Whole, each of them: either place, all threads alike. */
	for (uint32_t i = 0; i < size; i++) {
		const char *in_a = not_in(ring->pids[i], a, RING_NS);

		EXPECT_TRUE(!in_a || !not_in(ring->pids[i], b, RING_NS));
		kill_and_reap(ring->pids[i]);
	}
}

TEST_F_TIMEOUT(concurrent, a_attaches_b_while_b_attaches_a, 1800)
{
	struct ring *ring = shared_alloc(sizeof(*ring));
	unsigned long rounds = scaled(300, 5000);

	run_ring(_metadata, ring, 2, &self->a, &self->b, rounds);
	figure("pair.rounds", (long long)rounds);
	figure("pair.success", ring->outcome.success);
	figure("pair.eagain", ring->outcome.again);
}

TEST_F_TIMEOUT(concurrent, ring_of_8_in_which_each_attaches_the_next, 3600)
{
	struct ring *ring = shared_alloc(sizeof(*ring));
	unsigned long rounds = scaled(100, 5000);

	run_ring(_metadata, ring, 8, &self->a, &self->b, rounds);
	figure("ring.rounds", (long long)rounds);
	figure("ring.success", ring->outcome.success);
	figure("ring.eagain", ring->outcome.again);
}

TEST_F_TIMEOUT(concurrent, everybody_attaches_itself, 1800)
{
	struct ring *ring = shared_alloc(sizeof(*ring));
	unsigned long rounds = scaled(100, 5000);

	run_ring(_metadata, ring, 1, &self->a, &self->b, rounds);
	EXPECT_EQ(rounds, ring->outcome.success);
	figure("self.rounds", (long long)rounds);
}

TEST_HARNESS_MAIN
