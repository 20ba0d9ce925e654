// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Back from a user namespace: nobody who stays inside gets hold of who leaves
 */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "attach.h"
#include "harness.h"
#include "permission_rule.h"
#include "place.h"
#include "shared.h"
#include "sharer.h"
#include "snapshot.h"
#include "subject.h"

FIXTURE(user_back)
{
	/* U and V; only U is used. */
	struct place places[NR_USERS];
	struct place other;
	struct subject subject;
	struct subject second;
	struct attach both;
};

FIXTURE_SETUP(user_back)
{
	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start_mapped(&self->places[USER_U], 1, NS_BASE | CLONE_NEWUSER, U_BASE));
}

FIXTURE_TEARDOWN(user_back)
{
	subject_stop(&self->subject);
	subject_stop(&self->second);
	place_stop(&self->other);
	place_stop(&self->places[USER_U]);
}

static const char *start(FIXTURE_DATA(user_back) *self, struct sharer *sharer)
{
	struct subject_options options = { .threads = 3, .setup = sharer ? setup_sharer : NULL, .arg = sharer };

	return subject_start(&self->subject, &options);
}

static int move_to(pid_t pid, const struct place *place, uint64_t mask, unsigned int flags)
{
	return attach_pid_with(pid, place->pid, mask, flags, NULL, NULL);
}

static int move_both(FIXTURE_DATA(user_back) *self, pid_t other)
{
	attach_init(&self->both);
	attach_add_subject(&self->both, self->subject.pid);
	attach_add_subject(&self->both, other);
	attach_set_target(&self->both, self->places[USER_U].pid, CLONE_NEWUSER);
	return attach_call(&self->both);
}

static int detach_both(FIXTURE_DATA(user_back) *self)
{
	self->both.arg.namespaces = self->both.arg.target = 0;
	return detach_call(&self->both);
}

FIXTURE_VARIANT(user_back)
{
	unsigned long flags;
	unsigned int reason;
};

FIXTURE_VARIANT_ADD(user_back, memory) { .flags = CLONE_VM, .reason = NSATTACH_R_MM_SHARED };
FIXTURE_VARIANT_ADD(user_back, root_and_cwd) { .flags = CLONE_FS, .reason = NSATTACH_R_FS_SHARED };

/* Its own record says that it stays where it is: that it is in the set does not help. */
TEST_F(user_back, one_in_the_set_that_shares_and_would_stay_inside_is_ebusy)
{
	struct sharer *sharer = sharer_alloc(variant->flags);

	ASSERT_CLEAN(start(self, sharer));
	ASSERT_ATTACHED(move_both(self, sharer->pid), self->both.arg.error);
	ASSERT_EQ(0, move_to(sharer->pid, &self->places[USER_U], CLONE_NEWUTS, NSATTACH_F_NO_RECORD));
	ASSERT_EQ(0, move_to(sharer->pid, &self->places[USER_U], CLONE_NEWUTS, 0));
	EXPECT_REFUSED(EBUSY, variant->reason, detach_both(self), self->both.arg.error);
	EXPECT_EQ(sharer->pid, self->both.arg.error.tid);
	kill(sharer->pid, SIGKILL);
}

/* What another one of the set changes is no reason to look away. */
TEST_F(user_back, one_outside_of_the_set_that_shares_is_ebusy_whoever_else_is_in_it)
{
	struct sharer *sharer = sharer_alloc(variant->flags);

	ASSERT_CLEAN(start(self, sharer));
	ASSERT_CLEAN(subject_start_plain(&self->second, 2));
	ASSERT_CLEAN(place_start(&self->other, 3, NS_BASE));
	ASSERT_ATTACHED(move_both(self, sharer->pid), self->both.arg.error);
	ASSERT_EQ(0, move_to(self->second.pid, &self->other, NS_BASE, 0));
	attach_done(&self->both);
	attach_init(&self->both);
	ASSERT_EQ(0, attach_add_subject(&self->both, self->subject.pid));
	ASSERT_EQ(0, attach_add_subject(&self->both, self->second.pid));
	EXPECT_REFUSED(EBUSY, variant->reason, detach_both(self), self->both.arg.error);
	EXPECT_EQ(sharer->pid, self->both.arg.error.tid);
	EXPECT_CLEAN(not_in(self->second.pid, &self->other, NS_BASE));
	kill(sharer->pid, SIGKILL);
}

FIXTURE(user_open)
{
	struct place places[NR_USERS];
	struct subject subject;
	struct subject inside;
	struct nsattach_error error;
};

static const struct place *users;

static int play(struct subject_shared *shared, void *arg)
{
	(void)shared;
	return become(arg, users);
}

FIXTURE_SETUP(user_open)
{
	struct who root = { "root of U", U_BASE, USER_U, CAPS_ALL };
	struct subject_options options = { .threads = 1, .setup = play, .arg = &root };

	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start_mapped(&self->places[USER_U], 1, NS_BASE | CLONE_NEWUSER, U_BASE));
	users = self->places;
	ASSERT_CLEAN(subject_start_plain(&self->subject, 3));
	ASSERT_CLEAN(subject_start(&self->inside, &options));
	ASSERT_EQ(0, move_to(self->subject.pid, &self->places[USER_U], CLONE_NEWUSER,
			     NSATTACH_F_CREDS_TRANSLATE));
}

FIXTURE_TEARDOWN(user_open)
{
	subject_stop(&self->subject);
	subject_stop(&self->inside);
	place_stop(&self->places[USER_U]);
}

static long open_up(char *text)
{
	(void)text;
	return prctl(PR_SET_DUMPABLE, 1);
}

static long close_down(char *text)
{
	(void)text;
	return prctl(PR_SET_DUMPABLE, 0);
}

static long seize(char *text)
{
	return ptrace(PTRACE_SEIZE, *(pid_t *)(void *)text, 0, 0) ? -errno : 0;
}

static long let_go(char *text)
{
	pid_t pid = *(pid_t *)(void *)text;

	if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) || waitpid(pid, NULL, __WALL) != pid)
		return -errno;
	return ptrace(PTRACE_DETACH, pid, 0, 0) ? -errno : 0;
}

/* What a call uses of them is not looked at where it sleeps. */
TEST_F(user_open, one_that_gets_other_credentials_is_not_left_asleep)
{
	unsigned long before;

	ASSERT_TRUE(UNTIL(subject_waits(&self->subject)));
	before = subject_switches(&self->subject);
	ASSERT_ATTACHED(detach_pid(self->subject.pid, &self->error), self->error);
	ASSERT_TRUE(UNTIL(subject_waits(&self->subject)));
	EXPECT_LT(before, subject_switches(&self->subject));
}

static void refuse_detach(struct __test_metadata *_metadata, FIXTURE_DATA(user_open) *self)
{
	struct attach check;

	attach_init(&check);
	check.arg.flags = NSATTACH_F_CHECK;
	ASSERT_EQ(0, attach_add_subject(&check, self->subject.pid));
	EXPECT_REFUSED(ESTALE, NSATTACH_R_MOVED_ON, detach_call(&check), check.arg.error);
	attach_done(&check);
	EXPECT_REFUSED(ESTALE, NSATTACH_R_MOVED_ON, detach_pid(self->subject.pid, &self->error),
		       self->error);
}

TEST_F(user_open, one_that_made_itself_dumpable_inside_stays_there)
{
	ASSERT_EQ(0, subject_call(&self->subject, open_up));
	refuse_detach(_metadata, self);
	ASSERT_EQ(0, subject_call(&self->subject, close_down));
	ASSERT_ATTACHED(detach_pid(self->subject.pid, &self->error), self->error);
}

TEST_F(user_open, one_that_is_traced_from_inside_stays_there)
{
	*(pid_t *)(void *)self->inside.shared->text = self->subject.pid;
	ASSERT_EQ(-EPERM, subject_call(&self->inside, seize));
	ASSERT_EQ(0, subject_call(&self->subject, open_up));
	ASSERT_EQ(0, subject_call(&self->inside, seize));
	ASSERT_EQ(0, subject_call(&self->subject, close_down));
	refuse_detach(_metadata, self);
	ASSERT_EQ(0, subject_call(&self->inside, let_go));
	ASSERT_ATTACHED(detach_pid(self->subject.pid, &self->error), self->error);
}

static long end_thread(char *text)
{
	(void)text;
	syscall(SYS_exit, 0);
	return 0;
}

/* On its way out, with the memory that is to be opened again, it is still inside. */
TEST_F_TIMEOUT(user_open, thread_in_its_exit_is_waited_for, 120)
{
	pid_t pid = self->subject.pid;
	int status;

	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT));
	subject_call_begin(&self->subject, end_thread);
	ASSERT_EQ(pid, waitpid(pid, &status, __WALL));
	ASSERT_EQ(PTRACE_EVENT_EXIT, status >> 16);
	EXPECT_REFUSED(EAGAIN, NSATTACH_R_RESTLESS, detach_pid(pid, &self->error), self->error);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
	ASSERT_TRUE(UNTIL(task_state(pid, pid) == 'Z'));
	ASSERT_ATTACHED(detach_pid(pid, &self->error), self->error);
}

TEST_HARNESS_MAIN
