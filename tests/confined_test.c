// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What confines a process goes with it and stays what it was: seccomp, no new
 * privileges, capabilities, Landlock. And a caller that is confined itself does
 * not get out of it by moving somebody else.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "attach.h"
#include "forbid.h"
#include "harness.h"
#include "landlock.h"
#include "permission_rule.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

static int set_nothing(void)
{
	return 0;
}

static int set_no_new_privs(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? errno : 0;
}

/* sethostname() fails with an errno of its own, all else goes through. */
#define FILTERED EXDEV

static int set_seccomp(void)
{
	return forbid(SYS_sethostname, FILTERED);
}

static int set_few_capabilities(void)
{
	const struct who few = { "few", 0, USER_INIT, CAP_BIT(CAP_KILL) | CAP_BIT(CAP_CHOWN) };

	if (prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT, 0, 0, 0) ||
	    prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NO_SETUID_FIXUP, 0, 0, 0))
		return errno;
	return become(&few, NULL);
}

static int set_other_user(void)
{
	const struct who other = { "other", 4711, USER_INIT, 0 };

	return become(&other, NULL);
}

static int set_all(void)
{
	int err = set_seccomp();

	err = err ? err : set_few_capabilities();
	err = err ? err : set_no_new_privs();
	return err || !landlock_works() ? err : landlock_confine();
}

static int set_landlock(void)
{
	return landlock_confine();
}

static const struct confinement {
	const char *name;
	int (*set)(void);
} confinements[] = {
	{ "nothing", set_nothing },
	{ "no_new_privs", set_no_new_privs },
	{ "seccomp", set_seccomp },
	{ "few capabilities", set_few_capabilities },
	{ "another user", set_other_user },
	{ "landlock", set_landlock },
	{ "all", set_all },
};

FIXTURE(confined)
{
	struct place a;
	struct subject subject;
};

FIXTURE_SETUP(confined)
{
	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
}

FIXTURE_TEARDOWN(confined)
{
	subject_stop(&self->subject);
	place_stop(&self->a);
}

static int setup(struct subject_shared *shared, void *arg)
{
	const struct confinement *c = arg;

	(void)shared;
	return c->set();
}

/* Lines that change with time, whatever is done to the process. */
static bool is_volatile(const char *line, size_t len)
{
	static const char *const names[] = { "State:", "Vm", "Rss", "voluntary_ctxt_switches:",
					     "nonvoluntary_ctxt_switches:" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (len > strlen(names[i]) && !strncmp(line, names[i], strlen(names[i])))
			return true;
	return false;
}

/* status, security label, login id and limits of one thread, as one text. */
static void describe(pid_t pid, pid_t tid, char *text, size_t size)
{
	static const char *const files[] = { "status", "attr/current", "loginuid", "sessionid",
					     "limits", "oom_score_adj", "personality" };
	char path[96], buf[8192];
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", pid, tid, files[i]);
		read_at(AT_FDCWD, path, buf, sizeof(buf));
		for (const char *line = buf; *line;) {
			size_t len = strcspn(line, "\n");

			if (!is_volatile(line, len) && used + len + 2 < size)
				used += (size_t)sprintf(text + used, "%.*s\n", (int)len, line);
			line += len + (line[len] == '\n');
		}
	}
}

/* How many lines differ; the first of them in @first. */
static unsigned int differing_lines(const char *before, const char *after, char *first,
				    size_t size)
{
	unsigned int n = 0;

	while (*before || *after) {
		size_t b = strcspn(before, "\n"), a = strcspn(after, "\n");

		if (a != b || memcmp(before, after, a)) {
			if (!n++)
				snprintf(first, size, "'%.*s' became '%.*s'", (int)b, before,
					 (int)a, after);
		}
		before += b + (before[b] == '\n');
		after += a + (after[a] == '\n');
	}
	return n;
}

TEST_F_TIMEOUT(confined, status_and_label_are_the_same_before_and_after, 240)
{
	static char before[2][16384], after[16384];
	unsigned int changed = 0, kinds = 0;
	char first[256];

	for (size_t i = 0; i < ARRAY_SIZE(confinements); i++) {
		struct confinement c = confinements[i];
		struct subject_options options = { .threads = 2, .unshare = NS_NOPID,
						   .setup = setup, .arg = &c };
		struct nsattach_error error;

		if (c.set == set_landlock && !landlock_works())
			continue;
		ASSERT_CLEAN(subject_start(&self->subject, &options));
		for (unsigned int t = 0; t < 2; t++)
			describe(self->subject.pid, subject_tid(&self->subject, t), before[t],
				 sizeof(before[t]));
		ASSERT_NE(NULL, strstr(before[0], "Seccomp:"));
		for (int move = 0; move < 2; move++) {
			int ret = move ? detach_pid(self->subject.pid, &error) :
					 attach_pid(self->subject.pid, self->a.pid, NS_BASE,
						    &error);

			ASSERT_ATTACHED(ret, error);
			for (unsigned int t = 0; t < 2; t++) {
				unsigned int n;

				describe(self->subject.pid, subject_tid(&self->subject, t), after,
					 sizeof(after));
				n = differing_lines(before[t], after, first, sizeof(first));
				changed += n;
				EXPECT_EQ(0, n) TH_LOG("%s: %s", c.name, first);
			}
		}
		subject_stop(&self->subject);
		kinds++;
	}
	figure("confined.kinds", kinds);
	figure("confined.lines_changed", changed);
}

static long try_hostname(char *text)
{
	(void)text;
	return sethostname("mine", 4) ? errno : 0;
}

TEST_F_TIMEOUT(confined, seccomp_filter_goes_on_filtering, 120)
{
	struct confinement c = { "seccomp", set_seccomp };
	struct subject_options options = { .threads = 2, .unshare = NS_NOPID, .setup = setup,
					   .arg = &c };
	struct nsattach_error error;

	ASSERT_CLEAN(subject_start(&self->subject, &options));
	ASSERT_EQ(FILTERED, subject_call(&self->subject, try_hostname));
	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->a.pid, NS_BASE, &error), error);
	EXPECT_EQ(FILTERED, subject_call(&self->subject, try_hostname));
}

#define NEEDS_LANDLOCK()                                                     \
	do {                                                                 \
		if (!landlock_works())                                       \
			SKIP(return, "this kernel does not enforce Landlock"); \
	} while (0)

/* What its domain denies: a file and a directory in the root, and a mount. */
static long try_to_make(char *text)
{
	(void)text;
	if (mkdir("/made", 0755) == 0 || errno != EACCES)
		return 1;
	if (open("/made", O_CREAT | O_WRONLY | O_CLOEXEC, 0644) >= 0 || errno != EACCES)
		return 2;
	if (mount("none", "/tmp", "tmpfs", 0, NULL) == 0 || errno != EPERM)
		return 3;
	return access("/", R_OK) ? 4 : 0;
}

TEST_F_TIMEOUT(confined, landlock_domain_holds_in_the_new_mounts, 120)
{
	struct confinement c = { "landlock", set_landlock };
	struct subject_options options = { .threads = 2, .unshare = NS_NOPID, .setup = setup,
					   .arg = &c };
	struct nsattach_error error;

	NEEDS_LANDLOCK();
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	ASSERT_EQ(0, subject_call(&self->subject, try_to_make));
	ASSERT_ATTACHED(attach_pid(self->subject.pid, self->a.pid, NS_BASE, &error), error);
	EXPECT_EQ(0, subject_call(&self->subject, try_to_make));
	ASSERT_ATTACHED(detach_pid(self->subject.pid, &error), error);
	EXPECT_EQ(0, subject_call(&self->subject, try_to_make));
}

static long confine_now(char *text)
{
	(void)text;
	return landlock_confine();
}

static long fork_into_own_uts(char *text)
{
	pid_t pid = fork_child();

	(void)text;
	if (!pid) {
		if (unshare(CLONE_NEWUTS))
			_exit(1);
		for (;;)
			pause();
	}
	return pid;
}

TEST_F_TIMEOUT(confined, caller_under_landlock_moves_only_what_is_in_its_domain, 120)
{
	struct subject_options options = { .threads = 1 };
	struct snapshot *before;
	struct subject caller;
	struct order *order;
	pid_t inside, target;
	uint64_t home;

	NEEDS_LANDLOCK();
	ASSERT_CLEAN(subject_start_plain(&self->subject, 2));
	ASSERT_CLEAN(subject_start(&caller, &options));
	order = (void *)caller.shared->text;
	before = snapshot_take(self->subject.pid);
	/* Everything, as long as nothing confines it. */
	*order = (struct order){ self->subject.pid, self->a.pid, CLONE_NEWUTS, { 0 } };
	ASSERT_ATTACHED((int)subject_call(&caller, carry_out), order->error);
	ASSERT_ATTACHED(detach_pid(self->subject.pid, &order->error), order->error);

	ASSERT_EQ(0, subject_call(&caller, confine_now));
	EXPECT_REFUSED(EPERM, NSATTACH_R_PERM_TARGET, (int)subject_call(&caller, carry_out),
		       order->error);
	inside = (pid_t)subject_call(&caller, fork_into_own_uts);
	target = (pid_t)subject_call(&caller, fork_into_own_uts);
	ASSERT_LT(0, inside);
	ASSERT_LT(0, target);
	home = task_ns(caller.pid, caller.pid, "uts");
	ASSERT_TRUE(UNTIL(task_ns(target, target, "uts") != home &&
			  task_ns(inside, inside, "uts") != home));
	/* From outside its domain into it, and from inside out: neither. */
	*order = (struct order){ self->subject.pid, target, CLONE_NEWUTS, { 0 } };
	EXPECT_REFUSED(EPERM, NSATTACH_R_PERM_SUBJECT, (int)subject_call(&caller, carry_out),
		       order->error);
	*order = (struct order){ inside, self->a.pid, CLONE_NEWUTS, { 0 } };
	EXPECT_REFUSED(EPERM, NSATTACH_R_PERM_TARGET, (int)subject_call(&caller, carry_out),
		       order->error);
	EXPECT_CLEAN(changed_since(before, self->subject.pid));
	/* Within it: as ever. */
	*order = (struct order){ inside, target, CLONE_NEWUTS, { 0 } };
	ASSERT_ATTACHED((int)subject_call(&caller, carry_out), order->error);
	EXPECT_EQ(task_ns(target, target, "uts"), task_ns(inside, inside, "uts"));
	kill(inside, SIGKILL);
	kill(target, SIGKILL);
	snapshot_free(before);
	subject_stop(&caller);
}

TEST_HARNESS_MAIN
