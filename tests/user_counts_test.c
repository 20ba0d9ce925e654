// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Into a user namespace and back: what a process uses counts for whom it is now
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include "attach.h"
#include "harness.h"
#include "permission_rule.h"
#include "place.h"
#include "shared.h"
#include "subject.h"

FIXTURE(user_counts)
{
	struct place u;
	struct subject subject;
};

FIXTURE_SETUP(user_counts)
{
	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start_mapped(&self->u, 1, CLONE_NEWUSER, U_BASE));
}

FIXTURE_TEARDOWN(user_counts)
{
	subject_stop(&self->subject);
	place_stop(&self->u);
}

static int play(struct subject_shared *shared, void *arg)
{
	(void)shared;
	return become(arg, NULL);
}

static const char *start(struct subject *s, uid_t uid, unsigned int threads)
{
	const struct who who = { "somebody", uid, USER_INIT, 0 };
	struct subject_options options = { .threads = threads, .setup = play, .arg = (void *)&who };

	return subject_start(s, &options);
}

#define WATCHES 40
#define MAX_WATCHES "/proc/sys/fs/epoll/max_user_watches"

static long watch_many(char *text)
{
	int epoll = epoll_create1(0), n = 0;
	struct epoll_event event = { .events = EPOLLIN };

	(void)text;
	while (n < WATCHES && !epoll_ctl(epoll, EPOLL_CTL_ADD, eventfd(0, 0), &event))
		n++;
	return n;
}

static long watches_of(uid_t uid)
{
	struct subject s;
	long n = -1;

	if (!start(&s, uid, 1))
		n = subject_call(&s, watch_many);
	subject_stop(&s);
	return n;
}

TEST_F(user_counts, watches_for_the_translated_user)
{
	struct nsattach_error error;
	char was[32];

	ASSERT_CLEAN(start(&self->subject, 1000, 5));
	ASSERT_ATTACHED(attach_pid_with(self->subject.pid, self->u.pid, CLONE_NEWUSER,
					NSATTACH_F_CREDS_TRANSLATE, NULL, &error), error);
	ASSERT_EQ(WATCHES, subject_call(&self->subject, watch_many));
	read_at(AT_FDCWD, MAX_WATCHES, was, sizeof(was));
	ASSERT_TRUE(write_file(MAX_WATCHES, "60"));
	EXPECT_EQ(WATCHES, watches_of(1000));
	EXPECT_EQ(60 - WATCHES, watches_of(U_BASE + 1000));
	write_file(MAX_WATCHES, was);
}

#define THREADS 20

static long fork_within(char *text)
{
	const rlim_t most = (rlim_t)*(int *)text;
	pid_t pid;

	if (setrlimit(RLIMIT_NPROC, &(struct rlimit){ most, most }))
		return -errno;
	pid = fork_child();
	if (!pid)
		_exit(0);
	kill_and_reap(pid);
	return pid < 0 ? -errno : 0;
}

/* What another process of user 1000, outside, gets when it forks under this limit. */
static long forks_below(int most)
{
	struct subject s;
	long ret = -1;

	if (!start(&s, 1000, 1)) {
		*(int *)s.shared->text = most;
		ret = subject_call(&s, fork_within);
	}
	subject_stop(&s);
	return ret;
}

/* As the caller of setns() and every thread of it does. */
TEST_F(user_counts, threads_where_they_are)
{
	struct nsattach_error error;

	ASSERT_CLEAN(start(&self->subject, 1000, THREADS));
	for (int i = 0; i < 5; i++) {
		ASSERT_EQ(-EAGAIN, forks_below(THREADS));
		ASSERT_EQ(0, forks_below(2 * THREADS));
		ASSERT_ATTACHED(attach_pid(self->subject.pid, self->u.pid, CLONE_NEWUSER, &error),
				error);
		ASSERT_EQ(0, forks_below(THREADS));
		ASSERT_ATTACHED(detach_pid(self->subject.pid, &error), error);
	}
}

TEST_HARNESS_MAIN
