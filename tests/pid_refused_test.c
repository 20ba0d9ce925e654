// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a move into a pid namespace would tear apart is refused: each case with
 * its errno, with a sentence that names who is in the way, and with nothing
 * changed.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "harness.h"
#include "pid_calls.h"
#include "pidmove.h"
#include "shared.h"
#include "snapshot.h"

FIXTURE(refused)
{
	struct place a, b;
	struct subject subject;
	struct snapshot *before;
	pid_t other;
	int levels;
};

FIXTURE_SETUP(refused)
{
	struct subject_options options = { .threads = 2 };

	if (!pid_move_works())
		return;
	calls_init();
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(place_start(&self->b, 2, NS_BASE));
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	self->levels = 1;
	self->other = fork_child();
	if (!self->other) {
		for (;;)
			pause();
	}
}

FIXTURE_TEARDOWN(refused)
{
	if (!self->a.pid)
		return;
	snapshot_free(self->before);
	/* First, as it may trace the other one, which is not ours to reap then. */
	subject_stop(&self->subject);
	kill_and_reap(self->other);
	place_stop(&self->a);
	place_stop(&self->b);
}

/* What the command says to its user, in a static buffer. */
__attribute__((format(printf, 1, 2)))
static const char *said(const char *format, ...)
{
	static char text[4096];
	char line[256] = "nsattach ";
	size_t n = strlen(line);
	va_list args;
	FILE *f;

	va_start(args, format);
	n += (size_t)vsnprintf(line + n, sizeof(line) - n, format, args);
	va_end(args);
	snprintf(line + n, sizeof(line) - n, " 2>&1");
	f = popen(line, "r");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = '\0';
	if (f)
		pclose(f);
	return text;
}

#define EXPECT_SAID(text, ...)                                                   \
	do {                                                                     \
		const char *text_ = (text);                                      \
		char part_[128];                                                 \
		snprintf(part_, sizeof(part_), __VA_ARGS__);                     \
		EXPECT_NE(NULL, strstr(text_, part_))                            \
		{                                                                \
			TH_LOG("not '%s' but: %s", part_, text_);                \
		}                                                                \
	} while (0)

/* By the call and by the command, with nothing changed by either. */
#define EXPECT_NOT_MOVED(err, reason, who, ...)                                            \
	do {                                                                               \
		struct nsattach_error error_;                                              \
		pid_t pid_ = self->subject.pid;                                            \
		self->before = snapshot_take(pid_);                                        \
		EXPECT_REFUSED(err, reason, move_pid(pid_, &self->a, NS_BASE, 0, &error_), \
			       error_);                                                    \
		EXPECT_EQ(pid_, error_.pid);                                               \
		EXPECT_EQ((who), error_.tid);                                              \
		EXPECT_SAID(said("--pid %d --target %d --ns all", pid_, self->a.pid),      \
			    __VA_ARGS__);                                                  \
		EXPECT_CLEAN(changed_since(self->before, pid_));                           \
		EXPECT_CLEAN(not_numbered(&self->subject, 2, self->levels));               \
	} while (0)

TEST_F(refused, from_one_container_to_another)
{
	struct nsattach_error error;

	NEEDS_PID_MOVE();
	ASSERT_ATTACHED(move_pid(self->subject.pid, &self->b, NS_BASE, 0, &error), error);
	self->levels = 2;
	EXPECT_NOT_MOVED(EINVAL, NSATTACH_R_PIDNS_NOT_BELOW, 0, "detach it first");
}

TEST_F(refused, upwards)
{
	struct nsattach_error error;
	pid_t pid = self->subject.pid;

	NEEDS_PID_MOVE();
	ASSERT_ATTACHED(move_pid(pid, &self->a, NS_BASE, 0, &error), error);
	EXPECT_REFUSED(EINVAL, NSATTACH_R_PIDNS_NOT_BELOW,
		       move_pids(&pid, 1, self->other, CLONE_NEWPID, 0, &error), error);
	EXPECT_CLEAN(not_numbered(&self->subject, 2, 2));
}

TEST_F(refused, init_and_kernel_threads)
{
	struct nsattach_error error;

	NEEDS_PID_MOVE();
	EXPECT_REFUSED(EBUSY, NSATTACH_R_SUBJECT_INIT,
		       move_pid(self->b.pid, &self->a, CLONE_NEWPID, 0, &error), error);
	EXPECT_REFUSED(EINVAL, NSATTACH_R_SUBJECT_KTHREAD,
		       move_pid(2, &self->a, CLONE_NEWPID, 0, &error), error);
}

struct order_of_thread {
	const struct place *to;
	struct nsattach_error error;
	pid_t tid;
	int ret;
};

static void *move_own_process(void *arg)
{
	struct order_of_thread *order = arg;

	order->tid = (pid_t)syscall(SYS_gettid);
	order->ret = move_pid(getpid(), order->to, CLONE_NEWPID, 0, &order->error);
	return NULL;
}

TEST_F(refused, caller_itself)
{
	struct order_of_thread order = { .to = &self->a };
	int nr[MAX_NUMBERS];
	pthread_t thread;

	NEEDS_PID_MOVE();
	move_own_process(&order);
	EXPECT_REFUSED(EBUSY, NSATTACH_R_PID_BUSY, order.ret, order.error);
	EXPECT_EQ(getpid(), order.error.tid);
	ASSERT_EQ(0, pthread_create(&thread, NULL, move_own_process, &order));
	pthread_join(thread, NULL);
	EXPECT_REFUSED(EBUSY, NSATTACH_R_PID_BUSY, order.ret, order.error);
	EXPECT_EQ(order.tid, order.error.tid);
	EXPECT_EQ(1, numbers_of(getpid(), getpid(), "NSpid", nr));
}

TEST_F(refused, namespace_without_init)
{
	char path[64];
	struct attach a;
	int ret;

	NEEDS_PID_MOVE();
	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", self->a.pid);
	a.nsfds[a.arg.nr_nsfds++] = open(path, O_RDONLY | O_CLOEXEC);
	a.arg.flags = NSATTACH_F_PID_MOVE;
	kill_and_reap(self->a.pid);
	ret = attach_call(&a);
	EXPECT_REFUSED(ESRCH, NSATTACH_R_PIDNS_DYING, ret, a.arg.error);
	EXPECT_CLEAN(not_numbered(&self->subject, 2, 1));
	attach_done(&a);
	self->a.pid = -1;
}

TEST_F(refused, more_than_four_levels_below)
{
	pid_t inits[6], pid = self->subject.pid;
	struct nsattach_error error;

	NEEDS_PID_MOVE();
	ASSERT_EQ(0, start_nested(inits, 5));
	EXPECT_REFUSED(E2BIG, NSATTACH_R_PID_DEPTH,
		       move_pids(&pid, 1, inits[5], CLONE_NEWPID, 0, &error), error);
	EXPECT_CLEAN(not_numbered(&self->subject, 2, 1));
	ASSERT_ATTACHED(move_pids(&pid, 1, inits[4], CLONE_NEWPID, 0, &error), error);
	EXPECT_CLEAN(not_numbered(&self->subject, 2, 5));
	ASSERT_ATTACHED(detach_pid(pid, &error), error);
	EXPECT_CLEAN(not_numbered(&self->subject, 2, 1));
	kill_and_reap(inits[0]);
}

TEST_F(refused, number_that_is_taken)
{
	pid_t taker;

	NEEDS_PID_MOVE();
	taker = start_inside(self->a.pid, self->subject.pid);
	ASSERT_LT(0, taker);
	EXPECT_NOT_MOVED(EEXIST, NSATTACH_R_PID_TAKEN, self->subject.pid, "its number %d is taken",
			 self->subject.pid);
	kill_and_reap(taker);
}

/* What it would get with its number it has not got, neither now nor when it goes on. */
TEST_F(refused, number_of_a_stopped_one_that_is_taken)
{
	pid_t pid = self->subject.pid, taker;

	NEEDS_PID_MOVE();
	taker = start_inside(self->a.pid, pid);
	ASSERT_LT(0, taker);
	kill(pid, SIGSTOP);
	ASSERT_TRUE(UNTIL(subject_threads_in(&self->subject, 2, 'T') == 2));
	EXPECT_NOT_MOVED(EEXIST, NSATTACH_R_PID_TAKEN, pid, "its number %d is taken", pid);
	kill(pid, SIGCONT);
	ASSERT_TRUE(UNTIL(subject_threads_in(&self->subject, 2, 'S') == 2));
	EXPECT_CLEAN(changed_since(self->before, pid));
	kill_and_reap(taker);
}

TEST_F(refused, number_of_a_thread_that_is_taken)
{
	pid_t taker, tid;

	NEEDS_PID_MOVE();
	tid = subject_tid(&self->subject, 1);
	taker = start_inside(self->a.pid, tid);
	ASSERT_LT(0, taker);
	EXPECT_NOT_MOVED(EEXIST, NSATTACH_R_PID_TAKEN, tid, "its number %d is taken", tid);
	kill_and_reap(taker);
}

/* By another than its parent. */
TEST_F(refused, traced)
{
	pid_t tracer, pid = self->subject.pid;

	NEEDS_PID_MOVE();
	tracer = fork_child();
	if (!tracer) {
		while (!ptrace(PTRACE_SEIZE, pid, 0, 0))
			pause();
		_exit(1);
	}
	ASSERT_TRUE(UNTIL(atoi(task_status(pid, pid, "TracerPid")) == tracer));
	EXPECT_NOT_MOVED(EBUSY, NSATTACH_R_PID_TRACED, tracer, "process %d traces it", tracer);
	kill_and_reap(tracer);
}

static long call_seize(char *text)
{
	return ptrace(PTRACE_SEIZE, atoi(text), 0, 0) ? -errno : 0;
}

TEST_F(refused, tracer)
{
	NEEDS_PID_MOVE();
	snprintf(self->subject.shared->text, SUBJECT_TEXT, "%d", self->other);
	ASSERT_EQ(0, subject_call(&self->subject, call_seize));
	EXPECT_NOT_MOVED(EBUSY, NSATTACH_R_PID_TRACER, self->other, "it traces process %d",
			 self->other);
}

/* Refused last of all, whether it runs or not. */
TEST_F(refused, zombie_that_it_has_not_waited_for)
{
	pid_t child, pid = self->subject.pid;

	NEEDS_PID_MOVE();
	child = subject_fork_zombie(&self->subject);
	ASSERT_LT(0, child);
	EXPECT_NOT_MOVED(EBUSY, NSATTACH_R_PID_CHILD, child, "its child %d would stay", child);
	snapshot_free(self->before);
	ASSERT_EQ(0, kill(pid, SIGSTOP));
	ASSERT_TRUE(UNTIL(subject_threads_in(&self->subject, 2, 'T') == 2));
	EXPECT_NOT_MOVED(EBUSY, NSATTACH_R_PID_CHILD, child, "its child %d would stay", child);
	ASSERT_EQ(0, kill(pid, SIGCONT));
	ASSERT_TRUE(UNTIL(!subject_threads_in(&self->subject, 2, 'T')));
	EXPECT_CLEAN(changed_since(self->before, pid));
}

TEST_F(refused, child_of_one_in_the_set_is_told_with_its_parent)
{
	struct nsattach_error error;
	pid_t child, pid = self->subject.pid;

	NEEDS_PID_MOVE();
	child = subject_fork(&self->subject);
	for (int i = 0; i < 2; i++) {
		const pid_t pids[] = { i ? self->other : pid, i ? pid : self->other };

		EXPECT_REFUSED(EBUSY, NSATTACH_R_PID_CHILD,
			       move_pids(pids, 2, self->a.pid, CLONE_NEWPID, 0, &error), error);
		EXPECT_EQ(pid, error.pid);
		EXPECT_EQ(child, error.tid);
	}
	EXPECT_CLEAN(not_numbered(&self->subject, 2, 1));
}

/* In the words of who asks, who is in a container itself. */
static int refused_in_a_container(void *arg)
{
	pid_t *child = arg, inits[2], pid;
	struct nsattach_error error;

	if (start_nested(inits, 1))
		return 1;
	pid = fork_child();
	if (!pid) {
		pid = fork_child();
		if (pid)
			SET(*child, pid);
		for (;;)
			pause();
	}
	if (!UNTIL(GET(*child)))
		return 2;
	if (move_pids(&pid, 1, inits[1], CLONE_NEWPID, 0, &error) != -EBUSY)
		return 3;
	return error.pid == pid && error.tid == *child ? 0 : 4;
}

TEST_F(refused, numbers_are_those_that_the_caller_sees)
{
	NEEDS_PID_MOVE();
	ASSERT_LE(0, device_fd());
	EXPECT_EQ(0, inside(&self->b, refused_in_a_container, shared_alloc(sizeof(pid_t))));
}

static long call_fork_zombie_in_a_thread(char *text)
{
	return by_a_thread(call_fork_zombie, text);
}

TEST_F(refused, child_of_another_thread)
{
	pid_t child;

	NEEDS_PID_MOVE();
	child = (pid_t)subject_call(&self->subject, call_fork_zombie_in_a_thread);
	ASSERT_LT(0, child);
	EXPECT_NOT_MOVED(EBUSY, NSATTACH_R_PID_CHILD, child, "its child %d would stay", child);
}

TEST_F(refused, leader_of_a_group_that_others_are_in)
{
	NEEDS_PID_MOVE();
	ASSERT_EQ(0, setpgid(self->subject.pid, self->subject.pid));
	ASSERT_EQ(0, setpgid(self->other, self->subject.pid));
	EXPECT_NOT_MOVED(EBUSY, NSATTACH_R_PID_GROUP, self->other, "in one process group with process %d",
			 self->other);
}

/* A grandchild in the session that we lead, which we are not the parent of. */
static long call_leave_one_in_our_session(char *text)
{
	int fd[2];
	pid_t pid = -1;

	(void)text;
	if (setsid() < 0 || pipe(fd))
		return -errno;
	pid = fork();
	if (!pid) {
		pid = fork();
		if (!pid) {
			setpgid(0, 0);
			pid = getpid();
			if (write(fd[1], &pid, sizeof(pid)) < 0)
				_exit(1);
			for (;;)
				pause();
		}
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	return read(fd[0], &pid, sizeof(pid)) == sizeof(pid) ? pid : -errno;
}

TEST_F(refused, leader_of_a_session_that_others_are_in)
{
	pid_t left;

	NEEDS_PID_MOVE();
	left = (pid_t)subject_call(&self->subject, call_leave_one_in_our_session);
	ASSERT_LT(0, left);
	EXPECT_NOT_MOVED(EBUSY, NSATTACH_R_PID_SESSION, left, "process %d is in the session", left);
	kill(left, SIGKILL);
}

static int just_wait(void *arg)
{
	(void)arg;
	while (pause())
		;
	return 0;
}

static long call_share_memory(char *text)
{
	static char stack[65536];

	(void)text;
	return clone(just_wait, stack + sizeof(stack), CLONE_VM | CLONE_PARENT | SIGCHLD, NULL);
}

TEST_F(refused, sharer_of_memory)
{
	struct nsattach_error error;
	pid_t sharer, pids[2];
	int nr[MAX_NUMBERS];

	NEEDS_PID_MOVE();
	sharer = (pid_t)subject_call(&self->subject, call_share_memory);
	ASSERT_LT(0, sharer);
	EXPECT_NOT_MOVED(EBUSY, NSATTACH_R_PID_MM, sharer, "shares its memory with process %d",
			 sharer);
	/* Both together can. */
	pids[0] = self->subject.pid;
	pids[1] = sharer;
	ASSERT_ATTACHED(move_pids(pids, 2, self->a.pid, NS_BASE, 0, &error), error);
	EXPECT_CLEAN(not_numbered(&self->subject, 2, 2));
	EXPECT_EQ(2, numbers_of(sharer, sharer, "NSpid", nr));
	kill_and_reap(sharer);
}

TEST_F(refused, kernel_worker)
{
	struct nsattach_error error;
	pid_t worker;

	NEEDS_PID_MOVE();
	worker = (pid_t)subject_call(&self->subject, call_ring_open_polled);
	ASSERT_LE(0, worker);
	EXPECT_REFUSED(EBUSY, NSATTACH_R_WORKER,
		       move_pid(self->subject.pid, &self->a, NS_BASE, 0, &error), error);
	/* No thread of the program, but one of the process. */
	EXPECT_NE(0, task_state(self->subject.pid, error.tid));
	EXPECT_NE(self->subject.pid, error.tid);
	EXPECT_SAID(said("--pid %d --target %d --ns all", self->subject.pid, self->a.pid),
		    "kernel worker thread %d", error.tid);
	EXPECT_CLEAN(not_numbered(&self->subject, 2, 1));
}

static long call_children_elsewhere(char *text)
{
	(void)text;
	return unshare(CLONE_NEWPID) ? -errno : 0;
}

TEST_F(refused, one_whose_children_are_born_elsewhere)
{
	NEEDS_PID_MOVE();
	ASSERT_EQ(0, subject_call(&self->subject, call_children_elsewhere));
	EXPECT_NOT_MOVED(EBUSY, NSATTACH_R_PID_FOR_CHILDREN, self->subject.pid,
			 "children of %d are born in another", self->subject.pid);
}

static long call_children_of_a_thread_elsewhere(char *text)
{
	return by_a_thread(call_children_elsewhere, text);
}

TEST_F(refused, thread_whose_children_are_born_elsewhere)
{
	pid_t tid;

	NEEDS_PID_MOVE();
	ASSERT_EQ(0, subject_call(&self->subject, call_children_of_a_thread_elsewhere));
	tid = atoi(self->subject.shared->text);
	EXPECT_NOT_MOVED(EBUSY, NSATTACH_R_PID_FOR_CHILDREN, tid,
			 "children of %d are born in another", tid);
}

static long call_vfork(char *text)
{
	pid_t pid = vfork();

	(void)text;
	if (!pid) {
		execl("/bin/busybox", "sleep", "0", NULL);
		_exit(1);
	}
	return pid;
}

static long call_wait_in_vfork(char *text)
{
	static char stack[65536];

	(void)text;
	return clone(just_wait, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
}

TEST_F(refused, parent_that_waits_in_a_vfork)
{
	struct attach a;
	int ret;

	NEEDS_PID_MOVE();
	subject_call_begin(&self->subject, call_wait_in_vfork);
	ASSERT_TRUE(UNTIL(task_state(self->subject.pid, self->subject.pid) == 'D'));
	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&a, self->a.pid, NS_BASE));
	a.arg.flags = NSATTACH_F_PID_MOVE;
	a.arg.timeout_ns = 300000000;
	ret = attach_call(&a);
	EXPECT_REFUSED(ETIMEDOUT, NSATTACH_R_DEADLINE, ret, a.arg.error);
	EXPECT_EQ(self->subject.pid, a.arg.error.tid);
	EXPECT_CLEAN(not_numbered(&self->subject, 2, 1));
	attach_done(&a);
}

TEST_F(refused, not_after_a_vfork_that_is_over)
{
	struct nsattach_error error;
	pid_t child;

	NEEDS_PID_MOVE();
	child = (pid_t)subject_call(&self->subject, call_vfork);
	ASSERT_LT(0, child);
	ASSERT_TRUE(UNTIL(task_state(child, child) == 'Z'));
	EXPECT_REFUSED(EBUSY, NSATTACH_R_PID_CHILD,
		       move_pid(self->subject.pid, &self->a, CLONE_NEWPID, 0, &error), error);
	ASSERT_EQ(child, subject_call(&self->subject, call_wait));
	ASSERT_ATTACHED(move_pid(self->subject.pid, &self->a, CLONE_NEWPID, 0, &error), error);
}

TEST_F(refused, process_that_exits)
{
	struct nsattach_error error;
	int fd = pidfd_of(self->subject.pid);
	struct attach a;
	int ret;

	NEEDS_PID_MOVE();
	ASSERT_EQ(0, kill(self->subject.pid, SIGKILL));
	ASSERT_TRUE(UNTIL(task_state(self->subject.pid, self->subject.pid) == 'Z'));
	EXPECT_REFUSED(ESRCH, NSATTACH_R_SUBJECT_GONE,
		       move_pid(self->subject.pid, &self->a, NS_BASE, 0, &error), error);
	kill_and_reap(self->subject.pid);
	attach_init(&a);
	a.subjects[a.arg.nr_subjects++].pidfd = fd;
	ASSERT_EQ(0, attach_set_target(&a, self->a.pid, NS_BASE));
	a.arg.flags = NSATTACH_F_PID_MOVE;
	ret = attach_call(&a);
	EXPECT_REFUSED(ESRCH, NSATTACH_R_SUBJECT_GONE, ret, a.arg.error);
	attach_done(&a);
	self->subject.pid = 0;
}

TEST_F(refused, detach_from_a_group_that_stays_inside)
{
	struct nsattach_error error;
	int nr[MAX_NUMBERS];
	char path[96], buf[64];
	pid_t child;

	NEEDS_PID_MOVE();
	ASSERT_ATTACHED(move_pid(self->subject.pid, &self->a, NS_BASE, 0, &error), error);
	ASSERT_LT(0, subject_fork(&self->subject));
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", self->subject.pid,
		 self->subject.pid);
	child = atoi(read_at(AT_FDCWD, path, buf, sizeof(buf)));
	ASSERT_EQ(2, numbers_of(child, child, "NSpid", nr));
	EXPECT_REFUSED(EBUSY, NSATTACH_R_PID_GROUP, detach_pid(self->subject.pid, &error), error);
	EXPECT_EQ(child, error.tid);
	EXPECT_CLEAN(not_numbered(&self->subject, 2, 2));
	EXPECT_SAID(said("--detach --pid %d", self->subject.pid), "in one process group with process %d",
		    child);
}

TEST_HARNESS_MAIN
