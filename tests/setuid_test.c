// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A user who rules over mounts of its own plants setuid programs there, has its
 * processes moved in, and has them exec one: nobody ever gains power outside.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "attach.h"
#include "harness.h"
#include "permission_rule.h"
#include "setuid.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

#define DIR "/tmp/nsattach-setuid"
#define ROOTS DIR "/roots" /* root's setuid program */
#define PLANTED DIR "/run" /* outside a plain program; ROOTS in the mounts of the user */
#define MINE DIR "/mine" /* a file system of the user's, there only */
#define OWN MINE "/run" /* the user's setuid program */
#define SECRET DIR "/secret" /* root alone may read it */

/* What the program ends with: that it ran, was setuid, and had power outside. */
#define RAN 64
#define WAS_SETUID 1
#define HAD_POWER 2

static uint64_t outer_user_ns;

static bool has_caps(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	return syscall(SYS_capget, &header, data) || data[0].effective || data[1].effective;
}

static void __attribute__((constructor)) planted_main(int argc, char **argv)
{
	int code = RAN;
	struct stat st;

	if (argc != 2 || strcmp(argv[0], "planted"))
		return;
	if (!stat("/proc/self/exe", &st) && st.st_mode & S_ISUID)
		code |= WAS_SETUID;
	/* In the outermost user namespace itself any power counts, from below only what works. */
	if (open(SECRET, O_RDONLY) >= 0)
		code |= HAD_POWER;
	if (task_ns(getpid(), getpid(), "user") == strtoull(argv[1], NULL, 10) &&
	    (!geteuid() || has_caps()))
		code |= HAD_POWER;
	_exit(code);
}

/* A child of the subject execs @path; what it ended with, 0 if it could not. */
static long exec_planted(char *path)
{
	char text[32];
	char *argv[] = { (char *)"planted", text, NULL };
	char *envp[] = { NULL };
	int status;
	pid_t pid;

	snprintf(text, sizeof(text), "%llu", (unsigned long long)outer_user_ns);
	pid = fork_child();
	if (!pid) {
		execve(path, argv, envp);
		_exit(0);
	}
	while (waitpid(pid, &status, 0) != pid)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const struct who user = { "user", 1000, USER_INIT, 0 };

static int be_user(struct subject_shared *shared, void *arg)
{
	(void)shared;
	(void)arg;
	return become(&user, NULL);
}

static int plant(void)
{
	if (mount(ROOTS, PLANTED, NULL, MS_BIND, NULL) || mount("mine", MINE, "tmpfs", 0, NULL))
		return errno;
	return setuid_copy(OWN, 04755) ? EIO : 0;
}

/* Root of a user namespace, and of mounts, that it has made itself. */
static int rule_over_mounts(struct subject_shared *shared, void *arg)
{
	int ret = be_user(shared, arg);

	if (ret)
		return ret;
	if (unshare(CLONE_NEWUSER))
		return errno;
	if (!write_file("/proc/self/setgroups", "deny") ||
	    !write_file("/proc/self/uid_map", "0 1000 1") ||
	    !write_file("/proc/self/gid_map", "0 1000 1"))
		return EACCES;
	return unshare(CLONE_NEWNS | CLONE_NEWUTS) ? errno : plant();
}

/* In the user namespace of that one, with the mounts as they are outside. */
static int belong_to(struct subject_shared *shared, void *arg)
{
	const struct subject *ruler = arg;
	int ret = be_user(shared, NULL);

	if (ret)
		return ret;
	if (setns(pidfd_of(ruler->pid), CLONE_NEWUSER) || unshare(CLONE_NEWNS | CLONE_NEWUTS))
		return errno;
	/* Ids that have not changed keep it as it was. */
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) ? errno : 0;
}

FIXTURE(escalation)
{
	struct subject ruler;
	struct subject own;
	struct openness openness;
};

FIXTURE_SETUP(escalation)
{
	struct subject_options ruler = { .threads = 1, .setup = rule_over_mounts };
	struct subject_options own = { .threads = 2, .setup = belong_to, .arg = &self->ruler };

	ASSERT_CLEAN(open_to_users(&self->openness));
	outer_user_ns = task_ns(getpid(), getpid(), "user");
	mkdir(DIR, 0755);
	mkdir(MINE, 0755);
	ASSERT_CLEAN(setuid_copy(ROOTS, 04755));
	ASSERT_CLEAN(setuid_copy(PLANTED, 0755));
	ASSERT_LE(0, open(SECRET, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	ASSERT_CLEAN(subject_start(&self->ruler, &ruler));
	ASSERT_CLEAN(subject_start(&self->own, &own));
}

FIXTURE_TEARDOWN(escalation)
{
	subject_stop(&self->own);
	subject_stop(&self->ruler);
	unlink(ROOTS);
	unlink(PLANTED);
	unlink(SECRET);
	rmdir(MINE);
	rmdir(DIR);
	close_to_users(&self->openness);
}

static int exec_in(struct subject *s, const char *path)
{
	strcpy(s->shared->text, path);
	return (int)subject_call(s, exec_planted);
}

/* Root may do it, and the others would have won that way: the tests can see it. */
TEST_F_TIMEOUT(escalation, is_what_happens_when_root_moves_a_process_there, 240)
{
	struct nsattach_error error;
	struct subject victim;
	struct subject_options options = { .threads = 1, .setup = be_user };

	ASSERT_CLEAN(subject_start(&victim, &options));
	EXPECT_EQ(RAN, exec_in(&victim, PLANTED));
	EXPECT_EQ(0, exec_in(&victim, OWN));
	ASSERT_ATTACHED(attach_pid(victim.pid, self->ruler.pid, CLONE_NEWNS, &error), error);
	EXPECT_EQ(RAN | WAS_SETUID | HAD_POWER, exec_in(&victim, PLANTED));
	/* What belongs to a user namespace that it is not in is never setuid for it. */
	EXPECT_EQ(RAN | WAS_SETUID, exec_in(&victim, OWN));
	subject_stop(&victim);
}

/* Who asks for whom, and what it is told. */
struct attempt {
	struct subject *caller;
	struct subject *subject;
	uint32_t reason;
};

TEST_F_TIMEOUT(escalation, of_a_user_s_own_processes_is_never_won, 3600)
{
	static const uint64_t masks[] = { CLONE_NEWNS, CLONE_NEWNS | CLONE_NEWUSER,
					  CLONE_NEWNS | CLONE_NEWUTS };
	unsigned long tries = scaled(60, 10000), won = 0, moved = 0, planted = 0;
	struct subject victim, user_outside;
	struct subject_options options = { .threads = 1, .setup = be_user };
	const struct attempt attempts[] = {
		/* Its capabilities end at its own user namespace... */
		{ &self->ruler, &victim, NSATTACH_R_PERM_SUBJECT },
		/* ... and from outside it rules over the mounts, but not over the process. */
		{ &user_outside, &victim, NSATTACH_R_PERM_SUBJECT_CAP },
		/* What is in there with it may be moved: no uid of outside is setuid for it. */
		{ &self->ruler, &self->own, NSATTACH_R_NONE },
	};

	ASSERT_CLEAN(subject_start(&victim, &options));
	ASSERT_CLEAN(subject_start(&user_outside, &options));
	for (unsigned long i = 0; i < tries; i++) {
		const struct attempt *a = &attempts[i % ARRAY_SIZE(attempts)];
		uint64_t mask = masks[i / ARRAY_SIZE(attempts) % ARRAY_SIZE(masks)];
		struct order *order = (void *)a->caller->shared->text;
		int ret, code;

		*order = (struct order){ a->subject->pid, self->ruler.pid, mask, { 0 } };
		ret = (int)subject_call(a->caller, carry_out);
		if (a->reason)
			EXPECT_REFUSED(EPERM, a->reason, ret, order->error);
		else if (mask & CLONE_NEWUSER)
			EXPECT_REFUSED(EINVAL, NSATTACH_R_USER_SAME, ret, order->error);
		else
			EXPECT_EQ(0, ret) TH_LOG("%s", attach_error_text(&order->error));
		for (int p = 0; p < 2; p++) {
			code = exec_in(a->subject, p ? OWN : PLANTED);
			won += code < 0 || code & HAD_POWER;
			planted += code == (RAN | WAS_SETUID);
			EXPECT_EQ(ret ? (p ? 0 : RAN) : RAN | WAS_SETUID, code);
		}
		if (ret)
			continue;
		moved++;
		ASSERT_EQ(0, subject_call(a->caller, carry_out_detach));
	}
	figure("setuid_escalation.tries", (long long)tries);
	figure("setuid_escalation.moved", (long long)moved);
	figure("setuid_escalation.planted_run", (long long)planted);
	figure("setuid_escalation.won", (long long)won);
	EXPECT_EQ(0, won);
	EXPECT_LT(0, moved);
	EXPECT_EQ(2 * moved, planted);
	subject_stop(&victim);
	subject_stop(&user_outside);
}

TEST_HARNESS_MAIN
