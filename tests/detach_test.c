// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Back to where it was: every thread, all of it, or nothing and a reason.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "attach.h"
#include "harness.h"
#include "pidmove.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

FIXTURE(detach)
{
	struct place a;
	struct place b;
	struct subject subject;
	struct snapshot *before;
	bool supported;
};

FIXTURE_SETUP(detach)
{
	struct nsattach_query query;

	ASSERT_LE(0, device_fd());
	ASSERT_EQ(0, attach_query(&query));
	self->supported = query.features & NSATTACH_FEAT_DETACH;
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(place_start(&self->b, 2, NS_BASE));
	ASSERT_CLEAN(subject_start_plain(&self->subject, 8));
	self->before = snapshot_take(self->subject.pid);
	if (!self->supported)
		SKIP(return, "NSATTACH_FEAT_DETACH is not among the module's features");
}

FIXTURE_TEARDOWN(detach)
{
	snapshot_free(self->before);
	subject_stop(&self->subject);
	place_stop(&self->a);
	place_stop(&self->b);
}

#define ATTACH(place, mask)                                                            \
	do {                                                                           \
		struct nsattach_error e_;                                              \
		ASSERT_ATTACHED(attach_pid(self->subject.pid, (place)->pid, mask, &e_), e_); \
	} while (0)

/* Fills @record with the subject's entry; yields how many are attached in all. */
static int list_for(pid_t pid, struct nsattach_record *record)
{
	struct nsattach_record records[64];
	struct nsattach_list list = {
		.size = sizeof(list), .records = (uintptr_t)records, .nr_records = 64,
	};

	memset(record, 0, sizeof(*record));
	if (ioctl(device_fd(), NSATTACH_IOC_LIST, &list))
		return -errno;
	for (__u32 i = 0; i < list.nr_records && i < 64; i++)
		if (records[i].pid == pid)
			*record = records[i];
	return (int)list.nr_records;
}

TEST_F_TIMEOUT(detach, puts_every_thread_back_exactly, 240)
{
	struct nsattach_error error;

	for (unsigned int index = 1; index < 1U << NR_BASE; index += full_scale() ? 1 : 6) {
		ATTACH(&self->a, ns_mask_of_index(index));
		ASSERT_CLEAN(not_moved(self->before, self->subject.pid, &self->a,
				       ns_mask_of_index(index)));
		ASSERT_ATTACHED(detach_pid(self->subject.pid, &error), error);
		ASSERT_CLEAN(changed_since(self->before, self->subject.pid));
	}
	EXPECT_EQ(0, GET(self->subject.shared->returns));
	EXPECT_STREQ("-", view_get(subject_view(&self->subject), "abstract"));
}

TEST_F_TIMEOUT(detach, after_several_attaches_goes_back_to_the_first_origin, 240)
{
	struct nsattach_record record;
	struct nsattach_error error;

	ATTACH(&self->a, NS_BASE);
	ATTACH(&self->b, CLONE_NEWNET | CLONE_NEWNS);
	ATTACH(&self->a, CLONE_NEWNET);
	ASSERT_LT(0, list_for(self->subject.pid, &record));
	EXPECT_EQ((__u64)NS_BASE, record.namespaces);
	ASSERT_ATTACHED(detach_pid(self->subject.pid, &error), error);
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
	/* Once is enough. */
	EXPECT_REFUSED(ENOENT, NSATTACH_R_NOT_ATTACHED, detach_pid(self->subject.pid, &error),
		       error);
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
}

TEST_F_TIMEOUT(detach, of_a_process_that_was_not_attached_is_enoent, 240)
{
	struct nsattach_error error;

	EXPECT_REFUSED(ENOENT, NSATTACH_R_NOT_ATTACHED, detach_pid(self->subject.pid, &error),
		       error);
	EXPECT_EQ(self->subject.pid, error.pid);
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
}

TEST_F_TIMEOUT(detach, after_an_attach_without_record_is_enoent, 240)
{
	struct nsattach_error error;
	struct attach a;

	attach_init(&a);
	a.arg.flags = NSATTACH_F_NO_RECORD;
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&a, self->a.pid, NS_BASE));
	ASSERT_ATTACHED(attach_call(&a), a.arg.error);
	attach_done(&a);
	EXPECT_REFUSED(ENOENT, NSATTACH_R_NOT_ATTACHED, detach_pid(self->subject.pid, &error),
		       error);
	EXPECT_CLEAN(not_moved(self->before, self->subject.pid, &self->a, NS_BASE));
}

static long leave_uts(char *text)
{
	(void)text;
	return unshare(CLONE_NEWUTS);
}

TEST_F_TIMEOUT(detach, of_a_process_that_moved_on_is_estale_and_changes_nothing, 240)
{
	struct nsattach_error error;
	struct snapshot *now;

	ATTACH(&self->a, NS_NOPID);
	ASSERT_EQ(0, subject_call(&self->subject, leave_uts));
	now = snapshot_take(self->subject.pid);
	EXPECT_REFUSED(ESTALE, NSATTACH_R_MOVED_ON, detach_pid(self->subject.pid, &error), error);
	EXPECT_CLEAN(changed_since(now, self->subject.pid));
	snapshot_free(now);
}

static long become_chrooted(char *text)
{
	(void)text;
	return chroot("/inner");
}

TEST_F_TIMEOUT(detach, of_a_process_that_changed_its_root_is_estale_and_changes_nothing, 240)
{
	struct nsattach_error error;
	struct snapshot *now;

	ATTACH(&self->a, NS_NOPID);
	ASSERT_EQ(0, subject_call(&self->subject, become_chrooted));
	now = snapshot_take(self->subject.pid);
	EXPECT_REFUSED(ESTALE, NSATTACH_R_MOVED_ON, detach_pid(self->subject.pid, &error), error);
	EXPECT_CLEAN(changed_since(now, self->subject.pid));
	snapshot_free(now);
}

/* What it left by itself is not given back, nor a part of it: not root without mounts. */
TEST_F_TIMEOUT(detach, after_it_moved_on_and_was_attached_again_goes_back_to_in_between, 240)
{
	struct nsattach_record record;
	struct nsattach_error error;
	struct snapshot *between;

	ATTACH(&self->a, NS_NOPID);
	ASSERT_EQ(0, subject_call(&self->subject, leave_uts));
	between = snapshot_take(self->subject.pid);
	ATTACH(&self->b, CLONE_NEWNET);
	ASSERT_LT(0, list_for(self->subject.pid, &record));
	EXPECT_EQ((__u64)CLONE_NEWNET, record.namespaces);
	EXPECT_CLEAN(not_moved(between, self->subject.pid, &self->b, CLONE_NEWNET));
	ASSERT_ATTACHED(detach_pid(self->subject.pid, &error), error);
	EXPECT_CLEAN(changed_since(between, self->subject.pid));
	EXPECT_REFUSED(ENOENT, NSATTACH_R_NOT_ATTACHED, detach_pid(self->subject.pid, &error),
		       error);
	snapshot_free(between);
}

TEST_F_TIMEOUT(detach, after_it_changed_root_and_was_attached_again_goes_back_to_in_between, 240)
{
	struct nsattach_error error;
	struct snapshot *between;
	struct attach a;

	ATTACH(&self->a, NS_NOPID);
	ASSERT_EQ(0, subject_call(&self->subject, become_chrooted));
	between = snapshot_take(self->subject.pid);
	attach_init(&a);
	a.arg.flags = NSATTACH_F_CHROOTED;
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&a, self->b.pid, CLONE_NEWNS | CLONE_NEWUTS));
	ASSERT_ATTACHED(attach_call(&a), a.arg.error);
	attach_done(&a);
	ASSERT_ATTACHED(detach_pid(self->subject.pid, &error), error);
	EXPECT_CLEAN(changed_since(between, self->subject.pid));
	snapshot_free(between);
}

/* Told to, it has root and cwd for itself. */
static void *unshare_root(void *arg)
{
	struct subject_shared *shared = arg;

	while (!GET(shared->births))
		futex_wait(&shared->births, 0);
	if (unshare(CLONE_FS))
		ADD(shared->bad, 1);
	ADD(shared->rounds, 1);
	return idle_thread(NULL);
}

/* Thread 1 goes into another root, which it shares with one that it makes. */
static void body_chrooted(struct subject_shared *shared, unsigned int index)
{
	pthread_t sharer;

	body_end(shared, index, !(index == 1 && (unshare(CLONE_FS) || chroot("/tmp") ||
			   pthread_create(&sharer, NULL, unshare_root, shared))));
}

/* Where a new one comes from can not be told: two had that root, each from elsewhere. */
TEST_F_TIMEOUT(detach, root_that_two_got_is_estale_for_a_third, 240)
{
	struct subject_options options = { .threads = 2, .unshare = NS_NOPID,
					   .body = body_chrooted };
	struct nsattach_error error;
	struct snapshot *now;
	struct attach a;

	subject_stop(&self->subject);
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	ASSERT_TRUE(UNTIL(GET(self->subject.shared->rounds) == 1));
	attach_init(&a);
	a.arg.flags = NSATTACH_F_CHROOTED;
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&a, self->a.pid, NS_NOPID));
	ASSERT_ATTACHED(attach_call(&a), a.arg.error);
	attach_done(&a);
	SET(self->subject.shared->births, 1);
	futex_wake(&self->subject.shared->births);
	ASSERT_TRUE(UNTIL(GET(self->subject.shared->rounds) == 2));
	EXPECT_EQ(0, GET(self->subject.shared->bad));
	now = snapshot_take(self->subject.pid);
	EXPECT_REFUSED(ESTALE, NSATTACH_R_MOVED_ON, detach_pid(self->subject.pid, &error), error);
	EXPECT_CLEAN(changed_since(now, self->subject.pid));
	snapshot_free(now);
}

static long own_root_and_cwd(char *text)
{
	(void)text;
	return unshare(CLONE_FS);
}

/* Both that became of one go back to where the one was. */
TEST_F_TIMEOUT(detach, root_that_is_not_shared_any_more_goes_back_for_each, 240)
{
	struct nsattach_error error;

	ATTACH(&self->a, NS_NOPID);
	ASSERT_EQ(0, subject_call(&self->subject, own_root_and_cwd));
	ATTACH(&self->b, CLONE_NEWNS | CLONE_NEWNET);
	ASSERT_ATTACHED(detach_pid(self->subject.pid, &error), error);
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
}

TEST_F_TIMEOUT(detach, takes_children_that_were_born_inside_nowhere, 240)
{
	struct nsattach_error error;
	pid_t child;

	ATTACH(&self->a, NS_BASE);
	child = subject_fork(&self->subject);
	ASSERT_LT(0, child);
	ASSERT_ATTACHED(detach_pid(self->subject.pid, &error), error);
	EXPECT_CLEAN(not_in(child, &self->a, NS_NOPID));
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
	kill(child, SIGKILL);
	child = subject_fork(&self->subject);
	EXPECT_EQ(task_ns(self->subject.pid, self->subject.pid, "net"),
		  task_ns(child, child, "net"));
}

/* They had one and the same set of namespaces when they went on, but not before. */
TEST_F_TIMEOUT(detach, of_a_set_takes_each_to_where_it_was_itself, 240)
{
	for (int turn = 0; turn < 2; turn++) {
		pid_t pids[2], child;
		struct attach a;

		ATTACH(&self->a, NS_BASE);
		child = subject_fork(&self->subject);
		ASSERT_LT(0, child);
		pids[turn] = self->subject.pid;
		pids[!turn] = child;
		attach_init(&a);
		ASSERT_EQ(0, attach_add_subject(&a, pids[0]));
		ASSERT_EQ(0, attach_add_subject(&a, pids[1]));
		ASSERT_EQ(0, attach_set_target(&a, self->b.pid, NS_NOPID));
		ASSERT_ATTACHED(attach_call(&a), a.arg.error);
		attach_done(&a);
		ASSERT_ATTACHED(detach_pids(pids, 2, &a.arg.error), a.arg.error);
		EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
		EXPECT_CLEAN(not_in(child, &self->a, NS_NOPID));
		kill(child, SIGKILL);
	}
}

TEST_F_TIMEOUT(detach, works_when_the_target_is_long_gone, 240)
{
	struct nsattach_error error;

	ATTACH(&self->a, NS_BASE);
	place_stop(&self->a);
	ASSERT_ATTACHED(detach_pid(self->subject.pid, &error), error);
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
}

TEST_F_TIMEOUT(detach, with_namespaces_or_a_target_is_einval, 240)
{
	struct attach a;

	ATTACH(&self->a, NS_BASE);
	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	a.arg.namespaces = CLONE_NEWNET;
	EXPECT_EQ(-EINVAL, detach_call(&a));
	a.arg.namespaces = 0;
	ASSERT_EQ(0, attach_add_nsfds(&a, self->b.pid, CLONE_NEWNET));
	EXPECT_REFUSED(EINVAL, NSATTACH_R_NAMESPACES, detach_call(&a), a.arg.error);
	a.arg.nr_nsfds = 0;
	a.arg.flags = NSATTACH_F_ROOT;
	EXPECT_EQ(-EINVAL, detach_call(&a));
	attach_done(&a);
	EXPECT_CLEAN(not_moved(self->before, self->subject.pid, &self->a, NS_BASE));
}

TEST_F_TIMEOUT(detach, checked_only_moves_nothing, 240)
{
	struct attach a;

	ATTACH(&self->a, NS_BASE);
	attach_init(&a);
	a.arg.flags = NSATTACH_F_CHECK;
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, detach_call(&a));
	attach_done(&a);
	EXPECT_CLEAN(not_moved(self->before, self->subject.pid, &self->a, NS_BASE));
}

TEST_F_TIMEOUT(detach, list_tells_who_is_attached_where_since_when_by_whom, 240)
{
	struct nsattach_record record;
	struct nsattach_error error;
	struct timespec ts;
	uint64_t start;
	int others;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	start = (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
	others = list_for(self->subject.pid, &record);
	ASSERT_LE(0, others);
	EXPECT_EQ(0, record.pid);
	ATTACH(&self->a, CLONE_NEWNET | CLONE_NEWUTS);
	EXPECT_EQ(others + 1, list_for(self->subject.pid, &record));
	EXPECT_EQ(self->subject.pid, record.pid);
	EXPECT_EQ(self->a.pid, record.target);
	EXPECT_EQ((__u64)(CLONE_NEWNET | CLONE_NEWUTS), record.namespaces);
	EXPECT_LE(start, record.since_ns);
	EXPECT_EQ(getpid(), record.by_pid);
	EXPECT_EQ(0, record.by_uid);
	ASSERT_ATTACHED(detach_pid(self->subject.pid, &error), error);
	EXPECT_EQ(others, list_for(self->subject.pid, &record));
	EXPECT_EQ(0, record.pid);
}

TEST_F_TIMEOUT(detach, list_forgets_the_dead, 240)
{
	struct nsattach_record record;
	pid_t pid = self->subject.pid;

	ATTACH(&self->a, NS_BASE);
	ASSERT_LT(0, list_for(pid, &record));
	ASSERT_EQ(pid, record.pid);
	subject_stop(&self->subject);
	EXPECT_TRUE(UNTIL(list_for(pid, &record) >= 0 && record.pid == 0));
}

TEST_F_TIMEOUT(detach, list_says_how_much_room_it_needs, 240)
{
	struct nsattach_record records[2];
	struct nsattach_list list = { .size = sizeof(list), .nr_records = 0 };
	struct subject other;

	ASSERT_CLEAN(subject_start_plain(&other, 2));
	ATTACH(&self->a, NS_BASE);
	ASSERT_EQ(0, attach_pid(other.pid, self->a.pid, NS_BASE, NULL));
	ASSERT_EQ(0, ioctl(device_fd(), NSATTACH_IOC_LIST, &list));
	EXPECT_LE(2, list.nr_records);
	memset(records, 0xa5, sizeof(records));
	list.records = (uintptr_t)records;
	list.nr_records = 1;
	ASSERT_EQ(0, ioctl(device_fd(), NSATTACH_IOC_LIST, &list));
	EXPECT_LE(2, list.nr_records);
	EXPECT_NE((__s32)0xa5a5a5a5, records[0].pid);
	EXPECT_EQ((__s32)0xa5a5a5a5, records[1].pid);
	subject_stop(&other);
	/* No program has memory there. */
	list.records = 4096;
	list.nr_records = 1;
	EXPECT_EQ(-1, ioctl(device_fd(), NSATTACH_IOC_LIST, &list));
	EXPECT_EQ(EFAULT, errno);
	list.reserved = 1;
	EXPECT_EQ(-1, ioctl(device_fd(), NSATTACH_IOC_LIST, &list));
	EXPECT_EQ(EINVAL, errno);
}

/* How many there are for one in a pid namespace of its own, who has no number for them. */
static int listed_below(pid_t pid)
{
	struct nsattach_record record;
	pid_t below = fork_below();
	int status;

	if (!below)
		_exit(list_for(pid, &record));
	return waitpid(below, &status, 0) == below && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F_TIMEOUT(detach, list_is_empty_in_a_pid_namespace_that_they_are_not_in, 240)
{
	struct nsattach_record record;

	ATTACH(&self->a, NS_BASE);
	EXPECT_EQ(0, listed_below(self->subject.pid));
	EXPECT_LT(0, list_for(self->subject.pid, &record));
	EXPECT_EQ(self->subject.pid, record.pid);
}

static void body_own_uts(struct subject_shared *shared, unsigned int index)
{
	body_end(shared, index, !(index % 2 && unshare(CLONE_NEWUTS)));
}

TEST_F_TIMEOUT(detach, gives_each_thread_the_namespaces_of_its_own, 240)
{
	struct subject_options options = { .threads = 9, .unshare = NS_NOPID,
					   .body = body_own_uts };
	struct nsattach_error error;

	subject_stop(&self->subject);
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	ASSERT_TRUE(UNTIL(GET(self->subject.shared->rounds) == 8));
	snapshot_free(self->before);
	self->before = snapshot_take(self->subject.pid);
	ATTACH(&self->a, CLONE_NEWNET);
	ASSERT_ATTACHED(detach_pid(self->subject.pid, &error), error);
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
}

static pid_t sit_below(pid_t above)
{
	pid_t pid = fork_child();

	if (pid)
		return pid;
	/* Who makes one has to have an id in the one above. */
	if (setns(pidfd_of(above), CLONE_NEWUSER) || setresgid(0, 0, 0) || setresuid(0, 0, 0) ||
	    unshare(CLONE_NEWUSER))
		_exit(1);
	for (;;)
		pause();
}

static long is_dumpable(char *text)
{
	(void)text;
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
}

TEST_F_TIMEOUT(detach, from_two_user_namespaces_below_each_other_goes_back_above_both, 240)
{
	pid_t pid = self->subject.pid, below;
	struct place outer = { 0 }, inner = { 0 };

	ASSERT_CLEAN(place_start_mapped(&outer, 3, NS_BASE | CLONE_NEWUSER, 100000));
	below = sit_below(outer.pid);
	ASSERT_TRUE(UNTIL(task_syscall(below, below) == SYS_pause));
	inner.pid = below;
	ASSERT_EQ(1, subject_call(&self->subject, is_dumpable));
	ATTACH(&outer, CLONE_NEWUSER);
	EXPECT_EQ(0, subject_call(&self->subject, is_dumpable));
	ATTACH(&inner, CLONE_NEWUSER);
	EXPECT_EQ(task_ns(below, below, "user"), task_ns(pid, pid, "user"));
	ASSERT_EQ(0, detach_pid(pid, NULL));
	EXPECT_CLEAN(changed_since(self->before, pid));
	EXPECT_EQ(1, subject_call(&self->subject, is_dumpable));
	kill_and_reap(below);
	place_stop(&outer);
}

TEST_HARNESS_MAIN
