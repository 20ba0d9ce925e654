// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * After an attach or a detach, of whatever kind, nothing is held any more than before.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "attach.h"
#include "budget.h"
#include "harness.h"
#include "permission_rule.h"
#include "pidmove.h"
#include "pidmove.h"
#include "place.h"
#include "shared.h"
#include "sharer.h"
#include "snapshot.h"
#include "subject.h"

FIXTURE(leak)
{
	struct place a;
	struct place b;
	struct subject subject;
	struct budgets used;
};

FIXTURE_SETUP(leak)
{
	ASSERT_LE(0, device_fd());
	budgets_take(&self->used);
}

FIXTURE_TEARDOWN(leak)
{
	subject_stop(&self->subject);
	place_stop(&self->a);
	place_stop(&self->b);
}

/* With a timeout, so that the kernel does not restart it by itself. */
static long read_from_socket(char *text)
{
	const struct timeval hour = { 3600, 0 };
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) ||
	    setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &hour, sizeof(hour)))
		return -errno;
	return read(ends[0], text, 1);
}

/* So that its call is restarted. */
static int fetched(pid_t subject, const struct place *to)
{
	int ret = module_let_sleep(false) ? attach_pid(subject, to->pid, NS_NOPID, NULL) : -EINVAL;

	module_let_sleep(true);
	return ret;
}

static int by_files(pid_t subject, const struct place *to)
{
	struct attach a;
	int ret;

	attach_init(&a);
	ret = attach_add_subject(&a, subject);
	ret = ret ? ret : attach_add_nsfds(&a, to->pid, NS_NOPID);
	ret = ret ? ret : attach_call(&a);
	attach_done(&a);
	return ret;
}

static int with_root(pid_t subject, const struct place *to)
{
	return attach_pid_with(subject, to->pid, NS_BASE, NSATTACH_F_ROOT, "/inner", NULL);
}

static int checked(pid_t subject, const struct place *to)
{
	return attach_pid_with(subject, to->pid, NS_BASE, NSATTACH_F_CHECK, NULL, NULL);
}

static int refused(pid_t subject, const struct place *to)
{
	int ret = attach_pid_with(subject, to->pid, NS_BASE, 0, "/missing", NULL);

	return ret == -ENOENT ? 0 : -EINVAL;
}

static int with_user(pid_t subject, const struct place *to)
{
	return attach_pid(subject, to->pid, NS_BASE | CLONE_NEWUSER, NULL);
}

static int with_user_and_back(pid_t subject, const struct place *to)
{
	int ret = with_user(subject, to);

	return ret ? ret : detach_pid(subject, NULL);
}

static int enter_below(struct subject_shared *shared, void *arg)
{
	const struct who root_of_u = { "root of U", U_BASE, USER_U, CAPS_ALL };
	int err = become(&root_of_u, arg);

	(void)shared;
	return err ? err : unshare(CLONE_NEWUSER) ? errno : 0;
}

/* Into one user namespace, and on into one that lies below it. */
static int with_user_twice(pid_t subject, const struct place *to)
{
	struct place users[NR_USERS] = { [USER_U] = *to };
	struct subject_options options = { .threads = 1, .setup = enter_below, .arg = users };
	struct subject below;
	int ret = with_user(subject, to);

	if (subject_start(&below, &options))
		return -EINVAL;
	ret = ret ? ret : attach_pid(subject, below.pid, CLONE_NEWUSER, NULL);
	subject_stop(&below);
	return ret;
}

/* Its threads are switched where they are stopped, there and on the way back. */
static int stopped_and_back(pid_t subject, const struct place *to)
{
	int ret = -ETIME;

	kill(subject, SIGSTOP);
	if (UNTIL(task_state(subject, subject) == 'T'))
		ret = attach_pid(subject, to->pid, NS_BASE, NULL);
	ret = ret ? ret : detach_pid(subject, NULL);
	kill(subject, SIGCONT);
	return ret;
}

/* By one whose pid and pid namespace nobody else has. */
static int by_another(pid_t subject, const struct place *to)
{
	pid_t caller = -1;
	struct attach a;
	int status;

	attach_init(&a);
	if (!attach_add_subject(&a, subject) && !attach_set_target(&a, to->pid, NS_NOPID))
		caller = fork_below();
	if (!caller)
		_exit(-attach_call(&a));
	attach_done(&a);
	return waitpid(caller, &status, 0) == caller ? status : -ECHILD;
}

static int renumbered(pid_t subject, const struct place *to)
{
	return pid_move_works() ? move_pid(subject, to, NS_BASE, 0, NULL) : 0;
}

static int renumbered_and_back(pid_t subject, const struct place *to)
{
	int ret = renumbered(subject, to);

	return ret || !pid_move_works() ? ret : detach_pid(subject, NULL);
}

static const struct {
	const char *name;
	int (*run)(pid_t subject, const struct place *to);
} kinds[] = {
	{ "by files", by_files },
	{ "with root", with_root },
	{ "checked", checked },
	{ "refused", refused },
	{ "fetched", fetched },
	{ "with user", with_user },
	{ "with user and back", with_user_and_back },
	{ "with user twice", with_user_twice },
	{ "stopped and back", stopped_and_back },
	{ "by another", by_another },
	{ "renumbered", renumbered },
	{ "renumbered and back", renumbered_and_back },
};

/* Exactly: one reference too many is one namespace too many. */
TEST_F_TIMEOUT(leak, namespaces_die_after_one_call_of_each_kind, 1200)
{
	const char *kept;
	int ret;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		ASSERT_CLEAN(place_start_mapped(&self->a, 1, NS_BASE | CLONE_NEWUSER, U_BASE));
		ASSERT_CLEAN(subject_start_plain(&self->subject, 4));
		subject_call_begin(&self->subject, read_from_socket);
		ASSERT_TRUE(UNTIL(task_syscall(self->subject.pid, self->subject.pid) == SYS_read));
		ret = kinds[i].run(self->subject.pid, &self->a);
		EXPECT_EQ(0, ret) TH_LOG("%s: %d", kinds[i].name, ret);
		subject_stop(&self->subject);
		place_stop(&self->a);
		kept = budgets_not_back(&self->used);
		ASSERT_EQ(NULL, kept) TH_LOG("%s: %s", kinds[i].name, kept);
	}
}

static int outside;

static long enter_directory(char *text)
{
	(void)text;
	outside = open("/", O_PATH | O_CLOEXEC);
	return chroot(SUBJECT_MOUNT) ? -errno : 0;
}

static long leave_directory(char *text)
{
	(void)text;
	return fchdir(outside) || chroot(".") || close(outside) ? -errno : 0;
}

/*
 * @with: CLONE_* bits of what somebody shares with the subject; @stopped: it is moved so;
 * @rooted: the directory becomes its root, not only its cwd
 */
static void into_and_out(struct __test_metadata *_metadata, FIXTURE_DATA(leak) *self,
			 unsigned long with, bool stopped, bool rooted)
{
	__u32 flags = rooted ? NSATTACH_F_ROOT : 0;
	struct sharer *sharer = sharer_alloc(with);
	struct subject_options options = { .threads = 4, .unshare = NS_NOPID,
					   .setup = setup_sharer, .arg = sharer };
	struct subject target;
	int ret = 0;

	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(subject_start_plain(&target, 2));
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	ASSERT_EQ(0, subject_call(&target, call_mount));
	if (stopped)
		kill(self->subject.pid, SIGSTOP);
	self->b.pid = target.pid;
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, rooted ? subject_call(&target, enter_directory) : 0);
		ASSERT_EQ(0, attach_pid_with(self->subject.pid, self->b.pid, NS_NOPID, flags,
					     rooted ? "/" : SUBJECT_MOUNT, NULL));
		ASSERT_EQ(0, rooted ? subject_call(&target, leave_directory) : 0);
		EXPECT_EQ(-EBUSY, subject_call(&target, call_unmount));
		/* On to another place, back to the first, and by its end. */
		if (i == 0)
			ret = attach_pid_with(self->subject.pid, self->a.pid, NS_NOPID,
					      NSATTACH_F_CHROOTED, NULL, NULL);
		else if (i == 1)
			ret = detach_pid(self->subject.pid, NULL);
		else
			subject_stop(&self->subject);
		EXPECT_EQ(0, ret);
		EXPECT_TRUE(SOON(!subject_call(&target, call_unmount)));
		ASSERT_EQ(0, subject_call(&target, call_mount));
	}
	self->b.pid = 0;
	subject_stop(&target);
	kill(sharer->pid, SIGKILL);
	rmdir(SUBJECT_MOUNT);
}

TEST_F_TIMEOUT(leak, mounts_can_be_taken_away_after_a_move_into_them, 120)
{
	into_and_out(_metadata, self, 0, false, false);
}

TEST_F_TIMEOUT(leak, mounts_can_be_taken_away_after_a_move_of_a_stopped_one, 120)
{
	into_and_out(_metadata, self, 0, true, false);
}

TEST_F_TIMEOUT(leak, mounts_can_be_taken_away_after_a_move_of_one_who_shares_its_cwd, 120)
{
	into_and_out(_metadata, self, CLONE_FS, false, false);
}

TEST_F_TIMEOUT(leak, mounts_can_be_taken_away_after_one_had_them_as_its_root, 120)
{
	into_and_out(_metadata, self, 0, false, true);
}

static long chroot_beside(char *text)
{
	(void)text;
	return chdir(SUBJECT_MOUNT) || chroot("/tmp") ? -errno : 0;
}

TEST_F_TIMEOUT(leak, mounts_can_be_taken_away_after_a_refusal_for_a_chroot, 120)
{
	struct subject_options options = { .threads = 4 };

	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	ASSERT_EQ(0, call_mount(NULL));
	ASSERT_EQ(0, subject_call(&self->subject, chroot_beside));
	EXPECT_EQ(-EXDEV, attach_pid(self->subject.pid, self->a.pid, NS_BASE, NULL));
	subject_stop(&self->subject);
	EXPECT_TRUE(SOON(!call_unmount(NULL)));
	rmdir(SUBJECT_MOUNT);
}

/* What was made for one that shares its root and cwd began as the caller's. */
TEST_F_TIMEOUT(leak, mounts_of_a_caller_can_be_taken_away_after_it_was_refused, 120)
{
	struct subject_options options = { .threads = 4, .setup = setup_sharer,
					   .arg = sharer_alloc(CLONE_FS) };
	pid_t caller;
	int status;

	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	ASSERT_EQ(0, call_mount(NULL));
	caller = fork_child();
	if (!caller)
		_exit(chdir(SUBJECT_MOUNT) ? 255 : -attach_pid_with(self->subject.pid, self->a.pid, NS_BASE,
								NSATTACH_F_WHOLE_TREE, NULL, NULL));
	ASSERT_EQ(caller, waitpid(caller, &status, 0));
	EXPECT_EQ(EAGAIN, WEXITSTATUS(status));
	EXPECT_TRUE(SOON(!call_unmount(NULL)));
	rmdir(SUBJECT_MOUNT);
	kill(((struct sharer *)options.arg)->pid, SIGKILL);
}

TEST_F_TIMEOUT(leak, cgroup_mount_can_be_taken_away_after_a_move_through_it, 120)
{
	struct attach a;
	int top;

	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(subject_start_plain(&self->subject, 4));
	ASSERT_TRUE(!mkdir(SUBJECT_MOUNT, 0755) || errno == EEXIST);
	ASSERT_EQ(0, mount("kept", SUBJECT_MOUNT, "cgroup2", 0, NULL));
	ASSERT_EQ(0, mkdir(SUBJECT_MOUNT "/kept", 0755));
	top = open(SUBJECT_MOUNT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&a, self->a.pid, NS_BASE));
	a.arg.flags = NSATTACH_F_CGROUP;
	a.arg.cgroup = openat(top, "kept", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_ATTACHED(attach_call(&a), a.arg.error);
	close(a.arg.cgroup);
	a.arg.cgroup = top;
	a.arg.namespaces = 0;
	ASSERT_ATTACHED(detach_call(&a), a.arg.error);
	attach_done(&a);
	EXPECT_EQ(0, unlinkat(top, "kept", AT_REMOVEDIR));
	close(top);
	EXPECT_TRUE(SOON(!umount(SUBJECT_MOUNT)));
	rmdir(SUBJECT_MOUNT);
}

TEST_HARNESS_MAIN
