// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One audit record for every attempt, whatever becomes of it, that tells who
 * wanted to move whom where and what the answer was; and what a move does not
 * touch: everything that confines the subject.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "attach.h"
#include "audit_log.h"
#include "gate.h"
#include "harness.h"
#include "permission_rule.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

#define NS_AUDITED (CLONE_NEWNET | CLONE_NEWUTS)

FIXTURE(audit)
{
	struct place a;
	struct subject subject;
	unsigned int attempts;
	mode_t mode;
	char text[9000];
};

FIXTURE_SETUP(audit)
{
	struct stat st;

	/* Not opened here: callers of their own would inherit it. */
	ASSERT_EQ(0, stat(NSATTACH_DEVICE, &st));
	self->mode = st.st_mode & 07777;
	ASSERT_EQ(0, chmod(NSATTACH_DEVICE, 0666));
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(subject_start_plain(&self->subject, 3));
	ASSERT_CLEAN(audit_log_open());
	audit_log_drop();
}

FIXTURE_TEARDOWN(audit)
{
	audit_log_close();
	subject_stop(&self->subject);
	place_stop(&self->a);
	chmod(NSATTACH_DEVICE, self->mode);
}

/* Exactly one record since the last look, and it says this of the attempt. */
#define EXPECT_RECORD(op, caller, whom, place, mask, why, ret)                              \
	do {                                                                                \
		const char *text_ = self->text;                                             \
		long ret_ = (ret);                                                          \
		EXPECT_EQ(1, audit_log_read(self->text, sizeof(self->text)));               \
		EXPECT_NE(NULL, strstr(text_, "op=nsattach-" op " ")) TH_LOG("%s", text_);  \
		EXPECT_EQ(caller, atoi(audit_field(text_, "pid"))) TH_LOG("%s", text_);     \
		EXPECT_EQ(whom, atoi(audit_field(text_, "subject"))) TH_LOG("%s", text_);   \
		EXPECT_EQ(place, atoi(audit_field(text_, "target"))) TH_LOG("%s", text_);   \
		EXPECT_EQ((uint64_t)(mask), strtoull(audit_field(text_, "ns"), NULL, 16))   \
		{                                                                           \
			TH_LOG("%s", text_);                                                \
		}                                                                           \
		EXPECT_EQ(ret_, atoi(audit_field(text_, "errno"))) TH_LOG("%s", text_);     \
		EXPECT_EQ(why, atoi(audit_field(text_, "reason"))) TH_LOG("%s", text_);     \
		EXPECT_STREQ(ret_ ? "0" : "1", audit_field(text_, "res"));                  \
		self->attempts++;                                                           \
	} while (0)

/* An attempt to attach to @mask or, without, to detach, that is only looked into. */
static void check(struct __test_metadata *_metadata, FIXTURE_DATA(audit) *self, uint64_t mask)
{
	pid_t pid = self->subject.pid;
	struct attach a;

	attach_init(&a);
	a.arg.flags = NSATTACH_F_CHECK;
	ASSERT_EQ(0, attach_add_subject(&a, pid));
	if (mask) {
		ASSERT_EQ(0, attach_set_target(&a, self->a.pid, mask));
		ASSERT_ATTACHED(attach_call(&a), a.arg.error);
		EXPECT_RECORD("check-attach", getpid(), pid, self->a.pid, mask, NSATTACH_R_NONE, 0);
	} else {
		ASSERT_ATTACHED(detach_call(&a), a.arg.error);
		EXPECT_RECORD("check-detach", getpid(), pid, 0, NS_AUDITED, NSATTACH_R_NONE, 0);
	}
	EXPECT_STREQ("0", audit_field(self->text, "threads"));
	attach_done(&a);
}

TEST_F_TIMEOUT(audit, attach_and_detach_are_recorded, 120)
{
	const uint64_t mask = NS_AUDITED;
	struct nsattach_error error;
	pid_t pid = self->subject.pid;

	ASSERT_ATTACHED(attach_pid(pid, self->a.pid, mask, &error), error);
	EXPECT_RECORD("attach", getpid(), pid, self->a.pid, mask, NSATTACH_R_NONE, 0);
	EXPECT_STREQ("3", audit_field(self->text, "threads"));
	EXPECT_STREQ("0", audit_field(self->text, "uid"));
	EXPECT_STREQ("\"audit_test\"", audit_field(self->text, "comm"));
	check(_metadata, self, 0);
	check(_metadata, self, mask);
	ASSERT_ATTACHED(detach_pid(pid, &error), error);
	EXPECT_RECORD("detach", getpid(), pid, 0, mask, NSATTACH_R_NONE, 0);
	EXPECT_EQ(-ENOENT, detach_pid(pid, &error));
	EXPECT_RECORD("detach", getpid(), pid, 0, 0, NSATTACH_R_NOT_ATTACHED, -ENOENT);
}

TEST_F_TIMEOUT(audit, nothing_is_recorded_while_it_is_off, 120)
{
	struct nsattach_error error;
	pid_t pid = self->subject.pid;

	ASSERT_TRUE(audit_log_switch(false));
	ASSERT_ATTACHED(attach_pid(pid, self->a.pid, NS_AUDITED, &error), error);
	ASSERT_TRUE(audit_log_switch(true));
	EXPECT_EQ(0, audit_log_read(self->text, sizeof(self->text))) TH_LOG("%s", self->text);
	ASSERT_ATTACHED(detach_pid(pid, &error), error);
	EXPECT_RECORD("detach", getpid(), pid, 0, NS_AUDITED, NSATTACH_R_NONE, 0);
}

/* By a child that is born in a pid namespace below: the number of the child, or the errno. */
static long attach_from_below(char *text)
{
	struct order *order = (void *)text;
	struct attach a;
	pid_t caller;
	int ret, status;

	attach_init(&a);
	ret = attach_add_subject(&a, order->subject);
	ret = ret ? ret : attach_set_target(&a, order->target, order->namespaces);
	caller = ret ? ret : fork_child();
	if (!caller)
		_exit(-attach_call(&a));
	attach_done(&a);
	if (caller < 0 || waitpid(caller, &status, 0) != caller)
		return caller;
	return status ? -WEXITSTATUS(status) : caller;
}

/* Who reads the records does so outside. */
TEST_F_TIMEOUT(audit, numbers_are_those_of_the_first_pid_namespace, 120)
{
	struct subject_options options = { .threads = 1, .unshare = CLONE_NEWPID };
	struct subject parent;
	struct order *order;
	pid_t child, caller;

	ASSERT_CLEAN(subject_start(&parent, &options));
	/* The first one is the init, which does not move. */
	ASSERT_LT(0, subject_fork(&parent));
	child = subject_fork(&parent);
	ASSERT_LT(0, child);
	order = (void *)parent.shared->text;
	*order = (struct order){ child, self->a.pid, CLONE_NEWUTS, { 0 } };
	caller = (pid_t)subject_call(&parent, attach_from_below);
	ASSERT_LT(0, caller);
	EXPECT_RECORD("attach", caller, child, self->a.pid, CLONE_NEWUTS, NSATTACH_R_NONE, 0);
	subject_stop(&parent);
}

TEST_F_TIMEOUT(audit, refusals_are_recorded, 120)
{
	struct nsattach_error error;
	pid_t pid = self->subject.pid, own;
	struct attach a;
	int status;

	EXPECT_EQ(-EINVAL, attach_pid(2, self->a.pid, CLONE_NEWNET, &error));
	EXPECT_RECORD("attach", getpid(), 2, 0, CLONE_NEWNET, NSATTACH_R_SUBJECT_KTHREAD,
		      -EINVAL);
	EXPECT_EQ(-EBUSY, attach_pid(self->a.pid, pid, CLONE_NEWUTS, &error));
	EXPECT_RECORD("attach", getpid(), self->a.pid, 0, CLONE_NEWUTS, NSATTACH_R_SUBJECT_INIT,
		      -EBUSY);
	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, pid));
	ASSERT_EQ(0, attach_set_target(&a, self->a.pid, NS_BASE));
	a.arg.wd = (uintptr_t)"/missing";
	EXPECT_EQ(-ENOENT, attach_call(&a));
	EXPECT_RECORD("attach", getpid(), pid, self->a.pid, NS_BASE, NSATTACH_R_WD, -ENOENT);
	a.arg.wd = 0;
	own = fork_child();
	if (!own)
		_exit(0);
	ASSERT_EQ(0, waitid(P_PID, (id_t)own, &(siginfo_t){ 0 }, WEXITED | WNOWAIT));
	close(a.subjects[0].pidfd);
	a.subjects[0].pidfd = pidfd_of(own);
	EXPECT_EQ(-ESRCH, attach_call(&a));
	EXPECT_RECORD("attach", getpid(), own, self->a.pid, NS_BASE, NSATTACH_R_SUBJECT_GONE,
		      -ESRCH);
	waitpid(own, &status, 0);
	attach_done(&a);
}

TEST_F_TIMEOUT(audit, set_is_one_attempt_and_each_is_many, 120)
{
	struct subject more[3];
	char pids[128] = "";
	struct attach a;

	attach_init(&a);
	for (int i = 0; i < 3; i++) {
		ASSERT_CLEAN(subject_start_plain(&more[i], 2));
		ASSERT_EQ(0, attach_add_subject(&a, more[i].pid));
		snprintf(pids + strlen(pids), 16, "%s%d", i ? "," : "", more[i].pid);
	}
	ASSERT_EQ(0, attach_set_target(&a, self->a.pid, NS_NOPID));
	ASSERT_ATTACHED(attach_call(&a), a.arg.error);
	EXPECT_RECORD("attach", getpid(), more[0].pid, self->a.pid, NS_NOPID, NSATTACH_R_NONE, 0);
	EXPECT_STREQ("3", audit_field(self->text, "subjects"));
	EXPECT_STREQ(pids, audit_field(self->text, "subject"));
	EXPECT_STREQ("6", audit_field(self->text, "threads"));
	a.arg.flags = NSATTACH_F_EACH;
	ASSERT_ATTACHED(attach_call(&a), a.arg.error);
	EXPECT_EQ(3, audit_log_read(self->text, sizeof(self->text)));
	EXPECT_EQ(more[2].pid, atoi(audit_field(self->text, "subject")));
	attach_done(&a);
	for (int i = 0; i < 3; i++)
		subject_stop(&more[i]);
}

/* Its parent waits for ever, and can only be killed. */
static pid_t start_vfork_parent(void)
{
	pid_t pid = fork_child();

	if (!pid && !vfork()) {
		syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		for (;;)
			syscall(SYS_pause);
	}
	return pid;
}

TEST_F_TIMEOUT(audit, caller_that_is_killed_while_it_waits_is_recorded, 120)
{
	pid_t stuck = start_vfork_parent(), caller;

	ASSERT_TRUE(UNTIL(task_state(stuck, stuck) == 'D'));
	caller = fork_child();
	if (!caller) {
		attach_pid(stuck, self->a.pid, CLONE_NEWUTS, NULL);
		_exit(0);
	}
	ASSERT_TRUE(UNTIL(task_syscall(caller, caller) == SYS_ioctl));
	kill_and_reap(caller);
	EXPECT_RECORD("attach", caller, stuck, self->a.pid, CLONE_NEWUTS, NSATTACH_R_INTERRUPTED,
		      -EINTR);
	kill_and_reap(stuck);
}

static struct {
	pid_t subject;
	pid_t target;
	uint32_t gate;
} *inner;

/* Attaches another, and is held before it does. */
static void body_attach(struct subject_shared *shared, unsigned int index)
{
	if (index == 1) {
		device_fd();
		SET(inner->gate, (uint32_t)gate_shut(SYS_ioctl, -1) + 1);
		if (attach_pid(inner->subject, inner->target, CLONE_NEWUTS, NULL))
			ADD(shared->bad, 1);
		ADD(shared->rounds, 1);
	}
	body_wait(shared, index);
}

/* One that gives way to an attach that wants its caller, and starts over, is one attempt. */
TEST_F_TIMEOUT(audit, attach_that_starts_over_is_recorded_once, 120)
{
	struct subject_options options = { .threads = 3, .body = body_attach };
	struct nsattach_error error;
	struct gate gate;
	struct subject s;
	pid_t outer;
	int status;

	inner = shared_alloc(sizeof(*inner));
	inner->subject = self->subject.pid;
	inner->target = self->a.pid;
	ASSERT_TRUE(module_let_sleep(false));
	ASSERT_CLEAN(subject_start(&s, &options));
	ASSERT_TRUE(UNTIL(GET(inner->gate)));
	ASSERT_CLEAN(gate_wait(&gate, s.pid, (int)GET(inner->gate) - 1));
	audit_log_drop();
	outer = fork_child();
	if (!outer)
		_exit(attach_pid(s.pid, self->a.pid, CLONE_NEWUTS, &error) ? 1 : 0);
	ASSERT_TRUE(UNTIL(task_state(s.pid, subject_tid(&s, 2)) == 'D'));
	gate_open(&gate);
	ASSERT_EQ(outer, waitpid(outer, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_RECORD("attach", outer, s.pid, self->a.pid, CLONE_NEWUTS, NSATTACH_R_NONE, 0);
	ASSERT_CLEAN(gate_wait(&gate, s.pid, (int)GET(inner->gate) - 1));
	gate_open(&gate);
	ASSERT_TRUE(UNTIL(GET(s.shared->rounds)));
	module_let_sleep(true);
	EXPECT_EQ(0, GET(s.shared->bad));
	EXPECT_RECORD("attach", s.pid, inner->subject, inner->target, CLONE_NEWUTS,
		      NSATTACH_R_NONE, 0);
	subject_stop(&s);
}

static const struct who no_admin = { "root without sys_admin", 0, USER_INIT,
				     CAPS_ALL & ~CAP_BIT(CAP_SYS_ADMIN) };
static const struct who user = { "user", 1000, USER_INIT, 0 };

static int play(struct subject_shared *shared, void *arg)
{
	(void)shared;
	return become(arg, NULL);
}

/* A device opened by one and used by another: the file stays open over become(). */
static int play_with_open_device(struct subject_shared *shared, void *arg)
{
	int fd = device_fd();

	return fd < 0 ? errno : play(shared, arg);
}

TEST_F_TIMEOUT(audit, denials_are_recorded, 120)
{
	const struct {
		const struct who *caller;
		int (*setup)(struct subject_shared *shared, void *arg);
		uint32_t reason;
	} cases[] = {
		{ &user, play, NSATTACH_R_PERM_TARGET },
		{ &no_admin, play, NSATTACH_R_PERM_SUBJECT_CAP },
		{ &user, play_with_open_device, NSATTACH_R_PERM_OPENER },
	};
	struct snapshot *before = snapshot_take(self->subject.pid);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct who who = *cases[i].caller;
		struct subject_options options = { .threads = 1, .setup = cases[i].setup,
						   .arg = &who };
		struct subject caller;
		struct order *order;

		ASSERT_CLEAN(subject_start(&caller, &options));
		order = (void *)caller.shared->text;
		*order = (struct order){ self->subject.pid, self->a.pid, CLONE_NEWUTS, { 0 } };
		audit_log_drop();
		EXPECT_REFUSED(EPERM, cases[i].reason, (int)subject_call(&caller, carry_out),
			       order->error);
		EXPECT_RECORD("attach", caller.pid, self->subject.pid, self->a.pid, CLONE_NEWUTS,
			      (int)cases[i].reason, -EPERM);
		EXPECT_EQ((int)who.uid, atoi(audit_field(self->text, "uid")));
		subject_stop(&caller);
	}
	EXPECT_CLEAN(changed_since(before, self->subject.pid));
	snapshot_free(before);
}

TEST_F_TIMEOUT(audit, every_one_of_many_attempts_is_recorded, 240)
{
	unsigned long rounds = scaled(100, 5000);
	unsigned int records = 0;

	for (unsigned long i = 0; i < rounds; i++) {
		struct nsattach_error error;
		int ret = i % 3 == 2 ? detach_pid(self->subject.pid, &error) :
				       attach_pid(self->subject.pid, self->a.pid, CLONE_NEWUTS,
						  &error);

		ASSERT_ATTACHED(ret, error);
		if (i % 50 == 49)
			records += audit_log_read(self->text, sizeof(self->text));
	}
	records += audit_log_read(self->text, sizeof(self->text));
	figure("audit.attempts", (long long)rounds);
	figure("audit.records", records);
	EXPECT_EQ(rounds, records);
}

TEST_HARNESS_MAIN
