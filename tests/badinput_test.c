// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every way to ask for the wrong thing: the exact errno, the exact reason, and
 * a bystander and a subject in which nothing has changed.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "attach.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

FIXTURE(badinput)
{
	struct place place;
	struct subject subject;
	struct snapshot *before;
	struct attach a;
	struct nsattach_query query;
};

/* A call that would succeed, for each test to spoil. */
FIXTURE_SETUP(badinput)
{
	ASSERT_LE(0, device_fd());
	ASSERT_EQ(0, attach_query(&self->query));
	ASSERT_CLEAN(place_start(&self->place, 1, NS_BASE));
	ASSERT_CLEAN(subject_start_plain(&self->subject, 3));
	self->before = snapshot_take(self->subject.pid);
	attach_init(&self->a);
	ASSERT_EQ(0, attach_add_subject(&self->a, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&self->a, self->place.pid, NS_BASE));
}

FIXTURE_TEARDOWN(badinput)
{
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
	EXPECT_EQ(0, GET(self->subject.shared->returns));
	snapshot_free(self->before);
	subject_stop(&self->subject);
	place_stop(&self->place);
}

#define REFUSED(err, why) EXPECT_REFUSED(err, why, attach_call(&self->a), self->a.arg.error)
#define REFUSED_CASE(err, why, what, number)            \
	do {                                            \
		REFUSED(err, why);                      \
		if (!_metadata->passed)                 \
			TH_LOG("%s %u", what, number);  \
	} while (0)

TEST_F(badinput, unknown_flag_bits_one_by_one)
{
	for (unsigned int bit = 0; bit < 32; bit++) {
		if ((self->query.attach_flags | NSATTACH_F_PID_MOVE) & (1U << bit))
			continue;
		self->a.arg.flags = 1U << bit;
		REFUSED_CASE(EINVAL, NSATTACH_R_FLAGS, "bit", bit);
	}
}

TEST_F(badinput, pid_move_on_a_kernel_that_can_not)
{
	if (self->query.attach_flags & NSATTACH_F_PID_MOVE)
		return;
	self->a.arg.flags = NSATTACH_F_PID_MOVE;
	REFUSED(EOPNOTSUPP, NSATTACH_R_NS_UNSUPPORTED);
}

TEST_F(badinput, unknown_namespace_bits_one_by_one)
{
	const uint64_t known = NS_BASE | CLONE_NEWUSER | CLONE_NEWTIME;

	for (unsigned int bit = 0; bit < 64; bit++) {
		if (known & (1ULL << bit))
			continue;
		self->a.arg.namespaces = NS_BASE | 1ULL << bit;
		REFUSED_CASE(EINVAL, NSATTACH_R_NAMESPACES, "bit", bit);
	}
}

TEST_F(badinput, namespace_types_this_kernel_can_not_attach)
{
	for (int i = 0; i < NS_COUNT; i++) {
		if (self->query.namespaces & ns_types[i].flag)
			continue;
		self->a.arg.namespaces = ns_types[i].flag;
		REFUSED(EOPNOTSUPP, NSATTACH_R_NS_UNSUPPORTED);
		EXPECT_EQ(ns_types[i].flag, self->a.arg.error.ns);
	}
}

TEST_F(badinput, no_namespace_at_all)
{
	self->a.arg.namespaces = 0;
	REFUSED(EINVAL, NSATTACH_R_NAMESPACES);
	self->a.arg.target = -1;
	REFUSED(EINVAL, NSATTACH_R_NAMESPACES);
}

TEST_F(badinput, root_of_the_target_without_its_mount_namespace)
{
	self->a.arg.flags = NSATTACH_F_ROOT;
	self->a.arg.namespaces = CLONE_NEWUTS;
	REFUSED(EINVAL, NSATTACH_R_FLAGS);
}

TEST_F(badinput, reserved_members)
{
	self->a.arg.reserved = 1;
	REFUSED(EINVAL, NSATTACH_R_RESERVED);
	self->a.arg.reserved = 0;
	self->a.subjects[0].reserved = 1U << 31;
	REFUSED(EINVAL, NSATTACH_R_RESERVED);
	self->a.subjects[0].reserved = 0;
	ASSERT_EQ(0, attach_add_subject(&self->a, self->subject.pid));
	self->a.subjects[1].reserved = 1;
	REFUSED(EINVAL, NSATTACH_R_RESERVED);
}

TEST_F(badinput, timeout_above_the_longest)
{
	self->a.arg.timeout_ns = NSATTACH_TIMEOUT_MAX_NS + 1;
	REFUSED(EINVAL, NSATTACH_R_TIMEOUT_VALUE);
	self->a.arg.timeout_ns = UINT64_MAX;
	REFUSED(EINVAL, NSATTACH_R_TIMEOUT_VALUE);
}

TEST_F(badinput, counts_out_of_range)
{
	self->a.arg.nr_subjects = 0;
	REFUSED(EINVAL, NSATTACH_R_COUNT);
	self->a.arg.nr_subjects = NSATTACH_MAX_SUBJECTS + 1;
	REFUSED(EINVAL, NSATTACH_R_COUNT);
	self->a.arg.nr_subjects = UINT32_MAX;
	REFUSED(EINVAL, NSATTACH_R_COUNT);
	self->a.arg.nr_subjects = 1;
	self->a.arg.nr_nsfds = NSATTACH_MAX_NSFDS + 1;
	REFUSED(EINVAL, NSATTACH_R_COUNT);
	self->a.arg.nr_nsfds = UINT32_MAX;
	REFUSED(EINVAL, NSATTACH_R_COUNT);
}

/* Fds of every kind but a pidfd; the last one is closed. */
#define NR_WRONG 8
static void wrong_fds(int fds[NR_WRONG], pid_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", pid);
	fds[0] = -1;
	fds[1] = open("/tmp/nsattach-regular", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	fds[2] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fds[3] = device_fd();
	fds[4] = open(path, O_PATH | O_CLOEXEC);
	fds[5] = eventfd(0, EFD_CLOEXEC);
	fds[6] = -100;
	fds[7] = dup(fds[5]);
	close(fds[7]);
}

TEST_F(badinput, subject_fds_that_are_no_pidfds)
{
	int good = self->a.subjects[0].pidfd;
	int fds[NR_WRONG];

	wrong_fds(fds, self->subject.pid);
	for (unsigned int i = 0; i < NR_WRONG; i++) {
		self->a.subjects[0].pidfd = fds[i];
		REFUSED_CASE(EBADF, NSATTACH_R_SUBJECT_FD, "kind", i);
		EXPECT_EQ(0, self->a.arg.error.subject);
	}
	self->a.subjects[0].pidfd = good;
	self->a.subjects[1].pidfd = fds[1];
	self->a.arg.nr_subjects = 2;
	REFUSED(EBADF, NSATTACH_R_SUBJECT_FD);
	EXPECT_EQ(1, self->a.arg.error.subject);
}

TEST_F(badinput, namespace_fd_as_subject)
{
	self->a.subjects[0].pidfd = ns_open(self->place.pid, "net");
	REFUSED(EBADF, NSATTACH_R_SUBJECT_FD);
}

TEST_F(badinput, target_fds_that_are_no_pidfds)
{
	int fds[NR_WRONG];

	wrong_fds(fds, self->place.pid);
	for (unsigned int i = 0; i < NR_WRONG; i++) {
		self->a.arg.target = fds[i];
		REFUSED_CASE(EBADF, NSATTACH_R_TARGET_FD, "kind", i);
	}
}

TEST_F(badinput, namespace_fds_that_are_none)
{
	int fds[NR_WRONG], ends[2];

	wrong_fds(fds, self->place.pid);
	self->a.arg.namespaces = 0;
	self->a.arg.target = -1;
	self->a.arg.nr_nsfds = 1;
	for (unsigned int i = 0; i < NR_WRONG; i++) {
		self->a.nsfds[0] = fds[i];
		REFUSED_CASE(EBADF, NSATTACH_R_NS_FD, "kind", i);
	}
	self->a.nsfds[0] = pidfd_of(self->place.pid);
	REFUSED(EBADF, NSATTACH_R_NS_FD);
	/* Nor is it kept open: without a writer a pipe has ended. */
	ASSERT_EQ(0, pipe(ends));
	self->a.nsfds[0] = ends[1];
	REFUSED(EBADF, NSATTACH_R_NS_FD);
	close(ends[1]);
	EXPECT_EQ(1, poll(&(struct pollfd){ .fd = ends[0] }, 1, 10000));
	close(ends[0]);
}

TEST_F(badinput, one_namespace_type_twice)
{
	ASSERT_EQ(0, attach_add_nsfds(&self->a, self->place.pid, CLONE_NEWNET));
	REFUSED(EINVAL, NSATTACH_R_NAMESPACES);
	self->a.arg.namespaces = CLONE_NEWUTS;
	ASSERT_EQ(0, attach_add_nsfds(&self->a, self->place.pid, CLONE_NEWNET));
	REFUSED(EINVAL, NSATTACH_R_NAMESPACES);
}

TEST_F(badinput, one_process_twice)
{
	ASSERT_EQ(0, attach_add_subject(&self->a, self->subject.pid));
	REFUSED(EEXIST, NSATTACH_R_SUBJECT_TWICE);
	EXPECT_EQ(1, self->a.arg.error.subject);
	EXPECT_EQ(self->subject.pid, self->a.arg.error.pid);
	self->a.subjects[1].pidfd = self->a.subjects[0].pidfd;
	REFUSED(EEXIST, NSATTACH_R_SUBJECT_TWICE);
}

static pid_t zombie(void)
{
	pid_t pid = fork_child();

	if (!pid)
		_exit(0);
	return UNTIL(task_state(pid, pid) == 'Z') ? pid : -1;
}

TEST_F(badinput, subject_that_is_a_zombie)
{
	pid_t pid = zombie();

	ASSERT_LT(0, pid);
	self->a.subjects[0].pidfd = pidfd_of(pid);
	REFUSED(ESRCH, NSATTACH_R_SUBJECT_GONE);
	EXPECT_EQ(pid, self->a.arg.error.pid);
	kill_and_reap(pid);
	REFUSED(ESRCH, NSATTACH_R_SUBJECT_GONE);
}

TEST_F(badinput, target_that_is_a_zombie_or_reaped)
{
	pid_t pid = zombie();

	ASSERT_LT(0, pid);
	self->a.arg.target = pidfd_of(pid);
	REFUSED(ESRCH, NSATTACH_R_TARGET_GONE);
	kill_and_reap(pid);
	REFUSED(ESRCH, NSATTACH_R_TARGET_GONE);
}

/* The number lives again, the pidfd does not: nobody else may be hit. */
TEST_F_TIMEOUT(badinput, pidfd_whose_number_was_recycled, 300)
{
	pid_t first = zombie();
	int pidfd = pidfd_of(first);
	struct snapshot *before;
	char text[32];
	pid_t again;

	ASSERT_LE(0, pidfd);
	kill_and_reap(first);
	snprintf(text, sizeof(text), "%d", first - 1);
	ASSERT_TRUE(write_file("/proc/sys/kernel/ns_last_pid", text));
	again = fork_child();
	if (!again)
		for (;;)
			pause();
	if (again != first) {
		kill_and_reap(again);
		SKIP(return, "another process took the recycled number");
	}
	before = snapshot_take(again);
	self->a.subjects[0].pidfd = pidfd;
	REFUSED(ESRCH, NSATTACH_R_SUBJECT_GONE);
	EXPECT_CLEAN(changed_since(before, again));
	self->a.subjects[0].pidfd = pidfd_of(self->subject.pid);
	self->a.arg.target = pidfd;
	REFUSED(ESRCH, NSATTACH_R_TARGET_GONE);
	snapshot_free(before);
	kill_and_reap(again);
}

TEST_F(badinput, kernel_thread_as_subject)
{
	/* kthreadd is 2 wherever the first pid namespace is in view. */
	if (strcmp(task_status(2, 2, "Name"), "kthreadd"))
		SKIP(return, "kthreadd is not in this pid namespace");
	self->a.subjects[0].pidfd = pidfd_of(2);
	REFUSED(EINVAL, NSATTACH_R_SUBJECT_KTHREAD);
	EXPECT_EQ(2, self->a.arg.error.pid);
}

TEST_F(badinput, init_of_a_pid_namespace_as_subject)
{
	struct snapshot *before = snapshot_take(1);
	struct place other;

	self->a.subjects[0].pidfd = pidfd_of(1);
	REFUSED(EBUSY, NSATTACH_R_SUBJECT_INIT);
	EXPECT_EQ(1, self->a.arg.error.pid);
	EXPECT_CLEAN(changed_since(before, 1));
	snapshot_free(before);
	ASSERT_CLEAN(place_start(&other, 2, NS_BASE));
	before = snapshot_take(other.pid);
	self->a.subjects[0].pidfd = pidfd_of(other.pid);
	REFUSED(EBUSY, NSATTACH_R_SUBJECT_INIT);
	EXPECT_CLEAN(changed_since(before, other.pid));
	snapshot_free(before);
	place_stop(&other);
}

TEST_F(badinput, pid_namespace_that_is_not_below)
{
	struct nsattach_error error;
	struct snapshot *before;
	struct subject inside;
	struct subject_options options = { .threads = 1, .unshare = CLONE_NEWPID };
	pid_t child;

	/* The first child becomes init of the new namespace, the second is any. */
	ASSERT_CLEAN(subject_start(&inside, &options));
	ASSERT_LT(0, subject_fork(&inside));
	child = subject_fork(&inside);
	ASSERT_LT(0, child);
	before = snapshot_take(child);
	EXPECT_REFUSED(EINVAL, NSATTACH_R_PIDNS_NOT_BELOW,
		       attach_pid(child, self->place.pid, CLONE_NEWPID, &error), error);
	EXPECT_EQ((__u32)CLONE_NEWPID, error.ns);
	EXPECT_REFUSED(EINVAL, NSATTACH_R_PIDNS_NOT_BELOW,
		       attach_pid(child, getpid(), CLONE_NEWPID, &error), error);
	EXPECT_CLEAN(changed_since(before, child));
	snapshot_free(before);
	subject_stop(&inside);
}

TEST_F(badinput, subject_as_its_own_target_is_no_change)
{
	struct nsattach_error error;

	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->subject.pid,
				   NS_NOPID & ~(uint64_t)CLONE_NEWNS, &error), error);
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
}

static long chroot_into_tmp(char *text)
{
	(void)text;
	return chroot("/tmp") || chdir("/") ? errno : 0;
}

/* The result could not be told, so nothing is done. */
TEST_F(badinput, memory_that_can_not_be_written)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	struct nsattach_attach *arg = (void *)memory;
	struct nsattach_subject *subjects = (void *)(memory + page);

	ASSERT_NE(MAP_FAILED, (void *)memory);
	*arg = self->a.arg;
	arg->subjects = (uintptr_t)subjects;
	*subjects = self->a.subjects[0];
	for (int part = 0; part < 2; part++) {
		ASSERT_EQ(0, mprotect(memory + (size_t)part * page, page, PROT_READ));
		EXPECT_EQ(-1, ioctl(device_fd(), NSATTACH_IOC_ATTACH, arg));
		EXPECT_EQ(EFAULT, errno);
		EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
		ASSERT_EQ(0, mprotect(memory + (size_t)part * page, page,
				      PROT_READ | PROT_WRITE));
	}
	munmap(memory, 2 * page);
}

/* The root of a mount, as the top is, but of one that others lie below. */
static long chroot_into_mount(char *text)
{
	(void)text;
	return mount("jail", "/tmp", "tmpfs", 0, NULL) || chroot("/tmp") || chdir("/") ? errno : 0;
}

TEST_F(badinput, subject_with_a_mount_as_its_chroot_is_refused)
{
	struct snapshot *before;
	struct subject inside;
	struct nsattach_error error;

	ASSERT_CLEAN(subject_start_plain(&inside, 2));
	ASSERT_EQ(0, subject_call(&inside, chroot_into_mount));
	before = snapshot_take(inside.pid);
	EXPECT_REFUSED(EXDEV, NSATTACH_R_CHROOTED,
		       attach_pid(inside.pid, self->place.pid, CLONE_NEWNS, &error), error);
	EXPECT_EQ((__u32)CLONE_NEWNS, error.ns);
	EXPECT_CLEAN(changed_since(before, inside.pid));
	snapshot_free(before);
	subject_stop(&inside);
}

TEST_F(badinput, chrooted_subject_is_refused)
{
	struct nsattach_query query;
	struct snapshot *before;
	struct subject inside;
	struct nsattach_error error;
	struct subject_options options = { .threads = 2, .unshare = NS_NOPID };

	ASSERT_EQ(0, attach_query(&query));
	ASSERT_CLEAN(subject_start(&inside, &options));
	ASSERT_EQ(0, subject_call(&inside, chroot_into_tmp));
	before = snapshot_take(inside.pid);
	EXPECT_REFUSED(EXDEV, NSATTACH_R_CHROOTED,
		       attach_pid(inside.pid, self->place.pid, CLONE_NEWNS, &error), error);
	EXPECT_EQ((__u32)CLONE_NEWNS, error.ns);
	EXPECT_CLEAN(changed_since(before, inside.pid));
	/* Without mnt it does not matter. */
	ASSERT_ATTACHED(attach_pid(inside.pid, self->place.pid, CLONE_NEWUTS, &error), error);
	if (query.attach_flags & NSATTACH_F_CHROOTED) {
		attach_done(&self->a);
		self->a.arg.flags = NSATTACH_F_CHROOTED;
		ASSERT_EQ(0, attach_add_subject(&self->a, inside.pid));
		ASSERT_EQ(0, attach_set_target(&self->a, self->place.pid, CLONE_NEWNS));
		ASSERT_ATTACHED(attach_call(&self->a), self->a.arg.error);
		EXPECT_CLEAN(not_moved(before, inside.pid, &self->place,
				       CLONE_NEWNS | CLONE_NEWUTS));
	}
	snapshot_free(before);
	subject_stop(&inside);
}

TEST_HARNESS_MAIN
