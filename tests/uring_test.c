// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * io_uring: requests that kernel workers carry out for the subject see the new
 * root and network as well, whoever carries them out.
 */
#include <fcntl.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "attach.h"
#include "gate.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

/**
 * struct ring - an io_uring of the subject, bare
 * @fd:		of the ring
 * @sqpoll:	a kernel thread takes the requests
 * @params:	as the kernel filled them
 * @map:	both rings
 * @sqes:	requests
 * @tail:	how many have been handed in
 */
static struct ring {
	int fd;
	bool sqpoll;
	struct io_uring_params params;
	char *map;
	struct io_uring_sqe *sqes;
	uint32_t tail;
} ring;

static uint32_t *word(uint32_t offset)
{
	return (uint32_t *)(void *)(ring.map + offset);
}

static int ring_setup(struct subject_shared *shared, void *arg)
{
	size_t size;

	(void)shared;
	memset(&ring, 0, sizeof(ring));
	ring.sqpoll = arg != NULL;
	if (ring.sqpoll) {
		ring.params.flags = IORING_SETUP_SQPOLL;
		ring.params.sq_thread_idle = 50;
	}
	ring.fd = (int)syscall(SYS_io_uring_setup, 8, &ring.params);
	if (ring.fd < 0)
		return errno;
	size = ring.params.sq_off.array + ring.params.sq_entries * sizeof(uint32_t);
	if (size < ring.params.cq_off.cqes + ring.params.cq_entries * sizeof(struct io_uring_cqe))
		size = ring.params.cq_off.cqes +
		       ring.params.cq_entries * sizeof(struct io_uring_cqe);
	ring.map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd,
			IORING_OFF_SQ_RING);
	ring.sqes = mmap(NULL, ring.params.sq_entries * sizeof(*ring.sqes),
			 PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_SQES);
	return ring.map == MAP_FAILED || (void *)ring.sqes == MAP_FAILED ? errno : 0;
}

/* One request, and its result. */
static long ring_do(const struct io_uring_sqe *sqe)
{
	uint32_t mask = *word(ring.params.sq_off.ring_mask);
	uint32_t index = ring.tail & mask;
	uint32_t head = GET(*word(ring.params.cq_off.head));
	uint32_t flags = IORING_ENTER_GETEVENTS;
	const struct io_uring_cqe *cqes =
		(const void *)(ring.map + ring.params.cq_off.cqes);
	long ret;

	ring.sqes[index] = *sqe;
	word(ring.params.sq_off.array)[index] = index;
	SET(*word(ring.params.sq_off.tail), ++ring.tail);
	if (ring.sqpoll && GET(*word(ring.params.sq_off.flags)) & IORING_SQ_NEED_WAKEUP)
		flags |= IORING_ENTER_SQ_WAKEUP;
	if (syscall(SYS_io_uring_enter, ring.fd, 1, 1, flags, NULL, 0) < 0)
		return -errno;
	if (!UNTIL(GET(*word(ring.params.cq_off.tail)) != head))
		return -ETIME;
	ret = cqes[head & *word(ring.params.cq_off.ring_mask)].res;
	SET(*word(ring.params.cq_off.head), head + 1);
	return ret;
}

/* Always by a worker: nobody tries first in the submitting thread. */
static long call_open(char *text)
{
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_OPENAT,
		.flags = IOSQE_ASYNC,
		.fd = AT_FDCWD,
		.addr = (uintptr_t)PLACE_FILE,
		.open_flags = O_RDONLY | O_CLOEXEC,
	};
	long fd = ring_do(&sqe);
	ssize_t len;

	text[0] = '\0';
	if (fd < 0)
		return fd;
	len = read((int)fd, text, 63);
	text[len > 0 ? len : 0] = '\0';
	close((int)fd);
	return 0;
}

/* A socket that a worker made, asked who listens in its network. */
static long call_socket(char *text)
{
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_SOCKET,
		.flags = IOSQE_ASYNC,
		.fd = AF_UNIX,
		.off = SOCK_STREAM,
	};
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	long fd = ring_do(&sqe);
	ssize_t len = -1;

	text[0] = '\0';
	if (fd < 0)
		return fd;
	memcpy(address.sun_path + 1, PLACE_SOCKET, strlen(PLACE_SOCKET));
	if (!connect((int)fd, (struct sockaddr *)&address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				 strlen(PLACE_SOCKET))))
		len = recv((int)fd, text, 63, 0);
	text[len > 0 ? len : 0] = '\0';
	close((int)fd);
	return len > 0 ? 0 : -ECONNREFUSED;
}

FIXTURE(uring)
{
	struct place a;
	struct place b;
	struct subject subject;
};

FIXTURE_VARIANT(uring)
{
	bool sqpoll;
};

FIXTURE_VARIANT_ADD(uring, workers) { .sqpoll = false };
FIXTURE_VARIANT_ADD(uring, sqpoll) { .sqpoll = true };

FIXTURE_SETUP(uring)
{
	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(place_start(&self->b, 2, NS_BASE));
}

FIXTURE_TEARDOWN(uring)
{
	subject_stop(&self->subject);
	place_stop(&self->a);
	place_stop(&self->b);
}

/* With a request in flight, which the exec waits for after everything was checked. */
static long call_exec(char *text)
{
	char *argv[] = { (char *)"sleep", (char *)"86400", NULL };
	struct io_uring_sqe sqe = { .opcode = IORING_OP_POLL_ADD, .poll32_events = POLLIN };
	int silent[2];

	(void)text;
	if (ring_setup(NULL, NULL) || pipe(silent))
		return -errno;
	sqe.fd = silent[0];
	ring.sqes[0] = sqe;
	word(ring.params.sq_off.array)[0] = 0;
	SET(*word(ring.params.sq_off.tail), 1);
	if (syscall(SYS_io_uring_enter, ring.fd, 1, 0, 0, NULL, 0) != 1)
		return -errno;
	SET(*(int *)(void *)text, gate_shut(SYS_execve, -1));
	execv("/bin/busybox", argv);
	return -errno;
}

TEST_F_TIMEOUT(uring, exec_that_waits_for_a_request_is_not_torn, 120)
{
	struct gate gate;
	pid_t pid, caller;
	int status;

	ASSERT_CLEAN(subject_start_plain(&self->subject, 2));
	pid = self->subject.pid;
	SET(*(int *)(void *)self->subject.shared->text, 0);
	subject_call_begin(&self->subject, call_exec);
	ASSERT_TRUE(UNTIL(GET(*(int *)(void *)self->subject.shared->text)));
	ASSERT_CLEAN(gate_wait(&gate, pid, GET(*(int *)(void *)self->subject.shared->text)));
	caller = fork_child();
	if (!caller)
		_exit(-attach_pid(pid, self->a.pid, NS_BASE, NULL));
	ASSERT_TRUE(UNTIL(task_state(caller, caller) == 'S' &&
			  task_syscall(caller, caller) == SYS_ioctl));
	gate_open(&gate);
	ASSERT_EQ(caller, waitpid(caller, &status, 0));
	EXPECT_EQ(EAGAIN, WEXITSTATUS(status));
	ASSERT_TRUE(UNTIL(task_syscall(pid, pid) == SYS_clock_nanosleep));
	EXPECT_NE(self->a.ns[NS_NET], task_ns(pid, pid, "net"));
	EXPECT_NE(self->a.ns[NS_MNT], task_ns(pid, pid, "mnt"));
	ASSERT_EQ(0, attach_pid(pid, self->a.pid, NS_BASE, NULL));
	EXPECT_CLEAN(not_in(pid, &self->a, NS_BASE));
}

TEST_F_TIMEOUT(uring, requests_after_an_attach_see_the_new_root_and_network, 1200)
{
	struct subject_options options = { .threads = 3, .unshare = NS_NOPID, .setup = ring_setup,
					   .arg = variant->sqpoll ? self : NULL };
	unsigned long rounds = scaled(40, 1000), seen = 0;
	const char *bad = subject_start(&self->subject, &options);
	const char *text;

	if (bad && strstr(bad, strerror(ENOSYS)))
		SKIP(return, "this kernel has no io_uring");
	ASSERT_CLEAN(bad);
	text = self->subject.shared->text;
	/* Workers exist before the first attach, and know the old world. */
	ASSERT_EQ(-ENOENT, subject_call(&self->subject, call_open));
	ASSERT_EQ(-ECONNREFUSED, subject_call(&self->subject, call_socket));
	for (unsigned long i = 0; i < rounds; i++) {
		const struct place *to = i % 2 ? &self->b : &self->a;
		struct nsattach_error error;

		ASSERT_ATTACHED(attach_pid(self->subject.pid, to->pid, NS_NOPID, &error), error);
		ASSERT_EQ(0, subject_call(&self->subject, call_open));
		EXPECT_STREQ(to->name, text);
		seen += !strcmp(to->name, text);
		ASSERT_EQ(0, subject_call(&self->subject, call_socket));
		EXPECT_STREQ(to->name, text);
		seen += !strcmp(to->name, text);
		ASSERT_CLEAN(not_in(self->subject.pid, to, NS_NOPID));
	}
	EXPECT_EQ(2 * rounds, seen);
	figure(variant->sqpoll ? "uring_sqpoll.requests" : "uring_workers.requests",
	       (long long)(2 * rounds));
	figure(variant->sqpoll ? "uring_sqpoll.seen" : "uring_workers.seen", (long long)seen);
}

/*
 * One that wakes in the middle of the commit because its ring wants another worker
 * would make a thread that stays outside.
 */
TEST_F_TIMEOUT(uring, who_has_used_a_ring_is_not_left_asleep, 120)
{
	struct subject_options options = { .threads = 2, .unshare = NS_NOPID, .setup = ring_setup,
					   .arg = variant->sqpoll ? self : NULL };
	unsigned long before;
	const char *bad;
	pid_t pid;

	ASSERT_CLEAN(subject_start_plain(&self->subject, 2));
	pid = self->subject.pid;
	ASSERT_TRUE(UNTIL(subject_waits(&self->subject)));
	before = subject_switches(&self->subject);
	ASSERT_EQ(0, attach_pid(pid, self->a.pid, NS_BASE, NULL));
	EXPECT_EQ(before, subject_switches(&self->subject));
	subject_stop(&self->subject);

	bad = subject_start(&self->subject, &options);
	if (bad && strstr(bad, strerror(ENOSYS)))
		SKIP(return, "this kernel has no io_uring");
	ASSERT_CLEAN(bad);
	pid = self->subject.pid;
	ASSERT_EQ(-ENOENT, subject_call(&self->subject, call_open));
	ASSERT_TRUE(UNTIL(subject_waits(&self->subject)));
	before = subject_switches(&self->subject);
	ASSERT_EQ(0, attach_pid(pid, self->a.pid, NS_BASE, NULL));
	ASSERT_TRUE(UNTIL(subject_waits(&self->subject)));
	EXPECT_LT(before, subject_switches(&self->subject));
	EXPECT_CLEAN(not_in(pid, &self->a, NS_BASE));
}

TEST_HARNESS_MAIN
