// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * exec of a setuid program against an attach by somebody who may move its user
 * but not root: what has been elevated is not moved any more.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "attach.h"
#include "gate.h"
#include "harness.h"
#include "permission_rule.h"
#include "place.h"
#include "setuid.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

#define PROGRAM "/tmp/nsattach-setuid"
#define SHARED_FD 700

/**
 * struct report - what the setuid program tells
 * @go:		the test lets it exec
 * @started:	it runs
 * @euid:	as whom
 * @uts:	namespace it was in at its very start
 */
struct report {
	uint32_t go;
	uint32_t ready;
	uint32_t started;
	uint32_t euid;
	uint64_t uts;
};

static void tell(uint32_t *word)
{
	SET(*word, 1);
	futex_wake(word);
}

/* Tens of thousands of rounds: no naps. */
static void wait_until_told(uint32_t *word)
{
	while (!GET(*word))
		futex_wait(word, 0);
}

static void __attribute__((constructor)) elevated_main(int argc, char **argv)
{
	struct report *report;

	if (argc != 1 || strcmp(argv[0], "elevated"))
		return;
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED, SHARED_FD, 0);
	if (report == MAP_FAILED)
		_exit(1);
	report->uts = task_ns(getpid(), getpid(), "uts");
	report->euid = geteuid();
	tell(&report->started);
	for (;;)
		pause();
}

static const struct who user = { "user", 1000, USER_INIT, 0 };
static const struct who mover = { "user with sys_admin", 1000, USER_INIT,
				  CAP_BIT(CAP_SYS_ADMIN) };

static int play(struct subject_shared *shared, void *arg)
{
	(void)shared;
	return become(arg, NULL);
}

static int play_in_new_uts(struct subject_shared *shared, void *arg)
{
	return unshare(CLONE_NEWUTS) ? errno : play(shared, arg);
}

/* A process of the user that execs the setuid program as soon as it may. */
static pid_t start_climber(struct report *report)
{
	pid_t pid = fork_child();
	char *argv[] = { (char *)"elevated", NULL };
	char *envp[] = { NULL };

	if (pid)
		return pid;
	if (become(&user, NULL))
		_exit(1);
	tell(&report->ready);
	while (!GET(report->go))
		;
	execve(PROGRAM, argv, envp);
	_exit(1);
}

FIXTURE(elevate)
{
	struct subject caller;
	struct subject target;
	struct report *report;
	struct openness openness;
};

FIXTURE_SETUP(elevate)
{
	struct who mover_copy = mover, user_copy = user;
	struct subject_options caller = { .threads = 1, .setup = play, .arg = &mover_copy };
	struct subject_options target = { .threads = 1, .setup = play_in_new_uts,
					  .arg = &user_copy };
	int fd;

	ASSERT_CLEAN(open_to_users(&self->openness));
	ASSERT_CLEAN(setuid_copy(PROGRAM, 04755));
	fd = memfd_create("report", 0);
	ASSERT_EQ(0, ftruncate(fd, sizeof(*self->report)));
	self->report = mmap(NULL, sizeof(*self->report), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			    0);
	ASSERT_EQ(SHARED_FD, dup2(fd, SHARED_FD));
	ASSERT_CLEAN(subject_start(&self->caller, &caller));
	ASSERT_CLEAN(subject_start(&self->target, &target));
}

FIXTURE_TEARDOWN(elevate)
{
	subject_stop(&self->caller);
	subject_stop(&self->target);
	unlink(PROGRAM);
	close_to_users(&self->openness);
}

TEST_F_TIMEOUT(elevate, setuid_program_is_not_moved_by_who_may_move_only_its_user, 3600)
{
	unsigned long rounds = scaled(80, 50000), before_exec = 0, refused = 0, won = 0;
	struct order *order = (void *)self->caller.shared->text;
	uint64_t there = task_ns(self->target.pid, self->target.pid, "uts");

	for (unsigned long i = 0; i < rounds; i++) {
		pid_t pid;
		long ret;

		memset(self->report, 0, sizeof(*self->report));
		pid = start_climber(self->report);
		wait_until_told(&self->report->ready);
		*order = (struct order){ pid, self->target.pid, CLONE_NEWUTS, { 0 } };
		SET(self->report->go, 1);
		spin(i % 80 * 20000);
		ret = subject_call(&self->caller, carry_out);
		wait_until_told(&self->report->started);
		ASSERT_EQ(0, self->report->euid);
		if (!ret) {
			/* Moved, so it must have been so before it had any power. */
			before_exec++;
			won += self->report->uts != there;
			EXPECT_EQ(there, self->report->uts);
		} else {
			refused += ret == -EPERM;
			ASSERT_TRUE(ret == -EPERM || ret == -EAGAIN)
			{
				TH_LOG("ret %ld, %s", ret, attach_error_text(&order->error));
			}
			EXPECT_NE(there, task_ns(pid, pid, "uts"));
		}
		kill_and_reap(pid);
	}
	figure("exec_race.rounds", (long long)rounds);
	figure("exec_race.moved_before", (long long)before_exec);
	figure("exec_race.refused", (long long)refused);
	figure("exec_race.moved_after_elevation", (long long)won);
	EXPECT_EQ(0, won);
	/* The few rounds of a quick run may all be on one side. */
	if (full_scale()) {
		EXPECT_LT(0, before_exec);
		EXPECT_LT(0, refused);
	}
}

TEST_F_TIMEOUT(elevate, once_elevated_it_is_refused, 240)
{
	struct order *order = (void *)self->caller.shared->text;
	struct snapshot *before;
	pid_t pid = start_climber(self->report);

	SET(self->report->go, 1);
	wait_until_told(&self->report->started);
	before = snapshot_take(pid);
	*order = (struct order){ pid, self->target.pid, CLONE_NEWUTS, { 0 } };
	EXPECT_REFUSED(EPERM, NSATTACH_R_PERM_SUBJECT,
		       (int)subject_call(&self->caller, carry_out), order->error);
	EXPECT_CLEAN(changed_since(before, pid));
	snapshot_free(before);
	kill_and_reap(pid);
}

static const struct who climber = { "user with setuid", 1000, USER_INIT,
				    CAP_BIT(CAP_SETUID) };
static const struct who setuid_mover = { "user with sys_admin and setuid", 1000, USER_INIT,
					 CAP_BIT(CAP_SYS_ADMIN) | CAP_BIT(CAP_SETUID) };

static void body_climb(struct subject_shared *shared, unsigned int index)
{
	/* This thread's ids only. */
	if (index == 1 && (!gate_shut_by(shared, SYS_setresuid, -1) ||
			   syscall(SYS_setresuid, 0, 0, 0)))
		ADD(shared->bad, 1);
	body_wait(shared, index);
}

/* Asked while it is the user's, it comes as root's. */
TEST_F_TIMEOUT(elevate, who_elevates_itself_on_its_way_is_refused, 120)
{
	struct who climber_copy = climber, mover_copy = setuid_mover;
	struct subject_options options = { .threads = 3, .setup = play, .arg = &climber_copy,
					   .body = body_climb };
	struct subject_options caller_options = { .threads = 1, .setup = play,
						  .arg = &mover_copy };
	struct subject subject, caller;
	struct order *order;
	struct gate gate;

	ASSERT_TRUE(module_let_sleep(false));
	ASSERT_CLEAN(subject_start(&caller, &caller_options));
	ASSERT_CLEAN(subject_start(&subject, &options));
	ASSERT_CLEAN(gate_wait_for(&gate, &subject));
	order = (void *)caller.shared->text;
	*order = (struct order){ subject.pid, self->target.pid, CLONE_NEWUTS, { 0 } };
	subject_call_begin(&caller, carry_out);
	ASSERT_TRUE(UNTIL(task_state(subject.pid, subject_tid(&subject, 2)) == 'D'));
	gate_open(&gate);
	EXPECT_REFUSED(EPERM, NSATTACH_R_PERM_SUBJECT, (int)subject_call_end(&caller),
		       order->error);
	ASSERT_TRUE(UNTIL(task_syscall(subject.pid, subject_tid(&subject, 1)) == SYS_futex));
	EXPECT_STREQ("0\t0\t0\t0", task_status(subject.pid, subject_tid(&subject, 1), "Uid"));
	for (unsigned int i = 0; i < 3; i++)
		EXPECT_NE(task_ns(self->target.pid, self->target.pid, "uts"),
			  task_ns(subject.pid, subject_tid(&subject, i), "uts"));
	EXPECT_EQ(0, GET(subject.shared->bad));
	subject_stop(&subject);
	subject_stop(&caller);
	module_let_sleep(true);
}

TEST_HARNESS_MAIN
