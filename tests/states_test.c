// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every state a subject can be in has a defined result; this is the table of
 * the design, row by row, but for those that other suites are about.
 */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "attach.h"
#include "freezer.h"
#include "gate.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "sharer.h"
#include "snapshot.h"
#include "subject.h"

FIXTURE(states)
{
	struct place a;
	struct place b;
	struct subject subject;
};

FIXTURE_SETUP(states)
{
	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(place_start(&self->b, 2, NS_BASE));
}

FIXTURE_TEARDOWN(states)
{
	subject_stop(&self->subject);
	place_stop(&self->a);
	place_stop(&self->b);
}

TEST_F_TIMEOUT(states, sigstopped_is_moved_and_stays_stopped, 240)
{
	struct nsattach_error error;
	struct snapshot *before;

	ASSERT_CLEAN(subject_start_plain(&self->subject, 8));
	ASSERT_EQ(0, kill(self->subject.pid, SIGSTOP));
	ASSERT_TRUE(UNTIL(subject_threads_in(&self->subject, 8, 'T') == 8));
	before = snapshot_take(self->subject.pid);
	for (int i = 0; i < 10; i++) {
		const struct place *to = i % 2 ? &self->b : &self->a;

		ASSERT_ATTACHED(attach_pid(self->subject.pid, to->pid, NS_BASE, &error), error);
		ASSERT_CLEAN(not_moved(before, self->subject.pid, to, NS_BASE));
		ASSERT_EQ(8, subject_threads_in(&self->subject, 8, 'T'));
	}
	ASSERT_EQ(0, kill(self->subject.pid, SIGCONT));
	EXPECT_STREQ("place-2", view_get(subject_view(&self->subject), "hostname"));
	EXPECT_STREQ("place-2", view_get(subject_view(&self->subject), "file"));
	EXPECT_EQ(0, subject_threads_in(&self->subject, 8, 'T'));
	EXPECT_EQ(0, GET(self->subject.shared->returns));
	EXPECT_CLEAN(not_moved(before, self->subject.pid, &self->b, NS_BASE));
	snapshot_free(before);
}

/* Its parent learns of the stop once, and of nothing else. */
TEST_F_TIMEOUT(states, sigstopped_tells_its_parent_nothing_new, 240)
{
	struct nsattach_error error;
	siginfo_t info = { 0 };

	ASSERT_CLEAN(subject_start_plain(&self->subject, 4));
	ASSERT_EQ(0, kill(self->subject.pid, SIGSTOP));
	ASSERT_EQ(0, waitid(P_PID, (id_t)self->subject.pid, &info, WSTOPPED));
	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->a.pid, NS_BASE, &error), error);
	info.si_pid = 0;
	ASSERT_EQ(0, waitid(P_PID, (id_t)self->subject.pid, &info,
			    WSTOPPED | WCONTINUED | WEXITED | WNOHANG));
	EXPECT_EQ(0, info.si_pid);
	ASSERT_EQ(0, kill(self->subject.pid, SIGCONT));
}

/* One waits in a call that no thread is left asleep in, unless it is frozen at its end. */
static void body_fill_eventfd(struct subject_shared *shared, unsigned int index)
{
	const uint64_t most = UINT64_MAX - 1;
	int fd = eventfd(1, EFD_CLOEXEC);

	while (index == 1 && !GET(shared->stop)) {
		SET(shared->last_errno, write(fd, &most, sizeof(most)) < 0 ? -errno : 0);
		ADD(shared->returns, 1);
	}
	body_wait(shared, index);
}

/* It is moved, and stays frozen. */
static void move_frozen(struct __test_metadata *_metadata, FIXTURE_DATA(states) *self, int version)
{
	struct subject_options options = { .threads = 8, .unshare = NS_NOPID,
					   .body = body_fill_eventfd };
	struct freezer freezer = { 0 };
	struct nsattach_error error;
	struct snapshot *before;
	pid_t tid;

	ASSERT_CLEAN(subject_start(&self->subject, &options));
	tid = subject_tid(&self->subject, 1);
	ASSERT_TRUE(UNTIL(task_syscall(self->subject.pid, tid) == SYS_write &&
			  task_state(self->subject.pid, tid) == 'S'));
	ASSERT_CLEAN(freezer_make(&freezer, version, self->subject.pid));
	ASSERT_TRUE(freezer_ask(&freezer, true));
	ASSERT_TRUE(UNTIL(freezer_frozen(&freezer)));
	before = snapshot_take(self->subject.pid);
	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->a.pid, NS_BASE, &error), error);
	EXPECT_CLEAN(not_moved(before, self->subject.pid, &self->a, NS_BASE));
	EXPECT_TRUE(UNTIL(freezer_frozen(&freezer)));
	ASSERT_TRUE(freezer_ask(&freezer, false));
	EXPECT_STREQ("place-1", view_get(subject_view(&self->subject), "hostname"));
	EXPECT_EQ(0, GET(self->subject.shared->returns));
	snapshot_free(before);
	subject_stop(&self->subject);
	EXPECT_EQ(0, freezer_end(&freezer));
}

TEST_F_TIMEOUT(states, frozen_v2_is_moved_and_stays_frozen, 240)
{
	move_frozen(_metadata, self, 2);
}

TEST_F_TIMEOUT(states, frozen_v1_is_moved_and_stays_frozen, 240)
{
	if (!freezer_has_v1())
		SKIP(return, "this kernel has no v1 freezer");
	move_frozen(_metadata, self, 1);
}

static int prepare(FIXTURE_DATA(states) *self, struct attach *a, unsigned int timeout_ms)
{
	int ret;

	attach_init(a);
	a->arg.timeout_ns = timeout_ms * 1000000ULL;
	ret = attach_add_subject(a, self->subject.pid);
	return ret ? ret : attach_set_target(a, self->a.pid, NS_BASE);
}

/* Frozen or not, it goes on from there with what it holds. */
TEST_F_TIMEOUT(states, frozen_v1_in_the_middle_of_a_call_is_waited_for, 240)
{
	struct freezer freezer = { 0 };
	struct snapshot *before;
	struct attach a;
	pid_t stuck;

	if (!freezer_has_v1())
		SKIP(return, "this kernel has no v1 freezer");
	ASSERT_CLEAN(start_vfork(&self->subject, 3, NS_NOPID));
	stuck = subject_tid(&self->subject, 1);
	ASSERT_CLEAN(freezer_make(&freezer, 1, self->subject.pid));
	/* Again and again: who comes to its wait after that is not frozen by itself. */
	ASSERT_TRUE(UNTIL(freezer_ask(&freezer, true) && freezer_frozen(&freezer)));
	before = snapshot_take(self->subject.pid);
	ASSERT_EQ(0, prepare(self, &a, 300));
	EXPECT_REFUSED(ETIMEDOUT, NSATTACH_R_DEADLINE, attach_call(&a), a.arg.error);
	EXPECT_EQ(stuck, a.arg.error.tid);
	EXPECT_CLEAN(changed_since(before, self->subject.pid));
	EXPECT_TRUE(freezer_frozen(&freezer));
	ASSERT_TRUE(freezer_ask(&freezer, false));
	ASSERT_TRUE(end_vfork());
	ASSERT_TRUE(UNTIL(GET(self->subject.shared->rounds) == 1));
	a.arg.timeout_ns = 0;
	ASSERT_ATTACHED(attach_call(&a), a.arg.error);
	EXPECT_CLEAN(not_moved(before, self->subject.pid, &self->a, NS_BASE));
	attach_done(&a);
	snapshot_free(before);
	subject_stop(&self->subject);
	EXPECT_EQ(0, freezer_end(&freezer));
}

TEST_F_TIMEOUT(states, vfork_parent_runs_into_the_deadline_and_a_late_wake_does_nothing, 240)
{
	struct snapshot *before;
	struct attach a;
	pid_t stuck;

	ASSERT_CLEAN(start_vfork(&self->subject, 6, NS_NOPID));
	stuck = subject_tid(&self->subject, 1);
	before = snapshot_take(self->subject.pid);
	ASSERT_EQ(0, prepare(self, &a, 300));
	EXPECT_REFUSED(ETIMEDOUT, NSATTACH_R_DEADLINE, attach_call(&a), a.arg.error);
	EXPECT_EQ(self->subject.pid, a.arg.error.pid);
	EXPECT_EQ(stuck, a.arg.error.tid);
	EXPECT_EQ('D', a.arg.error.state);
	EXPECT_EQ(0, a.arg.error.subject);
	EXPECT_EQ(0, a.arg.nr_threads);
	EXPECT_CLEAN(changed_since(before, self->subject.pid));
	/* The others go on as before, and so does the late one. */
	EXPECT_STREQ("-", view_get(subject_view(&self->subject), "file"));
	ASSERT_TRUE(end_vfork());
	ASSERT_TRUE(UNTIL(GET(self->subject.shared->rounds) == 1));
	ASSERT_TRUE(UNTIL(task_syscall(self->subject.pid, stuck) == SYS_futex));
	EXPECT_CLEAN(changed_since(before, self->subject.pid));
	EXPECT_EQ(0, GET(self->subject.shared->returns));
	/* And now it can be moved. */
	EXPECT_EQ(0, attach_call(&a));
	EXPECT_CLEAN(not_moved(before, self->subject.pid, &self->a, NS_BASE));
	attach_done(&a);
	snapshot_free(before);
}

TEST_F_TIMEOUT(states, vfork_parent_that_comes_in_time_is_moved, 240)
{
	struct snapshot *before;
	struct attach a;
	pid_t waker;

	ASSERT_CLEAN(start_vfork(&self->subject, 6, NS_NOPID));
	before = snapshot_take(self->subject.pid);
	ASSERT_EQ(0, prepare(self, &a, 120000));
	waker = fork_child();
	if (!waker) {
		/* Woken once the attach waits for it. */
		UNTIL(task_syscall(getppid(), getppid()) == SYS_ioctl);
		_exit(!end_vfork());
	}
	ASSERT_ATTACHED(attach_call(&a), a.arg.error);
	EXPECT_CLEAN(not_moved(before, self->subject.pid, &self->a, NS_BASE));
	EXPECT_EQ(0, GET(self->subject.shared->returns));
	waitpid(waker, NULL, 0);
	attach_done(&a);
	snapshot_free(before);
}

static void body_held(struct subject_shared *shared, unsigned int index)
{
	if (index == 1) {
		gate_shut_by(shared, SYS_getppid, -1);
		syscall(SYS_getppid);
	}
	body_wait(shared, index);
}

static long do_nothing(char *text)
{
	(void)text;
	return 0;
}

/*
 * At first it is one of those asleep, then one of those who came: what it is given can be
 * taken away when it has gone.
 */
TEST_F_TIMEOUT(states, sleeper_that_wakes_meanwhile_comes_and_is_counted_once, 240)
{
	struct subject_options options = { .threads = 4, .unshare = NS_NOPID, .body = body_held };
	struct subject target;
	struct gate gate;
	struct attach a;
	pid_t pid, caller;
	int status;

	ASSERT_CLEAN(subject_start_plain(&target, 2));
	ASSERT_EQ(0, subject_call(&target, call_mount));
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	pid = self->subject.pid;
	ASSERT_CLEAN(gate_wait_for(&gate, &self->subject));
	ASSERT_TRUE(UNTIL(subject_waits(&self->subject)));
	attach_init(&a);
	a.arg.wd = (uintptr_t)SUBJECT_MOUNT;
	ASSERT_EQ(0, attach_add_subject(&a, pid));
	ASSERT_EQ(0, attach_set_target(&a, target.pid, NS_NOPID));
	caller = fork_child();
	if (!caller)
		_exit(attach_call(&a) != 0);
	ASSERT_TRUE(UNTIL(task_state(caller, caller) == 'S' &&
			  task_syscall(caller, caller) == SYS_ioctl));
	subject_call_begin(&self->subject, do_nothing);
	ASSERT_TRUE(UNTIL(task_state(pid, pid) == 'D'));
	gate_open(&gate);
	ASSERT_EQ(caller, waitpid(caller, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, subject_call_end(&self->subject));
	EXPECT_EQ(-EBUSY, subject_call(&target, call_unmount));
	subject_stop(&self->subject);
	EXPECT_TRUE(SOON(!subject_call(&target, call_unmount)));
	subject_stop(&target);
	attach_done(&a);
	rmdir(SUBJECT_MOUNT);
}

/* Any call that could help somebody to leave kills the process. */
static int confine(struct subject_shared *shared, void *arg)
{
	static const unsigned int forbidden[] = {
		SYS_setns, SYS_unshare, SYS_pidfd_open, SYS_chroot, SYS_chdir, SYS_ioctl,
		SYS_pivot_root, SYS_ptrace,
	};
	struct sock_filter filter[2 + 2 * ARRAY_SIZE(forbidden)];
	struct sock_fprog program = { .filter = filter };
	unsigned short n = 0;

	(void)shared;
	(void)arg;
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						   offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < ARRAY_SIZE(forbidden); i++) {
		filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, forbidden[i],
							   0, 1);
		filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
							   SECCOMP_RET_KILL_PROCESS);
	}
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return errno;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) ? errno : 0;
}

TEST_F_TIMEOUT(states, seccomp_confined_with_no_new_privs_is_moved_and_stays_so, 240)
{
	struct subject_options options = { .threads = 6, .unshare = NS_NOPID, .setup = confine };
	struct nsattach_error error;
	struct snapshot *before;

	ASSERT_CLEAN(subject_start(&self->subject, &options));
	before = snapshot_take(self->subject.pid);
	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->a.pid, NS_BASE, &error), error);
	/* Compares Seccomp, NoNewPrivs and all capability sets, too. */
	EXPECT_CLEAN(not_moved(before, self->subject.pid, &self->a, NS_BASE));
	EXPECT_STREQ("2", task_status(self->subject.pid, self->subject.pid, "Seccomp"));
	EXPECT_STREQ("1", task_status(self->subject.pid, self->subject.pid, "NoNewPrivs"));
	EXPECT_STREQ("place-1", view_get(subject_view(&self->subject), "hostname"));
	snapshot_free(before);
}

static int drop_to_nobody(struct subject_shared *shared, void *arg)
{
	(void)shared;
	(void)arg;
	return setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534) ? errno : 0;
}

TEST_F_TIMEOUT(states, unprivileged_is_moved_and_gains_nothing, 240)
{
	struct subject_options options = { .threads = 6, .unshare = NS_NOPID,
					   .setup = drop_to_nobody };
	struct nsattach_error error;
	struct snapshot *before;

	ASSERT_CLEAN(subject_start(&self->subject, &options));
	before = snapshot_take(self->subject.pid);
	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->a.pid, NS_BASE, &error), error);
	EXPECT_CLEAN(not_moved(before, self->subject.pid, &self->a, NS_BASE));
	EXPECT_STREQ("0000000000000000",
		     task_status(self->subject.pid, self->subject.pid, "CapEff"));
	EXPECT_STREQ("place-1", view_get(subject_view(&self->subject), "file"));
	snapshot_free(before);
}

static void sharer_stays(struct __test_metadata *_metadata, struct subject *s,
			 const struct place *to, unsigned long flags)
{
	struct subject_options options = { .threads = 4, .unshare = NS_NOPID,
					   .setup = setup_sharer, .arg = sharer_alloc(flags) };
	const struct sharer *sharer = options.arg;
	struct snapshot *before, *foreign_before;
	struct nsattach_error error;

	ASSERT_CLEAN(subject_start(s, &options));
	ASSERT_LT(0, sharer->pid);
	ASSERT_TRUE(UNTIL(task_syscall(sharer->pid, sharer->pid) == SYS_pause));
	before = snapshot_take(s->pid);
	foreign_before = snapshot_take(sharer->pid);
	ASSERT_ATTACHED(attach_pid(s->pid, to->pid, NS_BASE, &error), error);
	EXPECT_CLEAN(not_moved(before, s->pid, to, NS_BASE));
	EXPECT_CLEAN(changed_since(foreign_before, sharer->pid));
	snapshot_free(before);
	snapshot_free(foreign_before);
	kill(sharer->pid, SIGKILL);
}

TEST_F_TIMEOUT(states, sharer_of_memory_is_not_moved_along, 240)
{
	sharer_stays(_metadata, &self->subject, &self->a, CLONE_VM);
}

TEST_F_TIMEOUT(states, sharer_of_memory_root_and_files_is_not_moved_along, 240)
{
	sharer_stays(_metadata, &self->subject, &self->a, CLONE_VM | CLONE_FS | CLONE_FILES);
}

TEST_HARNESS_MAIN
