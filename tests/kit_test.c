// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The suites' own instruments, without the module: a place has its facts, a
 * process that joins it by setns(2) sees them, and snapshots see what changes.
 */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include "attach.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

FIXTURE(kit)
{
	struct place place;
	struct subject subject;
};

FIXTURE_SETUP(kit)
{
	ASSERT_CLEAN(place_start(&self->place, 2, NS_BASE));
}

FIXTURE_TEARDOWN(kit)
{
	subject_stop(&self->subject);
	place_stop(&self->place);
}

static int join(struct subject_shared *shared, void *arg)
{
	const struct place *place = arg;

	(void)shared;
	return setns(pidfd_of(place->pid), (int)NS_BASE) ? errno : 0;
}

TEST_F(kit, facts_are_seen_after_setns)
{
	struct subject_options options = { .threads = 1, .setup = join, .arg = &self->place };
	const char *view;

	ASSERT_CLEAN(subject_start(&self->subject, &options));
	EXPECT_CLEAN(not_in(self->subject.pid, &self->place, NS_BASE));
	view = subject_view(&self->subject);
	EXPECT_STREQ("place-2", view_get(view, "hostname"));
	EXPECT_STREQ("place-2", view_get(view, "file"));
	EXPECT_STREQ("place-2", view_get(view, "abstract"));
	EXPECT_STREQ("place-2", view_get(view, "tcp"));
	EXPECT_STREQ("place-2", view_get(view, "shm"));
	EXPECT_STREQ("/", view_get(view, "cwd path"));
	EXPECT_NE(NULL, strstr(view_get(view, "cgroup"), "/..")) TH_LOG("%s", view);
}

TEST_F(kit, facts_are_not_seen_before)
{
	const char *view;

	ASSERT_CLEAN(subject_start_plain(&self->subject, 2));
	EXPECT_NE(NULL, not_in(self->subject.pid, &self->place, NS_BASE));
	view = subject_view(&self->subject);
	EXPECT_STRNE("place-2", view_get(view, "hostname"));
	EXPECT_STREQ("-", view_get(view, "file"));
	EXPECT_STREQ("-", view_get(view, "abstract"));
	EXPECT_STREQ("-", view_get(view, "tcp"));
	EXPECT_STREQ("-", view_get(view, "shm"));
}

static long new_hostname_namespace(char *text)
{
	(void)text;
	return unshare(CLONE_NEWUTS);
}

static long other_directory(char *text)
{
	(void)text;
	return chdir("/proc");
}

static long no_new_privs(char *text)
{
	(void)text;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

TEST_F(kit, snapshots_see_a_single_thread_change)
{
	const subject_fn changes[] = { new_hostname_namespace, other_directory, no_new_privs };
	struct snapshot *before;

	ASSERT_CLEAN(subject_start_plain(&self->subject, 40));
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		before = snapshot_take(self->subject.pid);
		EXPECT_EQ(40, snapshot_threads(before));
		EXPECT_CLEAN(changed_since(before, self->subject.pid));
		ASSERT_EQ(0, subject_call(&self->subject, changes[i]));
		EXPECT_NE(NULL, changed_since(before, self->subject.pid));
		snapshot_free(before);
	}
}

TEST_F(kit, children_of_the_subject_wait)
{
	pid_t child;

	ASSERT_CLEAN(subject_start_plain(&self->subject, 2));
	child = subject_fork(&self->subject);
	ASSERT_LT(0, child);
	EXPECT_EQ(task_ns(self->subject.pid, self->subject.pid, "net"),
		  task_ns(child, child, "net"));
	EXPECT_EQ(0, GET(self->subject.shared->returns));
}

TEST_F(kit, sleeping_threads_tell_their_system_call)
{
	ASSERT_CLEAN(subject_start_plain(&self->subject, 2));
	EXPECT_TRUE(UNTIL(task_syscall(self->subject.pid, subject_tid(&self->subject, 1)) == 202));
	EXPECT_EQ('S', task_state(self->subject.pid, subject_tid(&self->subject, 1)));
}

TEST_HARNESS_MAIN
