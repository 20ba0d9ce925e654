// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Members of a set that share with each other what moves
 */
#include <sched.h>
#include <signal.h>

#include "attach.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "sharer.h"
#include "snapshot.h"
#include "subject.h"

FIXTURE(set_shared)
{
	struct place a;
};

FIXTURE_SETUP(set_shared)
{
	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
}

FIXTURE_TEARDOWN(set_shared)
{
	place_stop(&self->a);
}

/* Two members of the set share one fs_struct: both of them move. */
static void move_sharers(struct __test_metadata *_metadata, FIXTURE_DATA(set_shared) *self,
			 const char *wd, const char *partner_wd)
{
	struct subject_options options = { .threads = 2, .unshare = NS_NOPID, .setup = setup_sharer,
					   .arg = sharer_alloc(CLONE_FS) };
	const struct sharer *partner = options.arg;
	struct snapshot *before, *partner_before;
	struct subject s;
	struct attach a;

	ASSERT_CLEAN(subject_start(&s, &options));
	before = snapshot_take(s.pid);
	partner_before = snapshot_take(partner->pid);
	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, s.pid));
	ASSERT_EQ(0, attach_add_subject(&a, partner->pid));
	ASSERT_EQ(0, attach_set_target(&a, self->a.pid, NS_BASE));
	a.arg.wds = (uintptr_t)a.wds;
	a.wds[0] = (uintptr_t)wd;
	a.wds[1] = (uintptr_t)partner_wd;
	ASSERT_ATTACHED(attach_call(&a), a.arg.error);
	attach_done(&a);
	EXPECT_STREQ(wd ?: "/", task_cwd(s.pid));
	EXPECT_STREQ(partner_wd ?: "/", task_cwd(partner->pid));
	if (!wd)
		EXPECT_CLEAN(not_moved(before, s.pid, &self->a, NS_BASE));
	if (!partner_wd)
		EXPECT_CLEAN(not_moved(partner_before, partner->pid, &self->a, NS_BASE));
	snapshot_free(before);
	snapshot_free(partner_before);
	kill(partner->pid, SIGKILL);
	subject_stop(&s);
}

TEST_F_TIMEOUT(set_shared, members_that_share_root_and_cwd_move_together, 240)
{
	move_sharers(_metadata, self, NULL, NULL);
}

TEST_F_TIMEOUT(set_shared, members_that_share_root_and_cwd_get_one_each, 240)
{
	move_sharers(_metadata, self, "/inner", "/tmp");
	move_sharers(_metadata, self, NULL, "/tmp");
}

/* One lock for the handlers of both. */
TEST_F_TIMEOUT(set_shared, stopped_members_that_share_signal_handlers_move_together, 240)
{
	struct subject_options options = { .threads = 1, .unshare = NS_NOPID, .setup = setup_sharer,
					   .arg = sharer_alloc(CLONE_VM | CLONE_SIGHAND) };
	struct subject s;
	struct attach a;
	pid_t pids[2];

	ASSERT_CLEAN(subject_start(&s, &options));
	pids[0] = s.pid;
	pids[1] = ((struct sharer *)options.arg)->pid;
	attach_init(&a);
	for (int i = 0; i < 2; i++) {
		kill(pids[i], SIGSTOP);
		ASSERT_TRUE(UNTIL(task_state(pids[i], pids[i]) == 'T'));
		ASSERT_EQ(0, attach_add_subject(&a, pids[i]));
	}
	ASSERT_EQ(0, attach_set_target(&a, self->a.pid, NS_BASE));
	ASSERT_ATTACHED(attach_call(&a), a.arg.error);
	for (int i = 0; i < 2; i++) {
		EXPECT_CLEAN(not_in(pids[i], &self->a, NS_BASE));
		EXPECT_EQ('T', task_state(pids[i], pids[i]));
	}
	attach_done(&a);
	kill(pids[1], SIGKILL);
	subject_stop(&s);
}

TEST_HARNESS_MAIN
