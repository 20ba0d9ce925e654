// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Into a time namespace: the clocks of every thread change, those that the
 * kernel tells and those of the vDSO alike, and of nobody else.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "ahead.h"
#include "attach.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "sharer.h"
#include "snapshot.h"
#include "subject.h"

#define OFFSET 5000000
#define THREADS 8

FIXTURE(timens)
{
	struct ahead ahead;
	struct subject subject;
	struct snapshot *before;
	struct nsattach_query query;
};

/**
 * struct clocks - what the threads see
 * @attached:	set by the test after an attach, before anything else
 * @wrong:	readings that were not those of the namespace
 * @seen:	seconds, by thread
 */
static struct clocks {
	uint32_t attached;
	uint32_t wrong;
	uint64_t seen[THREADS];
	uint32_t readings[THREADS];
} *clocks;

static uint64_t seconds(bool by_kernel)
{
	struct timespec ts;

	if (by_kernel)
		syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
	else
		clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec;
}

static void body(struct subject_shared *shared, unsigned int index)
{
	while (!GET(shared->stop)) {
		uint32_t attached = GET(clocks->attached);
		uint64_t library = seconds(false), kernel = seconds(true);

		/* The test changes @attached while no attach is under way. */
		if (attached != GET(clocks->attached))
			continue;
		if (attached == 1 && (library < OFFSET || kernel < OFFSET))
			ADD(clocks->wrong, 1);
		if (attached == 2 && (library >= OFFSET || kernel >= OFFSET))
			ADD(clocks->wrong, 1);
		SET(clocks->seen[index], library);
		ADD(clocks->readings[index], 1);
		usleep(500);
	}
}

FIXTURE_SETUP(timens)
{
	struct subject_options options = { .threads = THREADS, .unshare = NS_NOPID, .body = body };

	ASSERT_LE(0, device_fd());
	ASSERT_EQ(0, attach_query(&self->query));
	clocks = shared_alloc(sizeof(*clocks));
	if (!(self->query.namespaces & CLONE_NEWTIME))
		SKIP(return, "time is not among the namespaces the module attaches");
	ASSERT_CLEAN(ahead_start(&self->ahead, OFFSET));
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	self->before = snapshot_take(self->subject.pid);
	ASSERT_GT(OFFSET, seconds(false));
}

FIXTURE_TEARDOWN(timens)
{
	snapshot_free(self->before);
	subject_stop(&self->subject);
	ahead_stop(&self->ahead);
}

/* Every thread has read its clock @more times since. */
static bool all_have_read(unsigned int more)
{
	uint32_t start[THREADS];

	for (unsigned int i = 1; i < THREADS; i++)
		start[i] = GET(clocks->readings[i]);
	for (unsigned int i = 1; i < THREADS; i++)
		if (!UNTIL(GET(clocks->readings[i]) >= start[i] + more))
			return false;
	return true;
}

static const char *not_all_in(pid_t pid, uint64_t ns)
{
	struct place ahead = { .ns[NS_TIME] = ns };

	return not_in(pid, &ahead, CLONE_NEWTIME);
}

TEST_F_TIMEOUT(timens, clocks_of_every_thread_change, 240)
{
	struct nsattach_error error;

	ASSERT_TRUE(all_have_read(2));
	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->ahead.pid, CLONE_NEWTIME, &error),
			error);
	SET(clocks->attached, 1);
	EXPECT_CLEAN(not_all_in(self->subject.pid, self->ahead.ns));
	ASSERT_TRUE(all_have_read(5));
	EXPECT_EQ(0, GET(clocks->wrong));
	for (unsigned int i = 1; i < THREADS; i++)
		EXPECT_LE((uint64_t)OFFSET, GET(clocks->seen[i]));
	/* Nobody else's did. */
	EXPECT_GT(OFFSET, seconds(false));
	EXPECT_GT(OFFSET, seconds(true));
}

TEST_F_TIMEOUT(timens, children_are_born_into_it, 240)
{
	struct nsattach_error error;
	pid_t child;

	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->ahead.pid, CLONE_NEWTIME, &error),
			error);
	child = subject_fork(&self->subject);
	ASSERT_LT(0, child);
	EXPECT_EQ(self->ahead.ns, task_ns(child, child, "time"));
	kill(child, SIGKILL);
}

TEST_F_TIMEOUT(timens, by_namespace_fd, 240)
{
	struct attach a;

	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, attach_add_nsfds(&a, self->ahead.pid, CLONE_NEWTIME));
	ASSERT_ATTACHED(attach_call(&a), a.arg.error);
	attach_done(&a);
	SET(clocks->attached, 1);
	ASSERT_TRUE(all_have_read(5));
	EXPECT_EQ(0, GET(clocks->wrong));
}

TEST_F_TIMEOUT(timens, back_and_forth_with_detach, 600)
{
	for (unsigned long i = 0; i < scaled(10, 200); i++) {
		struct nsattach_error error;
		struct attach a;

		ASSERT_ATTACHED(attach_pid(self->subject.pid, self->ahead.pid, CLONE_NEWTIME,
					   &error), error);
		SET(clocks->attached, 1);
		ASSERT_TRUE(all_have_read(1));
		SET(clocks->attached, 0);
		attach_init(&a);
		ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
		ASSERT_EQ(0, detach_call(&a));
		attach_done(&a);
		SET(clocks->attached, 2);
		ASSERT_TRUE(all_have_read(1));
		SET(clocks->attached, 0);
		ASSERT_EQ(0, GET(clocks->wrong));
	}
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
}

/* It goes on sharing it with the other threads when the leader has exited. */
TEST_F_TIMEOUT(timens, foreign_sharer_of_the_memory_is_named_and_nothing_changes, 240)
{
	struct subject_options options = { .threads = 3, .unshare = NS_NOPID,
					   .setup = setup_sharer, .arg = sharer_alloc(CLONE_VM) };
	const struct sharer *sharer = options.arg;
	struct nsattach_error error;

	subject_stop(&self->subject);
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	for (int exited = 0; exited < 2; exited++) {
		snapshot_free(self->before);
		self->before = snapshot_take(self->subject.pid);
		EXPECT_REFUSED(EBUSY, NSATTACH_R_MM_SHARED,
			       attach_pid(self->subject.pid, self->ahead.pid, CLONE_NEWTIME, &error),
			       error);
		EXPECT_EQ(sharer->pid, error.tid);
		EXPECT_EQ((__u32)CLONE_NEWTIME, error.ns);
		EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
		ASSERT_TRUE(subject_exit_leader(&self->subject));
	}
	kill(sharer->pid, SIGKILL);
}

#define DIRECTORY "/tmp/nsattach-time"

/* As long as there is this memory, the mount is in use. */
static int map_file(struct subject_shared *shared, void *arg)
{
	int fd = open(DIRECTORY "/mapped", O_RDWR | O_CREAT, 0600);
	void *p = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0);

	(void)shared;
	(void)arg;
	return close(fd) || p == MAP_FAILED ? EIO : 0;
}

TEST_F_TIMEOUT(timens, memory_is_freed_with_the_process_running_or_stopped, 240)
{
	struct subject_options options = { .threads = 4, .setup = map_file };
	struct nsattach_error error;

	ASSERT_EQ(0, mkdir(DIRECTORY, 0755));
	for (int stopped = 0; stopped < 2; stopped++) {
		ASSERT_EQ(0, mount("mapped", DIRECTORY, "tmpfs", 0, NULL));
		subject_stop(&self->subject);
		ASSERT_CLEAN(subject_start(&self->subject, &options));
		if (stopped)
			kill(self->subject.pid, SIGSTOP);
		ASSERT_TRUE(!stopped || UNTIL(subject_threads_in(&self->subject, 4, 'T') == 4));
		ASSERT_ATTACHED(attach_pid(self->subject.pid, self->ahead.pid, CLONE_NEWTIME,
					   &error), error);
		EXPECT_EQ(-1, umount(DIRECTORY));
		subject_stop(&self->subject);
		EXPECT_TRUE(SOON(!umount(DIRECTORY)));
	}
	rmdir(DIRECTORY);
}

TEST_HARNESS_MAIN
