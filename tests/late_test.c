// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a thread does after it was asked and before it comes: the others are
 * parked meanwhile, and it is the last.
 */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "attach.h"
#include "gate.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

#define DIRECTORY "/tmp/nsattach-late"
#define LEFT "/tmp/nsattach-left"
#define THREADS 4
/* In the order in which they are asked: when the last is parked, all were. */
#define HELD 1
#define TRACED 2
#define LAST 3

/* What the held thread does, and where it is held. */
static struct deed {
	long nr;
	long other;
	int (*run)(void);
} deed;

static void body(struct subject_shared *shared, unsigned int index)
{
	if (index == HELD && (!gate_shut_by(shared, deed.nr, deed.other) || deed.run()))
		ADD(shared->bad, 1);
	body_wait(shared, index);
}

/* The program that a held thread may execute. */
static void __attribute__((constructor)) late_main(int argc, char **argv)
{
	if (argc == 1 && !strcmp(argv[0], "late"))
		for (;;)
			pause();
}

struct timed_order {
	pid_t subject;
	pid_t target;
	uint64_t namespaces;
	uint64_t timeout_ns;
	uint32_t flags;
	uint32_t nr_threads;
	struct nsattach_error error;
};

static long carry_out_in_time(char *text)
{
	struct timed_order *order = (void *)text;
	struct attach a;
	long ret;

	attach_init(&a);
	ret = attach_add_subject(&a, order->subject);
	ret = ret ? ret : attach_set_target(&a, order->target, order->namespaces);
	a.arg.timeout_ns = order->timeout_ns;
	a.arg.flags = order->flags;
	ret = ret ? ret : attach_call(&a);
	order->error = a.arg.error;
	order->nr_threads = a.arg.nr_threads;
	attach_done(&a);
	return ret;
}

FIXTURE(late)
{
	struct place a;
	struct subject subject;
	struct subject caller;
	struct timed_order *order;
	struct gate gate;
};

FIXTURE_SETUP(late)
{
	struct subject_options caller = { .threads = 1 };

	/* So that each is seen to park. */
	ASSERT_TRUE(module_let_sleep(false));
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(subject_start(&self->caller, &caller));
	self->order = (void *)self->caller.shared->text;
}

FIXTURE_TEARDOWN(late)
{
	subject_stop(&self->subject);
	subject_stop(&self->caller);
	place_stop(&self->a);
	rmdir(DIRECTORY);
	module_let_sleep(true);
}

/* Returns when the subject is asked, and all have come but those who are held. */
static const char *begin_for(struct subject *caller, const struct subject *subject,
			     const struct place *to, uint64_t namespaces, uint64_t timeout_ns)
{
	struct timed_order *order = (void *)caller->shared->text;

	*order = (struct timed_order){ subject->pid, to->pid, namespaces, timeout_ns,
				       order->flags, 0, { 0 } };
	subject_call_begin(caller, carry_out_in_time);
	return UNTIL(task_state(subject->pid, subject_tid(subject, LAST)) == 'D') ?
		       NULL : "it was not asked";
}

static const char *begin(struct subject *caller, const struct subject *subject,
			 const struct place *to, uint64_t namespaces)
{
	return begin_for(caller, subject, to, namespaces, 0);
}

/* A subject whose thread @HELD is about to do @what. */
static const char *start_held(struct subject *s, struct gate *gate, const struct deed *what,
			      uint64_t own)
{
	struct subject_options options = { .threads = THREADS, .unshare = own, .body = body };
	const char *bad;

	deed = *what;
	bad = subject_start(s, &options);
	return bad ? bad : gate_wait_for(gate, s);
}

static int ask_for_parent(void)
{
	return syscall(SYS_getppid) < 0;
}

static bool has_answered(const struct subject *caller, int ms)
{
	struct pollfd answer = { .fd = caller->ctl, .events = POLLIN };

	return poll(&answer, 1, ms) != 0;
}

static unsigned int count_threads(pid_t pid)
{
	struct snapshot *now = snapshot_take(pid);
	unsigned int n = snapshot_threads(now);

	snapshot_free(now);
	return n;
}

static int make_thread(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, idle_thread, NULL);
}

static void bear_and_move(struct __test_metadata *_metadata, FIXTURE_DATA(late) *self,
			  uint64_t namespaces)
{
	const struct deed birth = { SYS_clone3, SYS_clone, make_thread };

	ASSERT_CLEAN(start_held(&self->subject, &self->gate, &birth, NS_NOPID));
	ASSERT_CLEAN(begin(&self->caller, &self->subject, &self->a, namespaces));
	gate_open(&self->gate);
	ASSERT_ATTACHED((int)subject_call_end(&self->caller), self->order->error);
	EXPECT_EQ(THREADS + 1, self->order->nr_threads);
	EXPECT_EQ(THREADS + 1, count_threads(self->subject.pid));
	EXPECT_CLEAN(not_in(self->subject.pid, &self->a, namespaces));
	EXPECT_EQ(0, GET(self->subject.shared->bad));
}

TEST_F_TIMEOUT(late, thread_that_is_born_meanwhile_moves_along, 120)
{
	bear_and_move(_metadata, self, NS_BASE);
}

/* Nobody counts who shares root and cwd then. */
TEST_F_TIMEOUT(late, thread_that_is_born_meanwhile_moves_along_without_mnt, 120)
{
	bear_and_move(_metadata, self, CLONE_NEWUTS);
}

static int leave_host_name(void)
{
	return unshare(CLONE_NEWUTS);
}

TEST_F_TIMEOUT(late, namespace_that_is_made_meanwhile_stays, 120)
{
	const struct deed unshares = { SYS_unshare, -1, leave_host_name };
	const uint64_t moves = NS_NOPID & ~(uint64_t)CLONE_NEWUTS;
	pid_t pid, held;
	uint64_t uts;

	ASSERT_CLEAN(start_held(&self->subject, &self->gate, &unshares, NS_NOPID));
	pid = self->subject.pid;
	held = subject_tid(&self->subject, HELD);
	uts = task_ns(pid, pid, "uts");
	ASSERT_CLEAN(begin(&self->caller, &self->subject, &self->a, moves));
	gate_open(&self->gate);
	ASSERT_ATTACHED((int)subject_call_end(&self->caller), self->order->error);
	EXPECT_EQ(THREADS, self->order->nr_threads);
	EXPECT_CLEAN(not_in(pid, &self->a, moves));
	EXPECT_EQ(uts, task_ns(pid, pid, "uts"));
	EXPECT_NE(uts, task_ns(pid, held, "uts"));
	EXPECT_NE(self->a.ns[NS_UTS], task_ns(pid, held, "uts"));
	EXPECT_EQ(0, GET(self->subject.shared->bad));
}

static int own_root_and_cwd(void)
{
	return unshare(CLONE_FS);
}

static bool is_at(pid_t pid, pid_t tid, const char *which, const char *path)
{
	struct stat dir, wanted;
	char link[64];

	snprintf(link, sizeof(link), "/proc/%d/task/%d/%s", pid, tid, which);
	return !stat(link, &dir) && !stat(path, &wanted) && dir.st_ino == wanted.st_ino &&
	       dir.st_dev == wanted.st_dev;
}

TEST_F_TIMEOUT(late, root_and_cwd_that_are_not_shared_any_more_move_each, 120)
{
	const struct deed unshares = { SYS_unshare, -1, own_root_and_cwd };
	struct snapshot *before;

	ASSERT_CLEAN(start_held(&self->subject, &self->gate, &unshares, NS_NOPID));
	before = snapshot_take(self->subject.pid);
	ASSERT_CLEAN(begin(&self->caller, &self->subject, &self->a, NS_BASE));
	gate_open(&self->gate);
	ASSERT_ATTACHED((int)subject_call_end(&self->caller), self->order->error);
	EXPECT_EQ(THREADS, self->order->nr_threads);
	EXPECT_CLEAN(not_moved(before, self->subject.pid, &self->a, NS_BASE));
	ASSERT_EQ(0, detach_pid(self->subject.pid, NULL));
	EXPECT_CLEAN(changed_since(before, self->subject.pid));
	EXPECT_EQ(0, GET(self->subject.shared->bad));
	snapshot_free(before);
}

static int change_directory(void)
{
	return chdir(DIRECTORY);
}

static long begin_in_mount(char *text)
{
	(void)text;
	return chdir(LEFT);
}

TEST_F_TIMEOUT(late, directory_that_it_went_to_meanwhile_is_where_it_goes_back_to, 120)
{
	const struct deed walks = { SYS_chdir, -1, change_directory };
	pid_t pid;

	ASSERT_EQ(0, mkdir(DIRECTORY, 0755));
	ASSERT_EQ(0, mkdir(LEFT, 0755) || mount("left", LEFT, "tmpfs", 0, NULL));
	ASSERT_CLEAN(start_held(&self->subject, &self->gate, &walks, 0));
	pid = self->subject.pid;
	ASSERT_EQ(0, subject_call(&self->subject, begin_in_mount));
	ASSERT_CLEAN(begin(&self->caller, &self->subject, &self->a, NS_BASE));
	gate_open(&self->gate);
	ASSERT_ATTACHED((int)subject_call_end(&self->caller), self->order->error);
	EXPECT_CLEAN(not_in(pid, &self->a, NS_BASE));
	EXPECT_FALSE(is_at(pid, pid, "cwd", DIRECTORY));
	ASSERT_EQ(0, detach_pid(pid, NULL));
	for (unsigned int i = 0; i < THREADS; i++)
		EXPECT_TRUE(is_at(pid, subject_tid(&self->subject, i), "cwd", DIRECTORY));
	EXPECT_EQ(0, GET(self->subject.shared->bad));
	EXPECT_TRUE(SOON(!umount(LEFT) && !rmdir(LEFT)));
}

static int change_root(void)
{
	return chroot(DIRECTORY);
}

/* What the attach yields that began before. */
static int change_root_meanwhile(struct __test_metadata *_metadata, FIXTURE_DATA(late) *self)
{
	const struct deed locks = { SYS_chroot, -1, change_root };

	ASSERT_EQ(0, mkdir(DIRECTORY, 0755));
	ASSERT_CLEAN(start_held(&self->subject, &self->gate, &locks, 0));
	ASSERT_CLEAN(begin(&self->caller, &self->subject, &self->a, NS_BASE));
	gate_open(&self->gate);
	return (int)subject_call_end(&self->caller);
}

TEST_F_TIMEOUT(late, root_that_it_changed_meanwhile_is_refused, 120)
{
	EXPECT_REFUSED(EXDEV, NSATTACH_R_CHROOTED, change_root_meanwhile(_metadata, self),
		       self->order->error);
	EXPECT_EQ((__u32)CLONE_NEWNS, self->order->error.ns);
	for (unsigned int i = 0; i < THREADS; i++)
		EXPECT_EQ(task_ns(getpid(), getpid(), "mnt"),
			  task_ns(self->subject.pid, subject_tid(&self->subject, i), "mnt"));
	EXPECT_TRUE(is_at(self->subject.pid, self->subject.pid, "root", DIRECTORY));
	EXPECT_EQ(0, GET(self->subject.shared->bad));
}

TEST_F_TIMEOUT(late, root_that_it_changed_meanwhile_is_left_if_asked_for, 120)
{
	self->order->flags = NSATTACH_F_CHROOTED;
	ASSERT_ATTACHED(change_root_meanwhile(_metadata, self), self->order->error);
	EXPECT_EQ(THREADS, self->order->nr_threads);
	EXPECT_CLEAN(not_in(self->subject.pid, &self->a, NS_BASE));
	EXPECT_FALSE(is_at(self->subject.pid, self->subject.pid, "root", DIRECTORY));
	ASSERT_EQ(0, detach_pid(self->subject.pid, NULL));
	EXPECT_TRUE(is_at(self->subject.pid, self->subject.pid, "root", DIRECTORY));
}

static void on_signal(int signo)
{
	(void)signo;
}

/* To ourselves, in half a second. */
static const char *signal_soon(int signo)
{
	const struct itimerspec half = { .it_value.tv_nsec = 500000000 };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = signo };
	timer_t timer;

	return timer_create(CLOCK_MONOTONIC, &event, &timer) ||
	       timer_settime(timer, 0, &half, NULL) ? "no timer" : NULL;
}

TEST_F_TIMEOUT(late, call_that_a_handler_ends_says_so_of_its_subject, 120)
{
	const struct sigaction action = { .sa_handler = on_signal };
	const struct deed asks = { SYS_getppid, -1, ask_for_parent };
	struct sigaction was;
	struct attach a;

	ASSERT_CLEAN(start_held(&self->subject, &self->gate, &asks, 0));
	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&a, self->a.pid, NS_BASE));
	ASSERT_EQ(0, sigaction(SIGUSR2, &action, &was));
	ASSERT_CLEAN(signal_soon(SIGUSR2));
	EXPECT_REFUSED(EINTR, NSATTACH_R_INTERRUPTED, attach_call(&a), a.arg.error);
	EXPECT_EQ(-EINTR, a.subjects[0].result);
	sigaction(SIGUSR2, &was, NULL);
	gate_open(&self->gate);
	attach_done(&a);
}

static int leave(void)
{
	syscall(SYS_exit, 0);
	return 1;
}

TEST_F_TIMEOUT(late, thread_that_exits_meanwhile_leaves_the_rest_moved, 120)
{
	const struct deed exits = { SYS_exit, -1, leave };
	pid_t pid;

	ASSERT_CLEAN(start_held(&self->subject, &self->gate, &exits, NS_NOPID));
	pid = self->subject.pid;
	ASSERT_CLEAN(begin(&self->caller, &self->subject, &self->a, NS_BASE));
	gate_open(&self->gate);
	ASSERT_ATTACHED((int)subject_call_end(&self->caller), self->order->error);
	EXPECT_EQ(THREADS - 1, self->order->nr_threads);
	ASSERT_TRUE(UNTIL(count_threads(pid) == THREADS - 1));
	EXPECT_CLEAN(not_in(pid, &self->a, NS_BASE));
}

static int execute(void)
{
	char *argv[] = { (char *)"late", NULL };
	char *envp[] = { NULL };

	return execve("/proc/self/exe", argv, envp);
}

/* It kills the others, who are parked, and takes the place of the leader. */
TEST_F_TIMEOUT(late, program_that_is_executed_meanwhile_starts_moved, 120)
{
	const struct deed executes = { SYS_execve, -1, execute };
	pid_t pid;

	ASSERT_CLEAN(start_held(&self->subject, &self->gate, &executes, 0));
	pid = self->subject.pid;
	ASSERT_CLEAN(begin(&self->caller, &self->subject, &self->a, NS_BASE));
	gate_open(&self->gate);
	ASSERT_ATTACHED((int)subject_call_end(&self->caller), self->order->error);
	EXPECT_EQ(1, self->order->nr_threads);
	EXPECT_EQ(1, count_threads(pid));
	EXPECT_CLEAN(not_in(pid, &self->a, NS_BASE));
}

static int lingering = -1;

static int close_slowly(void)
{
	return (int)syscall(SYS_close_range, lingering, lingering, 0);
}

/*
 * What it closes is taken apart on its way to user mode, right before it would
 * come: the work that is to bring it is not to be taken back any more.
 */
TEST_F_TIMEOUT(late, thread_that_comes_after_the_deadline_changes_nothing, 120)
{
	const struct deed closes = { SYS_close_range, -1, close_slowly };
	struct snapshot *before;
	pid_t held;

	lingering = linger_connect(1);
	ASSERT_LE(0, lingering);
	ASSERT_CLEAN(start_held(&self->subject, &self->gate, &closes, 0));
	close(lingering);
	held = subject_tid(&self->subject, HELD);
	before = snapshot_take(self->subject.pid);
	ASSERT_CLEAN(begin_for(&self->caller, &self->subject, &self->a, NS_BASE, 500000000));
	gate_open(&self->gate);
	EXPECT_REFUSED(ETIMEDOUT, NSATTACH_R_DEADLINE, (int)subject_call_end(&self->caller),
		       self->order->error);
	EXPECT_EQ(held, self->order->error.tid);
	ASSERT_TRUE(UNTIL(task_syscall(self->subject.pid, held) == SYS_futex));
	EXPECT_CLEAN(changed_since(before, self->subject.pid));
	snapshot_free(before);
	/* Nothing is left of it. */
	ASSERT_EQ(0, attach_pid(self->subject.pid, self->a.pid, NS_BASE, NULL));
	EXPECT_CLEAN(not_in(self->subject.pid, &self->a, NS_BASE));
}

/* Stopped again and again, a call is restarted each time: with the time that was left. */
TEST_F_TIMEOUT(late, caller_that_is_stopped_and_goes_on_has_only_the_rest_of_its_time, 120)
{
	const struct deed asks = { SYS_getppid, -1, ask_for_parent };
	pid_t caller = self->caller.pid;
	bool over = false;

	ASSERT_CLEAN(start_held(&self->subject, &self->gate, &asks, NS_NOPID));
	ASSERT_CLEAN(begin_for(&self->caller, &self->subject, &self->a, NS_BASE, 1000000000));
	for (int i = 0; i < 60 && !over; i++) {
		kill(caller, SIGSTOP);
		ASSERT_TRUE(UNTIL(task_state(caller, caller) == 'T'));
		kill(caller, SIGCONT);
		over = has_answered(&self->caller, 100);
	}
	ASSERT_TRUE(over);
	EXPECT_REFUSED(ETIMEDOUT, NSATTACH_R_DEADLINE, (int)subject_call_end(&self->caller),
		       self->order->error);
	EXPECT_EQ(subject_tid(&self->subject, HELD), self->order->error.tid);
	gate_open(&self->gate);
}

static struct {
	pid_t subject;
	pid_t target;
	int ret;
} *other_attach;

static int attach_other(void)
{
	other_attach->ret = attach_pid(other_attach->subject, other_attach->target, NS_NOPID, NULL);
	return other_attach->ret;
}

/*
 * It is asked before it begins an attach of its own, which would hold it for as
 * long as its subject does not come.
 */
TEST_F_TIMEOUT(late, caller_that_is_wanted_gives_way_and_starts_over, 120)
{
	const struct deed asks = { SYS_getppid, -1, ask_for_parent };
	const struct deed attaches = { SYS_ioctl, -1, attach_other };
	struct gate inner;
	struct subject other = { 0 };
	int number;

	other_attach = shared_alloc(sizeof(*other_attach));
	ASSERT_CLEAN(start_held(&other, &inner, &asks, NS_NOPID));
	other_attach->subject = other.pid;
	other_attach->target = self->a.pid;
	ASSERT_CLEAN(start_held(&self->subject, &self->gate, &attaches, NS_NOPID));
	number = (int)GET(self->subject.shared->rounds) - 1;
	ASSERT_CLEAN(begin(&self->caller, &self->subject, &self->a, NS_NOPID));
	gate_open(&self->gate);
	ASSERT_ATTACHED((int)subject_call_end(&self->caller), self->order->error);
	EXPECT_CLEAN(not_in(self->subject.pid, &self->a, NS_NOPID));
	/* Its own call has changed nothing yet, and comes by once more. */
	EXPECT_NE(self->a.ns[NS_UTS], task_ns(other.pid, other.pid, "uts"));
	ASSERT_CLEAN(gate_wait(&self->gate, self->subject.pid, number));
	gate_open(&self->gate);
	gate_open(&inner);
	ASSERT_TRUE(UNTIL(!not_in(other.pid, &self->a, NS_NOPID)));
	EXPECT_EQ(0, other_attach->ret);
	EXPECT_EQ(0, GET(self->subject.shared->bad));
	subject_stop(&other);
}

static long stop_at_entry(pid_t tid, long nr)
{
	struct __ptrace_syscall_info info = { 0 };
	int status;

	for (int i = 0; i < 100; i++) {
		if (ptrace(PTRACE_SYSCALL, tid, NULL, NULL) ||
		    waitpid(tid, &status, __WALL) != tid || !WIFSTOPPED(status) ||
		    ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) < 0)
			return -errno;
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY && (long)info.entry.nr == nr)
			return 0;
	}
	return -ETIME;
}

/* Thread @TRACED is stopped at the entry of a vfork and let go on into it. */
static struct {
	uint32_t go;
	uint32_t back;
} *traced_one;

static void wait_for(uint32_t *word)
{
	while (!GET(*word))
		futex_wait(word, 0);
}

static void body_traced(struct subject_shared *shared, unsigned int index)
{
	if (index != TRACED)
		return body(shared, index);
	wait_for(&traced_one->go);
	if (!vfork()) {
		wait_for(&traced_one->back);
		_exit(0);
	}
	body_wait(shared, index);
}

TEST_F_TIMEOUT(late, thread_that_is_let_go_into_a_call_is_waited_for, 120)
{
	struct subject_options options = { .threads = THREADS, .unshare = NS_NOPID,
					   .body = body_traced };
	pid_t pid, traced;

	traced_one = shared_alloc(sizeof(*traced_one));
	deed = (struct deed){ SYS_getppid, -1, ask_for_parent };
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	pid = self->subject.pid;
	traced = subject_tid(&self->subject, TRACED);
	ASSERT_CLEAN(gate_wait_for(&self->gate, &self->subject));
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, traced, NULL, PTRACE_O_TRACESYSGOOD));
	ASSERT_EQ(0, ptrace(PTRACE_INTERRUPT, traced, NULL, NULL));
	ASSERT_EQ(traced, waitpid(traced, NULL, __WALL));
	SET(traced_one->go, 1);
	futex_wake(&traced_one->go);
	ASSERT_EQ(0, stop_at_entry(traced, SYS_vfork));
	ASSERT_CLEAN(begin(&self->caller, &self->subject, &self->a, NS_BASE));
	/* It was counted among those who are stopped; now it sits inside of a call. */
	ASSERT_EQ(0, ptrace(PTRACE_CONT, traced, NULL, NULL));
	ASSERT_TRUE(UNTIL(task_state(pid, traced) == 'D'));
	gate_open(&self->gate);
	EXPECT_FALSE(has_answered(&self->caller, 300));
	EXPECT_NE(self->a.ns[NS_UTS], task_ns(pid, traced, "uts"));
	SET(traced_one->back, 1);
	futex_wake(&traced_one->back);
	ASSERT_ATTACHED((int)subject_call_end(&self->caller), self->order->error);
	EXPECT_EQ(THREADS, self->order->nr_threads);
	EXPECT_CLEAN(not_in(pid, &self->a, NS_BASE));
	kill(pid, SIGKILL);
	waitpid(traced, NULL, __WALL);
}

TEST_HARNESS_MAIN
