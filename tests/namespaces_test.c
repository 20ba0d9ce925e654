// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which namespaces an attach joins, and that being in one means what it means
 * for a process that called setns(2) itself.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "attach.h"
#include "harness.h"
#include "nstype.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

FIXTURE(namespaces)
{
	struct place a;
	struct place b;
	struct subject subject;
	struct snapshot *before;
};

FIXTURE_SETUP(namespaces)
{
	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(place_start(&self->b, 2, NS_BASE));
	ASSERT_CLEAN(subject_start_plain(&self->subject, 4));
	self->before = snapshot_take(self->subject.pid);
	ASSERT_EQ(4, snapshot_threads(self->before));
}

FIXTURE_TEARDOWN(namespaces)
{
	snapshot_free(self->before);
	subject_stop(&self->subject);
	place_stop(&self->a);
	place_stop(&self->b);
}

/* What can be learnt from inside about each type that was joined. */
static const char *inside_differs(struct subject *s, const struct place *place, uint64_t mask)
{
	const struct {
		uint64_t flag;
		const char *key;
	} facts[] = {
		{ CLONE_NEWUTS, "hostname" }, { CLONE_NEWNS, "file" },
		{ CLONE_NEWNET, "abstract" }, { CLONE_NEWNET, "tcp" },
		{ CLONE_NEWIPC, "shm" },
	};
	static char text[256];
	const char *view = subject_view(s);

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		const char *seen = view_get(view, facts[i].key);
		bool there = !strcmp(seen, place->name);

		snprintf(text, sizeof(text), "%s from inside is '%s'", facts[i].key, seen);
		if (there != !!(mask & facts[i].flag))
			return text;
	}
	if (mask & CLONE_NEWNS && strcmp(view_get(view, "cwd path"), "/"))
		return "the working directory is not /";
	return NULL;
}

static const char *child_not_born_in(struct subject *s, const struct place *place, uint64_t mask)
{
	pid_t child = subject_fork(s);
	const char *bad;

	if (child <= 0)
		return "the subject can not fork";
	bad = not_in(child, place, mask & ~(uint64_t)CLONE_NEWPID);
	if (!bad && mask & CLONE_NEWPID && task_ns(child, child, "pid") != place->ns[NS_PID])
		bad = "the child is not in the target's pid namespace";
	kill(child, SIGKILL);
	return bad;
}

static void moved_is_moved(struct __test_metadata *_metadata, struct subject *s,
			   const struct snapshot *before, const struct place *place,
			   uint64_t mask)
{
	EXPECT_CLEAN(not_moved(before, s->pid, place, mask));
	EXPECT_CLEAN(inside_differs(s, place, mask));
	EXPECT_CLEAN(child_not_born_in(s, place, mask));
}

TEST_F_TIMEOUT(namespaces, query_tells_what_the_kernel_can_do, 120)
{
	struct nsattach_query query;

	ASSERT_EQ(0, attach_query(&query));
	EXPECT_EQ(NSATTACH_ABI_VERSION, query.abi);
	EXPECT_EQ(NS_BASE, query.namespaces & NS_BASE);
	EXPECT_EQ(sizeof(struct nsattach_attach), query.attach_size);
	EXPECT_EQ(NSATTACH_MAX_SUBJECTS, query.max_subjects);
}

TEST_F_TIMEOUT(namespaces, each_alone_by_pidfd_of_the_target, 120)
{
	for (int i = 0; i < NR_BASE; i++) {
		struct nsattach_error error;
		struct subject s;
		struct snapshot *before;

		ASSERT_CLEAN(subject_start_plain(&s, 3));
		before = snapshot_take(s.pid);
		ASSERT_ATTACHED(attach_pid(s.pid, self->a.pid, ns_types[i].flag, &error), error);
		moved_is_moved(_metadata, &s, before, &self->a, ns_types[i].flag);
		snapshot_free(before);
		subject_stop(&s);
	}
}

TEST_F_TIMEOUT(namespaces, each_alone_by_namespace_fd, 120)
{
	for (int i = 0; i < NR_BASE; i++) {
		struct attach a;
		struct subject s;
		struct snapshot *before;

		ASSERT_CLEAN(subject_start_plain(&s, 3));
		before = snapshot_take(s.pid);
		attach_init(&a);
		ASSERT_EQ(0, attach_add_subject(&a, s.pid));
		ASSERT_EQ(0, attach_add_nsfds(&a, self->b.pid, ns_types[i].flag));
		ASSERT_ATTACHED(attach_call(&a), a.arg.error);
		attach_done(&a);
		moved_is_moved(_metadata, &s, before, &self->b, ns_types[i].flag);
		snapshot_free(before);
		subject_stop(&s);
	}
}

TEST_F_TIMEOUT(namespaces, all_together_by_pidfd_of_the_target, 120)
{
	struct nsattach_error error;

	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->a.pid, NS_BASE, &error), error);
	moved_is_moved(_metadata, &self->subject, self->before, &self->a, NS_BASE);
}

TEST_F_TIMEOUT(namespaces, all_together_by_namespace_fds, 120)
{
	struct attach a;

	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, attach_add_nsfds(&a, self->a.pid, NS_BASE));
	ASSERT_ATTACHED(attach_call(&a), a.arg.error);
	attach_done(&a);
	moved_is_moved(_metadata, &self->subject, self->before, &self->a, NS_BASE);
}

/* As many fds as one call takes. */
TEST_F_TIMEOUT(namespaces, one_of_every_type_by_namespace_fds, 120)
{
	const uint64_t all = NS_BASE | CLONE_NEWUSER | CLONE_NEWTIME;
	struct place c;
	struct attach a;

	ASSERT_CLEAN(place_start(&c, 3, all));
	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, attach_add_nsfds(&a, c.pid, all));
	ASSERT_EQ(NSATTACH_MAX_NSFDS, a.arg.nr_nsfds);
	ASSERT_ATTACHED(attach_call(&a), a.arg.error);
	attach_done(&a);
	EXPECT_CLEAN(not_moved(self->before, self->subject.pid, &c, all));
	place_stop(&c);
}

TEST_F_TIMEOUT(namespaces, some_of_the_target_and_some_by_fd, 120)
{
	struct attach a;
	const uint64_t of_a = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWCGROUP;
	const uint64_t of_b = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWPID;
	struct place mixed = self->a;

	mixed.ns[NS_NET] = self->b.ns[NS_NET];
	mixed.ns[NS_IPC] = self->b.ns[NS_IPC];
	mixed.ns[NS_PID] = self->b.ns[NS_PID];
	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&a, self->a.pid, of_a));
	ASSERT_EQ(0, attach_add_nsfds(&a, self->b.pid, of_b));
	ASSERT_ATTACHED(attach_call(&a), a.arg.error);
	attach_done(&a);
	EXPECT_CLEAN(not_moved(self->before, self->subject.pid, &mixed, of_a | of_b));
}

static long bear_children_elsewhere(char *text)
{
	(void)text;
	return unshare(CLONE_NEWPID) ? -errno : 0;
}

/* As by setns(2) with a pidfd: not the one that its children are born into. */
TEST_F_TIMEOUT(namespaces, pid_namespace_of_the_target_is_the_one_that_it_is_in, 120)
{
	struct subject_options options = { .threads = 1 };
	struct nsattach_error error;
	struct subject target;

	ASSERT_CLEAN(subject_start(&target, &options));
	ASSERT_EQ(0, subject_call(&target, bear_children_elsewhere));
	ASSERT_LT(0, subject_fork(&target));
	ASSERT_ATTACHED(attach_pid(self->subject.pid, target.pid, CLONE_NEWPID, &error), error);
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
	subject_stop(&target);
}

TEST_F_TIMEOUT(namespaces, call_reports_threads_rounds_and_result, 120)
{
	struct attach a;
	uint64_t began;

	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&a, self->a.pid, NS_BASE));
	a.subjects[0].result = 77;
	began = now_ns();
	ASSERT_ATTACHED(attach_call(&a), a.arg.error);
	EXPECT_GE(now_ns() - began, a.arg.stall_ns);
	EXPECT_EQ(4, a.arg.nr_threads);
	EXPECT_EQ(4, a.subjects[0].nr_threads);
	EXPECT_EQ(0, a.subjects[0].result);
	EXPECT_LE(1, a.arg.rounds);
	EXPECT_LT(0, a.arg.stall_ns);
	EXPECT_EQ(NSATTACH_R_NONE, a.arg.error.reason);
	attach_done(&a);
}

TEST_F_TIMEOUT(namespaces, same_namespaces_again_succeed, 120)
{
	struct nsattach_error error;

	for (int i = 0; i < 3; i++) {
		ASSERT_ATTACHED(attach_pid(self->subject.pid, self->a.pid, NS_BASE, &error),
				error);
		EXPECT_CLEAN(not_moved(self->before, self->subject.pid, &self->a, NS_BASE));
	}
	EXPECT_CLEAN(inside_differs(&self->subject, &self->a, NS_BASE));
}

TEST_F_TIMEOUT(namespaces, back_and_forth_between_two_sets, 120)
{
	struct nsattach_error error;

	for (unsigned long i = 0; i < scaled(10, 100); i++) {
		const struct place *to = i % 2 ? &self->b : &self->a;

		ASSERT_ATTACHED(attach_pid(self->subject.pid, to->pid, NS_BASE, &error), error);
		ASSERT_CLEAN(not_moved(self->before, self->subject.pid, to, NS_BASE));
		ASSERT_CLEAN(inside_differs(&self->subject, to, NS_BASE));
	}
}

TEST_F_TIMEOUT(namespaces, check_only_moves_nothing, 120)
{
	struct nsattach_query query;
	struct attach a;

	ASSERT_EQ(0, attach_query(&query));
	if (!(query.attach_flags & NSATTACH_F_CHECK))
		SKIP(return, "NSATTACH_F_CHECK is not among the module's features");
	attach_init(&a);
	a.arg.flags = NSATTACH_F_CHECK;
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&a, self->a.pid, NS_BASE));
	ASSERT_ATTACHED(attach_call(&a), a.arg.error);
	EXPECT_LT(0, a.arg.nr_threads);
	EXPECT_EQ(a.arg.nr_threads, a.subjects[0].nr_threads);
	attach_done(&a);
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
}

TEST_F_TIMEOUT(namespaces, working_directory_is_looked_up_inside, 120)
{
	struct attach a;

	attach_init(&a);
	a.arg.wd = (uintptr_t)"/inner";
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&a, self->a.pid, CLONE_NEWNS));
	ASSERT_ATTACHED(attach_call(&a), a.arg.error);
	attach_done(&a);
	EXPECT_STREQ("/inner", view_get(subject_view(&self->subject), "cwd path"));
}

TEST_F_TIMEOUT(namespaces, missing_working_directory_changes_nothing, 120)
{
	struct nsattach_query query;
	struct attach a;

	ASSERT_EQ(0, attach_query(&query));
	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&a, self->a.pid, NS_BASE));
	/* A link that needs no path could lead out of there. */
	a.arg.wd = (uintptr_t)"/proc/1/cwd";
	EXPECT_REFUSED(ELOOP, NSATTACH_R_WD, attach_call(&a), a.arg.error);
	a.arg.wd = (uintptr_t)"/not/inside";
	EXPECT_REFUSED(ENOENT, NSATTACH_R_WD, attach_call(&a), a.arg.error);
	EXPECT_EQ((__u32)CLONE_NEWNS, a.arg.error.ns);
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
	if (query.attach_flags & NSATTACH_F_WD_OPTIONAL) {
		a.arg.flags = NSATTACH_F_WD_OPTIONAL;
		ASSERT_ATTACHED(attach_call(&a), a.arg.error);
		EXPECT_CLEAN(not_moved(self->before, self->subject.pid, &self->a, NS_BASE));
	}
	attach_done(&a);
}

/* It is process 2 of a pid namespace, for the caller, who is its init. */
static int ask_for_second(struct attach *a)
{
	pid_t pid = fork_child();

	if (!pid)
		for (;;)
			pause();
	if (attach_add_subject(a, pid) || attach_call(a) != -ENOENT)
		return 100;
	return a->arg.error.pid;
}

TEST_F_TIMEOUT(namespaces, error_numbers_the_process_as_its_caller_does, 120)
{
	struct attach a;
	pid_t pid;
	int status;

	attach_init(&a);
	a.arg.wd = (uintptr_t)"/missing";
	ASSERT_EQ(0, attach_set_target(&a, self->a.pid, CLONE_NEWNS));
	pid = fork_child();
	if (!pid) {
		pid = unshare(CLONE_NEWPID) ? -1 : fork_child();
		if (!pid)
			_exit(ask_for_second(&a));
		_exit(waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : 101);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(2, WEXITSTATUS(status));
	attach_done(&a);
}

static long into_a_chroot(char *text)
{
	(void)text;
	return mkdir("/tmp/jail", 0755) || chroot("/tmp/jail") || chdir("/") ? errno : 0;
}

/* The directory that is root for @pid, as the outside sees it. */
static ino_t root_of(pid_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	return stat(path, &st) ? 0 : st.st_ino;
}

TEST_F_TIMEOUT(namespaces, root_of_a_chrooted_target_is_taken_on_demand, 120)
{
	struct nsattach_query query;
	struct subject target;
	ino_t outside = root_of(getpid());
	struct attach a;

	ASSERT_EQ(0, attach_query(&query));
	if (!(query.attach_flags & NSATTACH_F_ROOT))
		SKIP(return, "NSATTACH_F_ROOT is not among the module's features");
	rmdir("/tmp/jail");
	ASSERT_CLEAN(subject_start_plain(&target, 1));
	ASSERT_EQ(0, subject_call(&target, into_a_chroot));
	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&a, target.pid, CLONE_NEWNS));
	/* Without the flag it is the root of the mount namespace, as for setns. */
	ASSERT_ATTACHED(attach_call(&a), a.arg.error);
	EXPECT_EQ(outside, root_of(self->subject.pid));
	a.arg.flags = NSATTACH_F_ROOT;
	ASSERT_ATTACHED(attach_call(&a), a.arg.error);
	EXPECT_NE(outside, root_of(self->subject.pid));
	EXPECT_EQ(root_of(target.pid), root_of(self->subject.pid));
	EXPECT_STREQ("/", view_get(subject_view(&self->subject), "cwd path"));
	attach_done(&a);
	subject_stop(&target);
	rmdir("/tmp/jail");
}

TEST_HARNESS_MAIN
