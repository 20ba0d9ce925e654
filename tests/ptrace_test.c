// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Subjects under a tracer: they are moved, stay as stopped as they were, and
 * the tracer sees nothing but what it asked for.
 */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "attach.h"
#include "gate.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

#define THREADS 5

FIXTURE(traced)
{
	struct place a;
	struct place b;
	struct subject subject;
};

FIXTURE_SETUP(traced)
{
	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(place_start(&self->b, 2, NS_BASE));
	ASSERT_CLEAN(subject_start_plain(&self->subject, THREADS));
}

FIXTURE_TEARDOWN(traced)
{
	kill(self->subject.pid, SIGKILL);
	/* Threads that are still traced have to be reaped one by one. */
	for (unsigned int i = 1; i < THREADS; i++)
		waitpid(subject_tid(&self->subject, i), NULL, __WALL);
	subject_stop(&self->subject);
	place_stop(&self->a);
	place_stop(&self->b);
}

static bool each(const struct subject *s, bool (*act)(pid_t tid))
{
	for (unsigned int i = 0; i < THREADS; i++)
		if (!act(subject_tid(s, i)))
			return false;
	return true;
}

static bool seize(pid_t tid)
{
	return !ptrace(PTRACE_SEIZE, tid, 0, PTRACE_O_TRACESYSGOOD);
}

static bool interrupt(pid_t tid)
{
	int status;

	return !ptrace(PTRACE_INTERRUPT, tid, 0, 0) && waitpid(tid, &status, __WALL) == tid &&
	       WIFSTOPPED(status);
}

static bool attach_old_way(pid_t tid)
{
	int status;

	return !ptrace(PTRACE_ATTACH, tid, 0, 0) && waitpid(tid, &status, __WALL) == tid &&
	       WIFSTOPPED(status);
}

static bool is_traced_stop(pid_t tid)
{
	return task_state(tid, tid) == 't';
}

static bool no_event(pid_t tid)
{
	int status;

	return waitpid(tid, &status, __WALL | WNOHANG) == 0;
}

static bool let_go(pid_t tid)
{
	return !ptrace(PTRACE_DETACH, tid, 0, 0);
}

/* From any of the stops: moved, still stopped, no event, and well afterwards. */
static void moves_stopped(struct __test_metadata *_metadata, struct subject *s,
			  const struct place *a, const struct place *b)
{
	struct snapshot *before = snapshot_take(s->pid);
	struct nsattach_error error;

	ASSERT_TRUE(each(s, is_traced_stop));
	for (int i = 0; i < 6; i++) {
		const struct place *to = i % 2 ? b : a;

		ASSERT_ATTACHED(attach_pid(s->pid, to->pid, NS_BASE, &error), error);
		ASSERT_CLEAN(not_moved(before, s->pid, to, NS_BASE));
		ASSERT_TRUE(each(s, is_traced_stop));
		ASSERT_TRUE(each(s, no_event));
	}
	snapshot_free(before);
	ASSERT_TRUE(each(s, let_go));
	EXPECT_STREQ("place-2", view_get(subject_view(s), "hostname"));
	EXPECT_STREQ("place-2", view_get(subject_view(s), "file"));
	EXPECT_CLEAN(not_in(s->pid, b, NS_BASE));
	EXPECT_EQ(0, GET(s->shared->returns));
}

TEST_F_TIMEOUT(traced, stopped_by_interrupt_is_moved_and_stays_stopped, 240)
{
	ASSERT_TRUE(each(&self->subject, seize));
	ASSERT_TRUE(each(&self->subject, interrupt));
	moves_stopped(_metadata, &self->subject, &self->a, &self->b);
}

TEST_F_TIMEOUT(traced, stopped_by_ptrace_attach_is_moved_and_stays_stopped, 240)
{
	ASSERT_TRUE(each(&self->subject, attach_old_way));
	moves_stopped(_metadata, &self->subject, &self->a, &self->b);
}

static bool stop_at_system_call(pid_t tid)
{
	int status;

	/* The interrupted futex is started again: its entry is the next stop. */
	return !ptrace(PTRACE_SYSCALL, tid, 0, 0) && waitpid(tid, &status, __WALL) == tid &&
	       WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80);
}

TEST_F_TIMEOUT(traced, stopped_at_a_system_call_is_moved_and_stays_stopped, 240)
{
	ASSERT_TRUE(each(&self->subject, seize));
	ASSERT_TRUE(each(&self->subject, interrupt));
	ASSERT_TRUE(each(&self->subject, stop_at_system_call));
	moves_stopped(_metadata, &self->subject, &self->a, &self->b);
}

TEST_F_TIMEOUT(traced, registers_of_a_stopped_thread_are_the_same_afterwards, 240)
{
	struct user_regs_struct before[THREADS], after;
	struct nsattach_error error;

	ASSERT_TRUE(each(&self->subject, seize));
	ASSERT_TRUE(each(&self->subject, interrupt));
	for (unsigned int i = 0; i < THREADS; i++)
		ASSERT_EQ(0, ptrace(PTRACE_GETREGS, subject_tid(&self->subject, i), 0, &before[i]));
	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->a.pid, NS_BASE, &error), error);
	for (unsigned int i = 0; i < THREADS; i++) {
		ASSERT_EQ(0, ptrace(PTRACE_GETREGS, subject_tid(&self->subject, i), 0, &after));
		EXPECT_EQ(0, memcmp(&before[i], &after, sizeof(after)));
	}
	ASSERT_TRUE(each(&self->subject, let_go));
}

TEST_F_TIMEOUT(traced, running_is_moved_and_the_tracer_sees_no_event, 240)
{
	struct snapshot *before;
	struct nsattach_error error;

	ASSERT_TRUE(each(&self->subject, seize));
	before = snapshot_take(self->subject.pid);
	for (int i = 0; i < 6; i++) {
		const struct place *to = i % 2 ? &self->b : &self->a;

		ASSERT_ATTACHED(attach_pid(self->subject.pid, to->pid, NS_BASE, &error), error);
		/* TracerPid is among what is compared. */
		ASSERT_CLEAN(not_moved(before, self->subject.pid, to, NS_BASE));
		ASSERT_TRUE(each(&self->subject, no_event));
	}
	EXPECT_STREQ("place-2", view_get(subject_view(&self->subject), "hostname"));
	EXPECT_EQ(0, GET(self->subject.shared->returns));
	snapshot_free(before);
}

TEST_F_TIMEOUT(traced, one_stopped_thread_among_running_ones_is_moved, 240)
{
	pid_t tid = subject_tid(&self->subject, 2);
	struct snapshot *before;
	struct nsattach_error error;

	ASSERT_TRUE(seize(tid));
	ASSERT_TRUE(interrupt(tid));
	before = snapshot_take(self->subject.pid);
	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->a.pid, NS_BASE, &error), error);
	EXPECT_CLEAN(not_moved(before, self->subject.pid, &self->a, NS_BASE));
	EXPECT_EQ('t', task_state(self->subject.pid, tid));
	EXPECT_STREQ("place-1", view_get(subject_view(&self->subject), "hostname"));
	ASSERT_TRUE(let_go(tid));
	snapshot_free(before);
}

/* Continued at random moments by its tracer, like a debugger that single-steps. */
TEST_F_TIMEOUT(traced, stops_and_continues_of_a_tracer_race_with_the_attach, 1200)
{
	unsigned long rounds = scaled(50, 1000);
	struct snapshot *before = snapshot_take(self->subject.pid);
	pid_t tracer = fork_child();

	if (!tracer) {
		if (!each(&self->subject, seize))
			_exit(1);
		for (;;) {
			each(&self->subject, interrupt);
			for (unsigned int i = 0; i < THREADS; i++)
				ptrace(PTRACE_CONT, subject_tid(&self->subject, i), 0, 0);
		}
	}
	for (unsigned long i = 0; i < rounds; i++) {
		const struct place *to = i % 2 ? &self->b : &self->a;
		struct nsattach_error error;

		ASSERT_ATTACHED(attach_pid_retry(self->subject.pid, to->pid, NS_BASE, &error),
				error);
		ASSERT_CLEAN(not_in(self->subject.pid, to, NS_BASE));
	}
	kill_and_reap(tracer);
	ASSERT_TRUE(UNTIL(!strcmp(task_status(self->subject.pid, self->subject.pid, "TracerPid"),
				  "0")));
	kill(self->subject.pid, SIGCONT);
	EXPECT_STREQ("place-2", view_get(subject_view(&self->subject), "hostname"));
	EXPECT_CLEAN(not_moved(before, self->subject.pid, &self->b, NS_BASE));
	snapshot_free(before);
}

static void *nothing(void *arg)
{
	return arg;
}

static void body_births(struct subject_shared *shared, unsigned int index)
{
	pthread_t thread;

	if (index != 1)
		body_wait(shared, index);
	while (!GET(shared->stop)) {
		if (!pthread_create(&thread, NULL, nothing, NULL))
			pthread_join(thread, NULL);
		ADD(shared->births, 1);
	}
}

/* As strace -f: it stops at the entry and at the end of each call, and where a thread is born. */
static void follow(pid_t tid)
{
	int status;
	pid_t pid;

	if (ptrace(PTRACE_SEIZE, tid, 0, PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD) ||
	    ptrace(PTRACE_INTERRUPT, tid, 0, 0))
		_exit(1);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status))
			ptrace(PTRACE_SYSCALL, pid, 0, 0);
	}
	_exit(0);
}

/* From one stop to the next it meets no boundary, and makes a thread on the way. */
TEST_F_TIMEOUT(traced, threads_that_are_born_between_two_stops_move_along, 1200)
{
	struct subject_options options = { .threads = 3, .body = body_births };
	unsigned long rounds = scaled(100, 2000);
	struct subject births;
	pid_t tracer;

	ASSERT_CLEAN(subject_start(&births, &options));
	tracer = fork_child();
	if (!tracer)
		follow(subject_tid(&births, 1));
	ASSERT_TRUE(UNTIL(strcmp(task_status(births.pid, subject_tid(&births, 1), "TracerPid"),
				 "0")));
	for (unsigned long i = 0; i < rounds; i++) {
		const struct place *to = i % 2 ? &self->b : &self->a;
		struct nsattach_error error;

		ASSERT_ATTACHED(attach_pid_retry(births.pid, to->pid, NS_BASE, &error), error);
		ASSERT_CLEAN(not_in(births.pid, to, NS_BASE));
	}
	EXPECT_LT(0, GET(births.shared->births));
	kill_and_reap(tracer);
	subject_stop(&births);
}

static long call_exec(char *text)
{
	char *argv[] = { (char *)"sleep", (char *)"86400", NULL };

	SET(*(int *)(void *)text, gate_shut(SYS_execve, -1));
	execv("/bin/busybox", argv);
	return -errno;
}

/* As a debugger: it stops where the exec is done, and everything goes on from there. */
static void follow_exec(pid_t tid)
{
	int status;

	if (ptrace(PTRACE_SEIZE, tid, 0, PTRACE_O_TRACEEXEC))
		_exit(1);
	while (waitpid(tid, &status, __WALL) == tid) {
		if (WIFSTOPPED(status))
			ptrace(PTRACE_CONT, tid, 0, 0);
	}
	_exit(0);
}

/* It meets its work in the stop, still in execve(2), with all that exec gives in place. */
TEST_F_TIMEOUT(traced, one_that_stops_at_the_end_of_its_exec_is_moved, 120)
{
	struct subject subject;
	struct gate gate;
	pid_t tracer, caller;
	int status, *number;

	ASSERT_CLEAN(subject_start_plain(&subject, 2));
	number = (int *)(void *)subject.shared->text;
	tracer = fork_child();
	if (!tracer)
		follow_exec(subject.pid);
	ASSERT_TRUE(UNTIL(strcmp(task_status(subject.pid, subject.pid, "TracerPid"), "0")));
	SET(*number, 0);
	subject_call_begin(&subject, call_exec);
	ASSERT_TRUE(UNTIL(GET(*number)));
	ASSERT_CLEAN(gate_wait(&gate, subject.pid, GET(*number)));
	caller = fork_child();
	if (!caller)
		_exit(-attach_pid(subject.pid, self->a.pid, NS_BASE, NULL));
	ASSERT_TRUE(UNTIL(task_state(caller, caller) == 'S' && task_syscall(caller, caller) == SYS_ioctl));
	gate_open(&gate);
	ASSERT_EQ(caller, waitpid(caller, &status, 0));
	EXPECT_EQ(0, WEXITSTATUS(status));
	EXPECT_CLEAN(not_in(subject.pid, &self->a, NS_BASE));
	kill_and_reap(tracer);
	subject_stop(&subject);
}

static void body_epoll(struct subject_shared *shared, unsigned int index)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event;

	(void)index;
	while (!GET(shared->stop)) {
		syscall(SYS_epoll_wait, epoll, &event, 1, -1);
		ADD(shared->rounds, 1);
	}
}

/* epoll_wait() is not restarted after a signal. The rounds that the tracer has ended. */
static const char *start_traced_wait(struct subject *s, uint32_t *rounds)
{
	struct subject_options options = { .threads = 2, .unshare = NS_NOPID,
					   .body = body_epoll };
	const char *bad = subject_start(s, &options);
	pid_t tid = subject_tid(s, 1);

	if (bad || !seize(tid) || !interrupt(tid) || !stop_at_system_call(tid))
		return bad ? bad : "ptrace";
	*rounds = GET(s->shared->rounds);
	return task_syscall(s->pid, tid) == SYS_epoll_wait ? NULL : "another call";
}

static const char *goes_on_waiting(struct subject *s, uint32_t rounds)
{
	pid_t tid = subject_tid(s, 1);

	if (ptrace(PTRACE_CONT, tid, 0, 0))
		return "ptrace";
	if (!UNTIL(task_state(s->pid, tid) == 'S' && task_syscall(s->pid, tid) == SYS_epoll_wait))
		return "it does not wait";
	usleep(100000);
	return GET(s->shared->rounds) == rounds ? NULL : "the wait has ended";
}

static void stop_traced(struct subject *s)
{
	kill(s->pid, SIGKILL);
	/* A traced thread has to be reaped by itself. */
	waitpid(subject_tid(s, 1), NULL, __WALL);
	subject_stop(s);
}

/* It was told of the attach where it had not begun yet. */
TEST_F_TIMEOUT(traced, wait_that_is_about_to_begin_is_not_ended, 240)
{
	struct nsattach_error error;
	struct subject waits;
	uint32_t rounds;

	ASSERT_CLEAN(start_traced_wait(&waits, &rounds));
	ASSERT_ATTACHED(attach_pid(waits.pid, self->a.pid, NS_BASE, &error), error);
	EXPECT_EQ('t', task_state(waits.pid, subject_tid(&waits, 1)));
	EXPECT_CLEAN(goes_on_waiting(&waits, rounds));
	stop_traced(&waits);
}

/* The first attach has it restarted, the second one finds it in the stop at its end. */
TEST_F_TIMEOUT(traced, wait_that_was_interrupted_is_not_forgotten_by_the_next, 240)
{
	struct nsattach_error error;
	struct subject waits;
	uint32_t rounds;
	int status;
	pid_t tid;

	ASSERT_CLEAN(start_traced_wait(&waits, &rounds));
	tid = subject_tid(&waits, 1);
	ASSERT_EQ(0, ptrace(PTRACE_SYSCALL, tid, 0, 0));
	ASSERT_TRUE(UNTIL(task_state(waits.pid, tid) == 'S'));
	ASSERT_TRUE(module_let_sleep(false));
	ASSERT_ATTACHED(attach_pid(waits.pid, self->a.pid, NS_BASE, &error), error);
	ASSERT_EQ(tid, waitpid(tid, &status, __WALL));
	EXPECT_TRUE(WIFSTOPPED(status));
	ASSERT_ATTACHED(attach_pid(waits.pid, self->b.pid, NS_BASE, &error), error);
	EXPECT_TRUE(module_let_sleep(true));
	EXPECT_CLEAN(goes_on_waiting(&waits, rounds));
	stop_traced(&waits);
}

TEST_HARNESS_MAIN
