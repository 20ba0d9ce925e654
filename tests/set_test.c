// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Several subjects in one call: all of them or none, or each for itself.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "attach.h"
#include "harness.h"
#include "permission_rule.h"
#include "place.h"
#include "place_facts.h"
#include "shared.h"
#include "sharer.h"
#include "snapshot.h"
#include "subject.h"

#define SIZE 6

FIXTURE(set)
{
	struct place a;
	struct subject members[SIZE];
	struct snapshot *before[SIZE];
	struct attach call;
	struct nsattach_query query;
};

FIXTURE_SETUP(set)
{
	ASSERT_LE(0, device_fd());
	ASSERT_EQ(0, attach_query(&self->query));
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	attach_init(&self->call);
	for (unsigned int i = 0; i < SIZE; i++) {
		ASSERT_CLEAN(subject_start_plain(&self->members[i], i + 1));
		self->before[i] = snapshot_take(self->members[i].pid);
		ASSERT_EQ(0, attach_add_subject(&self->call, self->members[i].pid));
	}
	ASSERT_EQ(0, attach_set_target(&self->call, self->a.pid, NS_BASE));
}

FIXTURE_TEARDOWN(set)
{
	for (unsigned int i = 0; i < SIZE; i++) {
		snapshot_free(self->before[i]);
		subject_stop(&self->members[i]);
	}
	place_stop(&self->a);
}

static const char *any_changed(FIXTURE_DATA(set) *self, unsigned int but)
{
	const char *bad = NULL;

	for (unsigned int i = 0; !bad && i < SIZE; i++)
		if (i != but)
			bad = changed_since(self->before[i], self->members[i].pid);
	return bad;
}

static const char *any_not_moved(FIXTURE_DATA(set) *self, unsigned int but)
{
	const char *bad = NULL;

	for (unsigned int i = 0; !bad && i < SIZE; i++)
		if (i != but)
			bad = not_moved(self->before[i], self->members[i].pid, &self->a, NS_BASE);
	return bad;
}

#define NOBODY SIZE

TEST_F_TIMEOUT(set, all_of_them_move_together, 240)
{
	ASSERT_ATTACHED(attach_call(&self->call), self->call.arg.error);
	EXPECT_CLEAN(any_not_moved(self, NOBODY));
	EXPECT_EQ(1 + 2 + 3 + 4 + 5 + 6, self->call.arg.nr_threads);
	for (unsigned int i = 0; i < SIZE; i++) {
		EXPECT_EQ(0, self->call.subjects[i].result);
		EXPECT_EQ(i + 1, self->call.subjects[i].nr_threads);
		EXPECT_STREQ("place-1", view_get(subject_view(&self->members[i]), "abstract"));
	}
}

/* More than the kernel can count as locks, or as reasons not to preempt. */
TEST_F_TIMEOUT(set, hundreds_of_stopped_processes_move_together, 240)
{
	struct nsattach_subject crowd[300] = { 0 };
	pid_t pids[300];
	int status;

	for (unsigned int i = 0; i < 300; i++) {
		pids[i] = fork_child();
		if (!pids[i]) {
			raise(SIGSTOP);
			_exit(0);
		}
		ASSERT_EQ(pids[i], waitpid(pids[i], &status, WUNTRACED));
		ASSERT_TRUE(WIFSTOPPED(status));
		crowd[i].pidfd = pidfd_of(pids[i]);
	}
	self->call.arg.subjects = (uintptr_t)crowd;
	self->call.arg.nr_subjects = 300;
	ASSERT_ATTACHED(attach_call(&self->call), self->call.arg.error);
	EXPECT_EQ(300, self->call.arg.nr_threads);
	for (unsigned int i = 0; i < 300; i++) {
		EXPECT_EQ('T', task_state(pids[i], pids[i]));
		EXPECT_CLEAN(not_in(pids[i], &self->a, NS_BASE));
		close(crowd[i].pidfd);
		kill_and_reap(pids[i]);
	}
}

/* Member 3 is replaced by one that is refused before anything is stopped. */
static void spoil_with_init(FIXTURE_DATA(set) *self)
{
	close(self->call.subjects[3].pidfd);
	self->call.subjects[3].pidfd = pidfd_of(self->a.pid);
}

TEST_F_TIMEOUT(set, none_moves_when_one_is_refused, 240)
{
	spoil_with_init(self);
	EXPECT_REFUSED(EBUSY, NSATTACH_R_SUBJECT_INIT, attach_call(&self->call),
		       self->call.arg.error);
	EXPECT_EQ(3, self->call.arg.error.subject);
	EXPECT_EQ(self->a.pid, self->call.arg.error.pid);
	EXPECT_EQ(-EBUSY, self->call.subjects[3].result);
	EXPECT_EQ(-ECANCELED, self->call.subjects[0].result);
	EXPECT_EQ(-ECANCELED, self->call.subjects[5].result);
	EXPECT_EQ(0, self->call.arg.nr_threads);
	EXPECT_CLEAN(any_changed(self, NOBODY));
}

TEST_F_TIMEOUT(set, each_for_itself_leaves_only_the_refused_one, 240)
{
	if (!(self->query.attach_flags & NSATTACH_F_EACH))
		SKIP(return, "NSATTACH_F_EACH is not among the module's features");
	spoil_with_init(self);
	self->call.arg.flags = NSATTACH_F_EACH;
	ASSERT_ATTACHED(attach_call(&self->call), self->call.arg.error);
	EXPECT_CLEAN(any_not_moved(self, 3));
	EXPECT_CLEAN(changed_since(self->before[3], self->members[3].pid));
	for (unsigned int i = 0; i < SIZE; i++)
		EXPECT_EQ(i == 3 ? -EBUSY : 0, self->call.subjects[i].result);
	EXPECT_EQ(1 + 2 + 3 + 5 + 6, self->call.arg.nr_threads);
	EXPECT_EQ(NSATTACH_R_SUBJECT_INIT, self->call.arg.error.reason);
	EXPECT_EQ(3, self->call.arg.error.subject);
}

TEST_F_TIMEOUT(set, each_for_itself_fails_when_nobody_moves, 240)
{
	if (!(self->query.attach_flags & NSATTACH_F_EACH))
		SKIP(return, "NSATTACH_F_EACH is not among the module's features");
	spoil_with_init(self);
	self->call.subjects[0].pidfd = self->call.subjects[3].pidfd;
	/* A kernel thread, which is refused for another reason. */
	self->call.subjects[1].pidfd = pidfd_of(2);
	self->call.arg.nr_subjects = 2;
	self->call.arg.flags = NSATTACH_F_EACH;
	EXPECT_REFUSED(EBUSY, NSATTACH_R_SUBJECT_INIT, attach_call(&self->call),
		       self->call.arg.error);
	EXPECT_EQ(0, self->call.arg.error.subject);
	EXPECT_EQ(-EBUSY, self->call.subjects[0].result);
	EXPECT_EQ(-EINVAL, self->call.subjects[1].result);
	EXPECT_CLEAN(any_changed(self, NOBODY));
}

static const char *make_one_stuck(FIXTURE_DATA(set) *self, unsigned int index)
{
	struct subject *s = &self->members[index];
	const char *bad;

	subject_stop(s);
	snapshot_free(self->before[index]);
	bad = start_vfork(s, 3, NS_NOPID);
	if (bad)
		return bad;
	self->before[index] = snapshot_take(s->pid);
	close(self->call.subjects[index].pidfd);
	self->call.subjects[index].pidfd = pidfd_of(s->pid);
	return NULL;
}

TEST_F_TIMEOUT(set, none_moves_when_one_is_stuck, 240)
{
	ASSERT_CLEAN(make_one_stuck(self, 4));
	self->call.arg.timeout_ns = 300ULL * 1000 * 1000;
	EXPECT_REFUSED(ETIMEDOUT, NSATTACH_R_DEADLINE, attach_call(&self->call),
		       self->call.arg.error);
	EXPECT_EQ(4, self->call.arg.error.subject);
	EXPECT_EQ(subject_tid(&self->members[4], 1), self->call.arg.error.tid);
	EXPECT_EQ(-ETIMEDOUT, self->call.subjects[4].result);
	EXPECT_EQ(-ECANCELED, self->call.subjects[1].result);
	EXPECT_CLEAN(any_changed(self, NOBODY));
	for (unsigned int i = 0; i < SIZE; i++)
		EXPECT_EQ(0, GET(self->members[i].shared->returns));
}

TEST_F_TIMEOUT(set, each_for_itself_leaves_only_the_stuck_one, 240)
{
	if (!(self->query.attach_flags & NSATTACH_F_EACH))
		SKIP(return, "NSATTACH_F_EACH is not among the module's features");
	ASSERT_CLEAN(make_one_stuck(self, 4));
	self->call.arg.timeout_ns = 300ULL * 1000 * 1000;
	self->call.arg.flags = NSATTACH_F_EACH;
	ASSERT_ATTACHED(attach_call(&self->call), self->call.arg.error);
	EXPECT_CLEAN(any_not_moved(self, 4));
	EXPECT_CLEAN(changed_since(self->before[4], self->members[4].pid));
	EXPECT_EQ(-ETIMEDOUT, self->call.subjects[4].result);
}

static void heed(int nr)
{
	(void)nr;
}

/* A signal comes when the first has moved: nobody behind it has, and each is told so. */
TEST_F_TIMEOUT(set, each_for_itself_tells_whom_a_signal_left, 240)
{
	pid_t sender;

	ASSERT_CLEAN(make_one_stuck(self, 1));
	self->call.arg.nr_subjects = 3;
	self->call.arg.timeout_ns = 120ULL * 1000 * 1000 * 1000;
	self->call.arg.flags = NSATTACH_F_EACH;
	signal(SIGUSR1, heed);
	sender = fork_child();
	if (!sender) {
		if (UNTIL(!not_in(self->members[0].pid, &self->a, NS_BASE)))
			kill(getppid(), SIGUSR1);
		_exit(0);
	}
	ASSERT_ATTACHED(attach_call(&self->call), self->call.arg.error);
	kill_and_reap(sender);
	EXPECT_EQ(1, self->call.arg.nr_threads);
	EXPECT_EQ(0, self->call.subjects[0].result);
	EXPECT_EQ(-EINTR, self->call.subjects[1].result);
	EXPECT_EQ(-EINTR, self->call.subjects[2].result);
	EXPECT_CLEAN(not_moved(self->before[0], self->members[0].pid, &self->a, NS_BASE));
	EXPECT_CLEAN(any_changed(self, 0));
}

TEST_F_TIMEOUT(set, one_that_exits_in_the_middle_never_splits_the_rest, 1200)
{
	unsigned long moved = 0, rounds = scaled(15, 500);
	uint32_t *go = shared_alloc(sizeof(*go));

	for (unsigned long i = 0; i < rounds; i++) {
		pid_t killer;
		int ret;

		SET(*go, 0);
		subject_stop(&self->members[2]);
		ASSERT_CLEAN(subject_start_plain(&self->members[2], 8));
		close(self->call.subjects[2].pidfd);
		self->call.subjects[2].pidfd = pidfd_of(self->members[2].pid);
		killer = fork_child();
		if (!killer) {
			while (!GET(*go))
				;
			spin(i % 60 * 3000);
			kill(self->members[2].pid, SIGKILL);
			_exit(0);
		}
		SET(*go, 1);
		ret = attach_call(&self->call);
		kill_and_reap(killer);
		ASSERT_TRUE(ret == 0 || ret == -ESRCH || ret == -EAGAIN);
		if (ret && !moved)
			ASSERT_CLEAN(any_changed(self, 2));
		if (!ret)
			ASSERT_CLEAN(any_not_moved(self, 2));
		moved += !ret;
	}
	figure("set_exit.rounds", (long long)rounds);
	figure("set_exit.moved", (long long)moved);
}

TEST_F_TIMEOUT(set, child_that_would_be_left_behind_is_refused_on_demand, 240)
{
	struct snapshot *child_before;
	pid_t child;

	if (!(self->query.attach_flags & NSATTACH_F_WHOLE_TREE))
		SKIP(return, "NSATTACH_F_WHOLE_TREE is not among the module's features");
	/* One that is dead stays behind whatever happens. */
	ASSERT_LT(0, subject_fork_zombie(&self->members[2]));
	child = subject_fork(&self->members[1]);
	ASSERT_LT(0, child);
	child_before = snapshot_take(child);
	self->call.arg.flags = NSATTACH_F_WHOLE_TREE | NSATTACH_F_CHECK;
	EXPECT_REFUSED(EAGAIN, NSATTACH_R_CHILD_LEFT, attach_call(&self->call),
		       self->call.arg.error);
	self->call.arg.flags = NSATTACH_F_WHOLE_TREE;
	EXPECT_REFUSED(EAGAIN, NSATTACH_R_CHILD_LEFT, attach_call(&self->call),
		       self->call.arg.error);
	EXPECT_EQ(child, self->call.arg.error.tid);
	EXPECT_EQ(1, self->call.arg.error.subject);
	EXPECT_EQ(self->members[1].pid, self->call.arg.error.pid);
	EXPECT_EQ(-EAGAIN, self->call.subjects[1].result);
	EXPECT_EQ(-ECANCELED, self->call.subjects[0].result);
	EXPECT_CLEAN(any_changed(self, NOBODY));
	EXPECT_CLEAN(changed_since(child_before, child));
	ASSERT_EQ(0, attach_add_subject(&self->call, child));
	self->call.arg.flags |= NSATTACH_F_CHECK;
	ASSERT_ATTACHED(attach_call(&self->call), self->call.arg.error);
	EXPECT_CLEAN(any_changed(self, NOBODY));
	self->call.arg.flags &= ~NSATTACH_F_CHECK;
	ASSERT_ATTACHED(attach_call(&self->call), self->call.arg.error);
	EXPECT_CLEAN(any_not_moved(self, NOBODY));
	EXPECT_CLEAN(not_moved(child_before, child, &self->a, NS_BASE));
	snapshot_free(child_before);
	kill(child, SIGKILL);
}

/* The parent of who asks is moved, with one more child or without. 0, or the reason. */
static int move_own_parent(const struct place *to, bool other_child)
{
	struct attach a;
	int status;
	pid_t caller, parent = fork_child();

	if (!parent) {
		if (other_child && !fork_child()) {
			pause();
			_exit(0);
		}
		caller = fork_child();
		if (!caller) {
			attach_init(&a);
			a.arg.flags = NSATTACH_F_WHOLE_TREE;
			if (attach_add_subject(&a, getppid()) ||
			    attach_set_target(&a, to->pid, NS_NOPID))
				_exit(255);
			_exit(attach_call(&a) ? (int)a.arg.error.reason : 0);
		}
		waitpid(caller, &status, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 254);
	}
	return waitpid(parent, &status, 0) == parent && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* As from a shell that moves itself with all that runs under it. */
TEST_F(set, caller_below_what_it_moves_is_no_child_left_behind)
{
	EXPECT_EQ(0, move_own_parent(&self->a, false));
	EXPECT_EQ(NSATTACH_R_CHILD_LEFT, move_own_parent(&self->a, true));
}

static const char *const own_wds[SIZE] = { "/inner", "/tmp", NULL, "/missing", "", "/inner" };
static const char *const wds_inside[SIZE] = { "/inner", "/tmp", "/proc", "/", "/", "/inner" };

static const char *any_elsewhere(FIXTURE_DATA(set) *self, unsigned int but)
{
	static char text[128];
	const char *bad = NULL;

	for (unsigned int i = 0; !bad && i < SIZE; i++) {
		const char *wd = view_get(subject_view(&self->members[i]), "cwd path");

		if (i == but)
			continue;
		snprintf(text, sizeof(text), "member %u is in %s", i, wd);
		bad = strcmp(wd, wds_inside[i]) ? text :
						  not_in(self->members[i].pid, &self->a, NS_BASE);
	}
	return bad;
}

static void give_wds(FIXTURE_DATA(set) *self)
{
	self->call.arg.wd = (uintptr_t)"/proc";
	self->call.arg.wds = (uintptr_t)self->call.wds;
	for (unsigned int i = 0; i < SIZE; i++)
		self->call.wds[i] = (uintptr_t)own_wds[i];
}

TEST_F_TIMEOUT(set, each_gets_its_own_working_directory, 240)
{
	give_wds(self);
	self->call.arg.flags = NSATTACH_F_WD_OPTIONAL;
	ASSERT_ATTACHED(attach_call(&self->call), self->call.arg.error);
	EXPECT_CLEAN(any_elsewhere(self, NOBODY));
}

TEST_F_TIMEOUT(set, none_moves_when_the_working_directory_of_one_is_missing, 240)
{
	give_wds(self);
	EXPECT_REFUSED(ENOENT, NSATTACH_R_WD, attach_call(&self->call), self->call.arg.error);
	EXPECT_EQ(3, self->call.arg.error.subject);
	EXPECT_EQ(self->members[3].pid, self->call.arg.error.pid);
	EXPECT_EQ((__u32)CLONE_NEWNS, self->call.arg.error.ns);
	EXPECT_EQ(-ENOENT, self->call.subjects[3].result);
	EXPECT_EQ(-ECANCELED, self->call.subjects[0].result);
	self->call.wds[3] = (uintptr_t)PLACE_FILE;
	EXPECT_REFUSED(ENOTDIR, NSATTACH_R_WD, attach_call(&self->call), self->call.arg.error);
	self->call.wds[3] = 4096;
	EXPECT_EQ(-EFAULT, attach_call(&self->call));
	EXPECT_EQ(3, self->call.arg.error.subject);
	EXPECT_CLEAN(any_changed(self, NOBODY));
}

static long enter_chroot(char *text)
{
	(void)text;
	return chroot("/tmp") ? -errno : 0;
}

TEST_F_TIMEOUT(set, check_that_refuses_one_counts_none_of_those_before_it, 240)
{
	ASSERT_EQ(0, subject_call(&self->members[3], enter_chroot));
	self->call.arg.flags = NSATTACH_F_CHECK;
	EXPECT_REFUSED(EXDEV, NSATTACH_R_CHROOTED, attach_call(&self->call),
		       self->call.arg.error);
	EXPECT_EQ(3, self->call.arg.error.subject);
	EXPECT_EQ(0, self->call.arg.nr_threads);
}

TEST_F_TIMEOUT(set, each_for_itself_leaves_only_the_one_without_a_working_directory, 240)
{
	give_wds(self);
	self->call.arg.flags = NSATTACH_F_EACH;
	ASSERT_ATTACHED(attach_call(&self->call), self->call.arg.error);
	EXPECT_CLEAN(any_elsewhere(self, 3));
	EXPECT_CLEAN(changed_since(self->before[3], self->members[3].pid));
	EXPECT_EQ(-ENOENT, self->call.subjects[3].result);
	EXPECT_EQ(3, self->call.arg.error.subject);
}

static long fork_into_own_user(char *text)
{
	pid_t pid = fork_child();

	(void)text;
	if (pid)
		return pid;
	if (unshare(CLONE_NEWUSER))
		_exit(1);
	for (;;)
		pause();
}

/*
 * Both have one and the same set of namespaces, but of these credentials the caller
 * has power over the child's only, as the one who made its user namespace.
 */
TEST_F_TIMEOUT(set, what_one_may_is_not_taken_from_another, 240)
{
	const struct who weak = { "root without sys_chroot", 0, USER_INIT,
				  CAPS_ALL & ~CAP_BIT(CAP_SYS_CHROOT) };
	struct subject_options plain = { .threads = 1 };
	struct snapshot *before[2];
	struct subject parent;
	pid_t child, caller;
	struct attach a;
	int status;

	ASSERT_CLEAN(subject_start(&parent, &plain));
	child = (pid_t)subject_call(&parent, fork_into_own_user);
	ASSERT_TRUE(UNTIL(task_ns(child, child, "user") != task_ns(parent.pid, parent.pid, "user")));
	before[0] = snapshot_take(child);
	before[1] = snapshot_take(parent.pid);
	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, child));
	ASSERT_EQ(0, attach_add_subject(&a, parent.pid));
	ASSERT_EQ(0, attach_set_target(&a, self->a.pid, CLONE_NEWNS));
	caller = fork_child();
	if (!caller)
		_exit(!become(&weak, NULL) && attach_call(&a) == -EPERM &&
		      a.arg.error.reason == NSATTACH_R_PERM_NS && a.arg.error.subject == 1 ?
			      0 : 1);
	ASSERT_EQ(caller, waitpid(caller, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_CLEAN(changed_since(before[0], child));
	EXPECT_CLEAN(changed_since(before[1], parent.pid));
	for (int i = 0; i < 2; i++)
		snapshot_free(before[i]);
	attach_done(&a);
	subject_stop(&parent);
}

static long leave_pid(char *text)
{
	(void)text;
	return unshare(CLONE_NEWPID);
}

/* Both have one and the same set of namespaces, but the child is in another pid namespace. */
TEST_F_TIMEOUT(set, pid_namespace_is_to_be_below_that_of_each, 240)
{
	struct subject_options plain = { .threads = 1 };
	struct snapshot *before[2];
	struct subject parent;
	struct attach a;
	pid_t child;

	ASSERT_CLEAN(subject_start(&parent, &plain));
	ASSERT_EQ(0, subject_call(&parent, leave_pid));
	/* Init of it, and any other. */
	ASSERT_LT(0, subject_fork(&parent));
	child = subject_fork(&parent);
	ASSERT_LT(0, child);
	before[0] = snapshot_take(parent.pid);
	before[1] = snapshot_take(child);
	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, parent.pid));
	ASSERT_EQ(0, attach_add_subject(&a, child));
	ASSERT_EQ(0, attach_set_target(&a, self->a.pid, CLONE_NEWPID));
	EXPECT_REFUSED(EINVAL, NSATTACH_R_PIDNS_NOT_BELOW, attach_call(&a), a.arg.error);
	EXPECT_EQ(1, a.arg.error.subject);
	EXPECT_CLEAN(changed_since(before[0], parent.pid));
	EXPECT_CLEAN(changed_since(before[1], child));
	for (int i = 0; i < 2; i++)
		snapshot_free(before[i]);
	attach_done(&a);
	subject_stop(&parent);
}

TEST_HARNESS_MAIN
