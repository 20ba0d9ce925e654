// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All threads or none, however many there are and whatever they do meanwhile.
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
#include "storm.h"
#include "subject.h"

FIXTURE(count)
{
	struct place a;
	struct subject subject;
};

FIXTURE_VARIANT(count)
{
	unsigned int threads;
};

FIXTURE_VARIANT_ADD(count, of_1) { .threads = 1 };
FIXTURE_VARIANT_ADD(count, of_2) { .threads = 2 };
FIXTURE_VARIANT_ADD(count, of_64) { .threads = 64 };
FIXTURE_VARIANT_ADD(count, of_500) { .threads = 500 };

FIXTURE_SETUP(count)
{
	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(subject_start_plain(&self->subject, variant->threads));
}

FIXTURE_TEARDOWN(count)
{
	subject_stop(&self->subject);
	place_stop(&self->a);
}

TEST_F_TIMEOUT(count, every_thread_moves, 240)
{
	struct snapshot *before = snapshot_take(self->subject.pid);
	struct attach a;

	ASSERT_EQ(variant->threads, snapshot_threads(before));
	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&a, self->a.pid, NS_BASE));
	ASSERT_ATTACHED(attach_call(&a), a.arg.error);
	EXPECT_EQ(variant->threads, a.arg.nr_threads);
	EXPECT_EQ(variant->threads, a.subjects[0].nr_threads);
	EXPECT_CLEAN(not_moved(before, self->subject.pid, &self->a, NS_BASE));
	EXPECT_EQ(0, GET(self->subject.shared->returns));
	attach_done(&a);
	snapshot_free(before);
}

/* A refusal after the namespaces were looked up: nothing may be half done. */
TEST_F_TIMEOUT(count, no_thread_moves_when_one_namespace_refuses, 240)
{
	struct snapshot *before = snapshot_take(self->subject.pid);
	struct attach a;

	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&a, self->a.pid, NS_BASE));
	a.arg.wd = (uintptr_t)"/missing";
	EXPECT_REFUSED(ENOENT, NSATTACH_R_WD, attach_call(&a), a.arg.error);
	EXPECT_EQ(0, a.arg.nr_threads);
	EXPECT_CLEAN(changed_since(before, self->subject.pid));
	EXPECT_EQ(0, GET(self->subject.shared->returns));
	attach_done(&a);
	snapshot_free(before);
}

FIXTURE(threads)
{
	struct place a;
	struct place b;
	struct subject subject;
};

FIXTURE_SETUP(threads)
{
	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(place_start(&self->b, 2, NS_BASE));
	storm_init();
	storm_set_from_place(1, &self->a);
	storm_set_from_place(2, &self->b);
}

FIXTURE_TEARDOWN(threads)
{
	subject_stop(&self->subject);
	place_stop(&self->a);
	place_stop(&self->b);
}

/* @threads threads of which some make more with @body, moved to and fro. */
static void attach_in_a_storm(struct __test_metadata *_metadata, struct subject *s,
			      const struct place *a, const struct place *b,
			      const struct subject_options *options, unsigned long rounds)
{
	unsigned long restless = 0;

	ASSERT_CLEAN(subject_start(s, options));
	storm_set_from_task(0, s->pid);
	/* The first births happened before the set was known. */
	SET(storm->mixed, 0);
	SET(storm->late, 0);
	storm->told[0] = '\0';
	for (unsigned long i = 0; i < rounds; i++) {
		const struct place *to = i % 2 ? b : a;
		uint32_t births = GET(storm->threads) + GET(storm->children);
		struct nsattach_error error;
		int ret;

		storm_attach_begins();
		do {
			ret = attach_pid(s->pid, to->pid, NS_NOPID, &error);
			restless += ret == -EAGAIN;
		} while (ret == -EAGAIN && restless < 100 * rounds);
		if (ret)
			storm_attach_ends(i ? (i % 2 ? 1 : 2) : 0);
		else
			storm_attach_ends(to->id);
		ASSERT_ATTACHED(ret, error);
		ASSERT_CLEAN(not_in(s->pid, to, NS_NOPID));
		/* The storm goes on: births are seen after the attach as well. */
		ASSERT_TRUE(UNTIL(GET(storm->threads) + GET(storm->children) > births + 4));
		ASSERT_CLEAN(storm_complaint());
	}
	EXPECT_EQ(0, GET(s->shared->bad));
	figure("storm.attaches", (long long)rounds);
	figure("storm.restless", (long long)restless);
	figure("storm.threads_born", GET(storm->threads));
	figure("storm.children_born", GET(storm->children));
	figure("storm.mixed", GET(storm->mixed) + GET(storm->late));
}

static void wait_for_set(struct subject_shared *shared, unsigned int index, subject_body body)
{
	while (!GET(storm->sets[0][NS_UTS]) && !GET(shared->stop))
		usleep(1000);
	body(shared, index);
}

static void body_threads(struct subject_shared *shared, unsigned int index)
{
	wait_for_set(shared, index, storm_body_threads);
}

static void body_children(struct subject_shared *shared, unsigned int index)
{
	wait_for_set(shared, index, storm_body_children);
}

static void body_both(struct subject_shared *shared, unsigned int index)
{
	wait_for_set(shared, index, storm_body_both);
}

TEST_F_TIMEOUT(threads, appearing_and_exiting_all_the_time_are_all_moved, 1200)
{
	struct subject_options options = { .threads = 9, .unshare = NS_NOPID,
					   .body = body_threads };

	attach_in_a_storm(_metadata, &self->subject, &self->a, &self->b, &options,
			  scaled(15, 1000));
}

TEST_F_TIMEOUT(threads, children_of_a_fork_storm_are_born_in_the_target, 1200)
{
	struct subject_options options = { .threads = 9, .unshare = NS_NOPID,
					   .body = body_children };

	attach_in_a_storm(_metadata, &self->subject, &self->a, &self->b, &options,
			  scaled(15, 1000));
}

TEST_F_TIMEOUT(threads, two_hundred_that_keep_making_threads_and_children_never_mix, 3600)
{
	struct subject_options options = { .threads = 200, .unshare = NS_NOPID,
					   .body = body_both };

	attach_in_a_storm(_metadata, &self->subject, &self->a, &self->b, &options,
			  scaled(8, 1000));
	EXPECT_EQ(0, GET(self->subject.shared->returns));
}

static void body_exit_when_told(struct subject_shared *shared, unsigned int index)
{
	(void)index;
	while (!GET(shared->stop))
		futex_wait(&shared->stop, 0);
}

TEST_F_TIMEOUT(threads, exiting_during_the_attach_leave_the_rest_moved, 600)
{
	struct subject_options options = { .threads = 32, .unshare = NS_NOPID,
					   .body = body_exit_when_told };

	for (unsigned long i = 0; i < scaled(10, 500); i++) {
		struct nsattach_error error;

		ASSERT_CLEAN(subject_start(&self->subject, &options));
		SET(self->subject.shared->stop, 1);
		futex_wake(&self->subject.shared->stop);
		ASSERT_ATTACHED(attach_pid_retry(self->subject.pid, self->a.pid, NS_NOPID, &error),
				error);
		ASSERT_CLEAN(not_in(self->subject.pid, &self->a, NS_NOPID));
		ASSERT_STREQ("place-1", view_get(subject_view(&self->subject), "hostname"));
		subject_stop(&self->subject);
	}
}

static void body_own_namespaces(struct subject_shared *shared, unsigned int index)
{
	int own = index % 3 == 0 ? 0 : index % 3 == 1 ? CLONE_NEWUTS : CLONE_NEWUTS | CLONE_NEWNET;

	body_end(shared, index, !(own && unshare(own)));
}

TEST_F_TIMEOUT(threads, in_different_namespaces_all_come_to_the_target, 240)
{
	struct subject_options options = { .threads = 13, .unshare = NS_NOPID,
					   .body = body_own_namespaces };
	struct nsattach_error error;
	struct snapshot *before;

	ASSERT_CLEAN(subject_start(&self->subject, &options));
	ASSERT_TRUE(UNTIL(GET(self->subject.shared->rounds) == 12));
	ASSERT_EQ(0, GET(self->subject.shared->bad));
	before = snapshot_take(self->subject.pid);
	/* What is not joined stays what it was for each thread. */
	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->a.pid, CLONE_NEWNET, &error), error);
	EXPECT_CLEAN(not_moved(before, self->subject.pid, &self->a, CLONE_NEWNET));
	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->b.pid, NS_NOPID, &error), error);
	EXPECT_CLEAN(not_moved(before, self->subject.pid, &self->b, NS_NOPID));
	snapshot_free(before);
}

static long leave_leader(char *text)
{
	(void)text;
	syscall(SYS_exit, 0);
	return 0;
}

TEST_F_TIMEOUT(threads, of_a_zombie_leader_move, 240)
{
	struct snapshot *before;
	struct attach a;

	ASSERT_CLEAN(subject_start_plain(&self->subject, 5));
	subject_call_begin(&self->subject, leave_leader);
	ASSERT_TRUE(UNTIL(task_state(self->subject.pid, self->subject.pid) == 'Z'));
	before = snapshot_take(self->subject.pid);
	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&a, self->a.pid, NS_NOPID));
	ASSERT_ATTACHED(attach_call(&a), a.arg.error);
	EXPECT_EQ(4, a.arg.nr_threads);
	attach_done(&a);
	for (unsigned int i = 1; i < 5; i++)
		for (int t = 0; t < NR_BASE - 1; t++)
			EXPECT_EQ(self->a.ns[t],
				  task_ns(self->subject.pid, subject_tid(&self->subject, i),
					  ns_types[t].member));
	EXPECT_EQ(5, snapshot_threads(before));
	/* It is on record as long as one of its threads lives. */
	ASSERT_ATTACHED(detach_pid(self->subject.pid, &a.arg.error), a.arg.error);
	EXPECT_CLEAN(changed_since(before, self->subject.pid));
	snapshot_free(before);
}

TEST_F_TIMEOUT(threads, of_a_zombie_leader_are_no_target, 240)
{
	struct nsattach_error error;
	struct snapshot *before;
	struct subject other;

	ASSERT_CLEAN(subject_start_plain(&self->subject, 3));
	ASSERT_CLEAN(subject_start_plain(&other, 2));
	before = snapshot_take(other.pid);
	subject_call_begin(&self->subject, leave_leader);
	ASSERT_TRUE(UNTIL(task_state(self->subject.pid, self->subject.pid) == 'Z'));
	EXPECT_REFUSED(ESRCH, NSATTACH_R_TARGET_GONE,
		       attach_pid(other.pid, self->subject.pid, CLONE_NEWUTS, &error), error);
	EXPECT_CLEAN(changed_since(before, other.pid));
	snapshot_free(before);
	subject_stop(&other);
}

static long change_directory(char *text)
{
	(void)text;
	return chdir("/inner");
}

static ino_t cwd_of(pid_t pid, pid_t tid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/cwd", pid, tid);
	return stat(path, &st) ? 0 : st.st_ino;
}

static long set_umask(char *text)
{
	(void)text;
	umask(027);
	return 0;
}

TEST_F_TIMEOUT(threads, foreign_process_that_shares_root_and_cwd_keeps_them, 240)
{
	struct subject_options options = { .threads = 3, .unshare = NS_NOPID, .setup = setup_sharer, .arg = sharer_alloc(CLONE_FS) };
	const struct sharer *foreign = options.arg;
	struct snapshot *before, *before_foreign;
	struct nsattach_error error;

	ASSERT_CLEAN(subject_start(&self->subject, &options));
	/* Not that of the caller, of whose root and cwd the subject gets a copy. */
	ASSERT_EQ(0, subject_call(&self->subject, set_umask));
	before = snapshot_take(self->subject.pid);
	before_foreign = snapshot_take(foreign->pid);
	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->a.pid, NS_NOPID, &error), error);
	EXPECT_CLEAN(not_moved(before, self->subject.pid, &self->a, NS_NOPID));
	EXPECT_CLEAN(changed_since(before_foreign, foreign->pid));
	/* Threads of the subject go on sharing theirs, and nobody else does. */
	ASSERT_EQ(0, subject_call(&self->subject, change_directory));
	EXPECT_CLEAN(changed_since(before_foreign, foreign->pid));
	for (unsigned int i = 1; i < 3; i++)
		EXPECT_EQ(cwd_of(self->subject.pid, self->subject.pid),
			  cwd_of(self->subject.pid, subject_tid(&self->subject, i)));
	snapshot_free(before);
	snapshot_free(before_foreign);
	kill(foreign->pid, SIGKILL);
}

TEST_HARNESS_MAIN
