// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Into a user namespace: every thread, with ids that are kept or translated,
 * and never with a capability more than before.
 */
#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "attach.h"
#include "harness.h"
#include "permission_rule.h"
#include "place.h"
#include "shared.h"
#include "sharer.h"
#include "snapshot.h"
#include "spy.h"
#include "subject.h"

FIXTURE(user)
{
	/* U and V; the first one is not used. */
	struct place places[NR_USERS];
	struct subject subject;
	struct snapshot *before;
	struct nsattach_query query;
};

FIXTURE_SETUP(user)
{
	ASSERT_LE(0, device_fd());
	ASSERT_EQ(0, attach_query(&self->query));
	ASSERT_CLEAN(place_start_mapped(&self->places[USER_U], 1, NS_BASE | CLONE_NEWUSER, U_BASE));
	ASSERT_CLEAN(place_start_mapped(&self->places[USER_V], 2, NS_BASE | CLONE_NEWUSER, V_BASE));
	if (!(self->query.namespaces & CLONE_NEWUSER))
		SKIP(return, "user is not among the namespaces the module attaches");
}

FIXTURE_TEARDOWN(user)
{
	snapshot_free(self->before);
	subject_stop(&self->subject);
	place_stop(&self->places[USER_U]);
	place_stop(&self->places[USER_V]);
}

/* Where become() finds U and V. */
static const struct place *users;

static int play(struct subject_shared *shared, void *arg)
{
	(void)shared;
	return become(arg, users);
}

static const char *start_many(FIXTURE_DATA(user) *self, const struct who *who, unsigned int threads)
{
	struct who copy = *who;
	struct subject_options options = { .threads = threads, .setup = play, .arg = &copy };
	const char *bad = subject_start(&self->subject, &options);

	snapshot_free(self->before);
	self->before = bad ? NULL : snapshot_take(self->subject.pid);
	return bad;
}

static const char *start_as(FIXTURE_DATA(user) *self, const struct who *who)
{
	return start_many(self, who, 5);
}

static int attach_user(FIXTURE_DATA(user) *self, uint64_t mask, unsigned int flags,
		       struct nsattach_error *error)
{
	return attach_pid_with(self->subject.pid, self->places[USER_U].pid, mask, flags, NULL,
			       error);
}

/* Every thread has this line in its status. */
static const char *line_is_not(const struct subject *s, const char *key, const char *value)
{
	static char text[200];

	for (unsigned int i = 0; i < 5; i++) {
		const char *seen = task_status(s->pid, subject_tid(s, i), key);

		snprintf(text, sizeof(text), "thread %u: %s is '%s', not '%s'", i, key, seen, value);
		if (strcmp(seen, value))
			return text;
	}
	return NULL;
}

static const struct who root = { "root", 0, USER_INIT, CAPS_ALL };
static const struct who plain = { "user", 1000, USER_INIT, 0 };
static const struct who unmapped = { "user", 70000, USER_INIT, 0 };

static long own_uid(char *text)
{
	(void)text;
	return getuid();
}

TEST_F(user, every_thread_moves_and_keeps_its_ids)
{
	struct nsattach_error error;

	ASSERT_CLEAN(start_as(self, &plain));
	ASSERT_ATTACHED(attach_user(self, CLONE_NEWUSER, 0, &error), error);
	EXPECT_CLEAN(not_moved(self->before, self->subject.pid, &self->places[USER_U],
			       CLONE_NEWUSER));
	EXPECT_CLEAN(line_is_not(&self->subject, "Uid", "1000\t1000\t1000\t1000"));
	/* Its id has no name inside. */
	EXPECT_EQ(65534, subject_call(&self->subject, own_uid));
}

TEST_F(user, every_thread_moves_with_translated_ids)
{
	struct nsattach_error error;

	ASSERT_CLEAN(start_as(self, &plain));
	ASSERT_ATTACHED(attach_user(self, CLONE_NEWUSER, NSATTACH_F_CREDS_TRANSLATE, &error),
			error);
	EXPECT_CLEAN(not_moved(self->before, self->subject.pid, &self->places[USER_U],
			       CLONE_NEWUSER));
	EXPECT_CLEAN(line_is_not(&self->subject, "Uid", "101000\t101000\t101000\t101000"));
	EXPECT_CLEAN(line_is_not(&self->subject, "Gid", "101000\t101000\t101000\t101000"));
	EXPECT_EQ(1000, subject_call(&self->subject, own_uid));
}

TEST_F(user, together_with_all_others_as_of_a_rootless_container)
{
	struct nsattach_error error;

	ASSERT_CLEAN(start_as(self, &root));
	ASSERT_ATTACHED(attach_user(self, NS_BASE | CLONE_NEWUSER, NSATTACH_F_CREDS_TRANSLATE,
				    &error), error);
	EXPECT_CLEAN(not_moved(self->before, self->subject.pid, &self->places[USER_U],
			       NS_BASE | CLONE_NEWUSER));
	EXPECT_EQ(0, subject_call(&self->subject, own_uid));
	EXPECT_STREQ("place-1", view_get(subject_view(&self->subject), "hostname"));
	EXPECT_STREQ("place-1", view_get(subject_view(&self->subject), "file"));
	EXPECT_STREQ("place-1", view_get(subject_view(&self->subject), "abstract"));
}

TEST_F(user, nobody_gains_a_capability)
{
	struct nsattach_error error;

	ASSERT_CLEAN(start_as(self, &plain));
	ASSERT_ATTACHED(attach_user(self, CLONE_NEWUSER, NSATTACH_F_CREDS_TRANSLATE, &error),
			error);
	EXPECT_CLEAN(line_is_not(&self->subject, "CapPrm", "0000000000000000"));
	EXPECT_CLEAN(line_is_not(&self->subject, "CapEff", "0000000000000000"));
	EXPECT_CLEAN(line_is_not(&self->subject, "CapAmb", "0000000000000000"));
}

static long set_host_name(char *text)
{
	(void)text;
	return sethostname("mine", 4) ? errno : 0;
}

/* Root outside keeps its sets, which from now on count inside only. */
TEST_F(user, capabilities_of_root_count_inside_only)
{
	struct nsattach_error error;
	char caps[32];

	ASSERT_CLEAN(start_as(self, &root));
	snprintf(caps, sizeof(caps), "%s",
		 task_status(self->subject.pid, self->subject.pid, "CapPrm"));
	ASSERT_ATTACHED(attach_user(self, CLONE_NEWUSER, 0, &error), error);
	EXPECT_CLEAN(line_is_not(&self->subject, "CapPrm", caps));
	/* The uts namespace it is still in belongs to the first user namespace. */
	EXPECT_EQ(EPERM, subject_call(&self->subject, set_host_name));
}

static int confine(struct subject_shared *shared, void *arg)
{
	(void)shared;
	(void)arg;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return errno;
	for (int cap = 0; cap < 20; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
			return errno;
	return 0;
}

TEST_F(user, bounding_set_and_no_new_privs_stay)
{
	struct subject_options options = { .threads = 5, .setup = confine };
	struct nsattach_error error;
	char bounds[32];

	ASSERT_CLEAN(subject_start(&self->subject, &options));
	snprintf(bounds, sizeof(bounds), "%s",
		 task_status(self->subject.pid, self->subject.pid, "CapBnd"));
	ASSERT_ATTACHED(attach_user(self, CLONE_NEWUSER, 0, &error), error);
	EXPECT_CLEAN(line_is_not(&self->subject, "NoNewPrivs", "1"));
	EXPECT_CLEAN(line_is_not(&self->subject, "CapBnd", bounds));
}

TEST_F(user, id_without_a_mapping_is_eoverflow_when_translated)
{
	struct nsattach_error error;

	ASSERT_CLEAN(start_as(self, &unmapped));
	EXPECT_REFUSED(EOVERFLOW, NSATTACH_R_ID_UNMAPPED,
		       attach_user(self, CLONE_NEWUSER, NSATTACH_F_CREDS_TRANSLATE, &error),
		       error);
	EXPECT_EQ((__u32)CLONE_NEWUSER, error.ns);
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
}

static const gid_t some_groups[] = { 20, 1005 };

static int play_with_groups(struct subject_shared *shared, void *arg)
{
	(void)shared;
	return setgroups(2, arg) ? errno : 0;
}

TEST_F(user, supplementary_groups_are_translated_too)
{
	struct subject_options options = { .threads = 5, .setup = play_with_groups,
					   .arg = (void *)some_groups };
	gid_t foreign[] = { 20, 70000 };
	struct nsattach_error error;

	ASSERT_CLEAN(subject_start(&self->subject, &options));
	ASSERT_ATTACHED(attach_user(self, CLONE_NEWUSER, NSATTACH_F_CREDS_TRANSLATE, &error),
			error);
	EXPECT_CLEAN(line_is_not(&self->subject, "Groups", "100020 101005 "));
	subject_stop(&self->subject);

	options.arg = foreign;
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	EXPECT_REFUSED(EOVERFLOW, NSATTACH_R_ID_UNMAPPED,
		       attach_user(self, CLONE_NEWUSER, NSATTACH_F_CREDS_TRANSLATE, &error),
		       error);
	EXPECT_CLEAN(line_is_not(&self->subject, "Groups", "20 70000 "));
}

static bool write_map(pid_t pid, const char *name, const char *map)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return write_file(path, map);
}

/* The kernel finds them in order only. */
TEST_F(user, groups_that_change_their_order_are_sorted)
{
	struct subject_options options = { .threads = 5, .setup = play_with_groups,
					   .arg = (void *)some_groups };
	struct subject_options crossed = { .threads = 1, .unshare = CLONE_NEWUSER };
	struct nsattach_error error;
	struct subject target;

	ASSERT_CLEAN(subject_start(&target, &crossed));
	ASSERT_TRUE(write_map(target.pid, "uid_map", "0 100000 65536"));
	ASSERT_TRUE(write_map(target.pid, "gid_map", "0 201000 1000\n1000 200000 1000"));
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	ASSERT_ATTACHED(attach_pid_with(self->subject.pid, target.pid, CLONE_NEWUSER,
					NSATTACH_F_CREDS_TRANSLATE, NULL, &error), error);
	EXPECT_CLEAN(line_is_not(&self->subject, "Groups", "200005 201020 "));
	subject_stop(&target);
}

static long keyring(char *text)
{
	return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, atoi(text), 1);
}

static long keyring_of_requests(char *text)
{
	(void)text;
	return syscall(SYS_keyctl, KEYCTL_SET_REQKEY_KEYRING, KEY_REQKEY_DEFL_NO_CHANGE);
}

static int play_with_session(struct subject_shared *shared, void *arg)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "nsattach-test") < 0 ||
	    syscall(SYS_keyctl, KEYCTL_SET_REQKEY_KEYRING, KEY_REQKEY_DEFL_PROCESS_KEYRING) < 0)
		return errno;
	return play(shared, arg);
}

TEST_F(user, keyrings_stay)
{
	static const int rings[] = { KEY_SPEC_THREAD_KEYRING, KEY_SPEC_PROCESS_KEYRING,
				     KEY_SPEC_SESSION_KEYRING };
	struct who copy = plain;
	struct subject_options options = { .threads = 5, .setup = play_with_session,
					   .arg = &copy };
	struct nsattach_error error;
	long serial[3];

	ASSERT_CLEAN(subject_start(&self->subject, &options));
	for (int i = 0; i < 3; i++) {
		snprintf(self->subject.shared->text, 16, "%d", rings[i]);
		serial[i] = subject_call(&self->subject, keyring);
		ASSERT_LT(0, serial[i]);
	}
	ASSERT_ATTACHED(attach_user(self, CLONE_NEWUSER, 0, &error), error);
	for (int i = 0; i < 3; i++) {
		snprintf(self->subject.shared->text, 16, "%d", rings[i]);
		EXPECT_EQ(serial[i], subject_call(&self->subject, keyring));
	}
	EXPECT_EQ(KEY_REQKEY_DEFL_PROCESS_KEYRING,
		  subject_call(&self->subject, keyring_of_requests));
}

TEST_F(user, same_one_again_is_einval)
{
	struct nsattach_error error;
	struct snapshot *now;

	ASSERT_CLEAN(start_as(self, &plain));
	ASSERT_ATTACHED(attach_user(self, CLONE_NEWUSER, 0, &error), error);
	now = snapshot_take(self->subject.pid);
	EXPECT_REFUSED(EINVAL, NSATTACH_R_USER_SAME, attach_user(self, CLONE_NEWUSER, 0, &error),
		       error);
	EXPECT_CLEAN(changed_since(now, self->subject.pid));
	snapshot_free(now);
}

TEST_F(user, one_that_is_not_below_is_einval)
{
	struct nsattach_error error;
	struct snapshot *now;

	ASSERT_CLEAN(start_as(self, &plain));
	ASSERT_ATTACHED(attach_user(self, CLONE_NEWUSER, 0, &error), error);
	now = snapshot_take(self->subject.pid);
	EXPECT_REFUSED(EINVAL, NSATTACH_R_USER_NOT_BELOW,
		       attach_pid(self->subject.pid, self->places[USER_V].pid, CLONE_NEWUSER,
				  &error), error);
	EXPECT_REFUSED(EINVAL, NSATTACH_R_USER_NOT_BELOW,
		       attach_pid(self->subject.pid, getpid(), CLONE_NEWUSER, &error), error);
	EXPECT_CLEAN(changed_since(now, self->subject.pid));
	snapshot_free(now);
}

TEST_F(user, detach_gives_the_credentials_back)
{
	struct nsattach_error error;
	struct attach a;

	if (!(self->query.features & NSATTACH_FEAT_DETACH))
		SKIP(return, "NSATTACH_FEAT_DETACH is not among the module's features");
	ASSERT_CLEAN(start_as(self, &root));
	ASSERT_ATTACHED(attach_user(self, NS_BASE | CLONE_NEWUSER, NSATTACH_F_CREDS_TRANSLATE,
				    &error), error);
	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, detach_call(&a));
	attach_done(&a);
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
	EXPECT_EQ(0, subject_call(&self->subject, set_host_name));
}

/* Each has credentials of its own, and all the same rights. */
static void body_own_cred(struct subject_shared *shared, unsigned int index)
{
	body_end(shared, index, !(prctl(PR_SET_KEEPCAPS, index % 2)));
}

static long undump(char *text)
{
	(void)text;
	return prctl(PR_SET_DUMPABLE, 0);
}

static long dumpable(char *text)
{
	(void)text;
	return prctl(PR_GET_DUMPABLE);
}

TEST_F(user, detach_makes_it_readable_as_it_was)
{
	struct subject_options options = { .threads = 8, .body = body_own_cred };
	struct nsattach_error error;
	char path[64], filter[16];

	ASSERT_CLEAN(subject_start(&self->subject, &options));
	ASSERT_TRUE(UNTIL(GET(self->subject.shared->rounds) == 7));
	/* What else is kept with it: what a core shall have in it. */
	snprintf(path, sizeof(path), "/proc/%d/coredump_filter", self->subject.pid);
	ASSERT_TRUE(write_file(path, "0x7f"));
	ASSERT_EQ(0, GET(self->subject.shared->bad));
	for (int before = 1; before >= 0; before--) {
		for (int stopped = 0; stopped < 2; stopped++) {
			pid_t pid = self->subject.pid;

			if (stopped) {
				ASSERT_EQ(0, kill(pid, SIGSTOP));
				ASSERT_TRUE(UNTIL(subject_threads_in(&self->subject, 8, 'T') == 8));
			}
			ASSERT_ATTACHED(attach_user(self, CLONE_NEWUSER, 0, &error), error);
			ASSERT_ATTACHED(detach_pid(pid, &error), error);
			if (stopped)
				ASSERT_EQ(0, kill(pid, SIGCONT));
			EXPECT_EQ(before, subject_call(&self->subject, dumpable));
			ASSERT_ATTACHED(attach_user(self, CLONE_NEWUSER, 0, &error), error);
			EXPECT_EQ(0, subject_call(&self->subject, dumpable));
			EXPECT_STREQ("0000007f\n", read_at(AT_FDCWD, path, filter, sizeof(filter)));
			ASSERT_ATTACHED(detach_pid(pid, &error), error);
			EXPECT_EQ(before, subject_call(&self->subject, dumpable));
		}
		EXPECT_EQ(0, subject_call(&self->subject, undump));
	}
}

/* One thread is somebody else: the bare call changes only its caller. */
static void body_other(struct subject_shared *shared, unsigned int index)
{
	body_end(shared, index, !(index == 2 && syscall(SYS_setresuid, 2000, 2000, 2000)));
}

TEST_F(user, threads_with_different_ids_are_translated_one_by_one)
{
	struct subject_options options = { .threads = 5, .body = body_other };
	struct nsattach_error error;

	ASSERT_CLEAN(subject_start(&self->subject, &options));
	ASSERT_TRUE(UNTIL(GET(self->subject.shared->rounds) == 4));
	ASSERT_EQ(0, GET(self->subject.shared->bad));
	self->before = snapshot_take(self->subject.pid);
	ASSERT_ATTACHED(attach_user(self, CLONE_NEWUSER, NSATTACH_F_CREDS_TRANSLATE, &error),
			error);
	EXPECT_CLEAN(not_moved(self->before, self->subject.pid, &self->places[USER_U],
			       CLONE_NEWUSER));
	EXPECT_STREQ("102000\t102000\t102000\t102000",
		     task_status(self->subject.pid, subject_tid(&self->subject, 2), "Uid"));
	EXPECT_STREQ("100000\t100000\t100000\t100000",
		     task_status(self->subject.pid, subject_tid(&self->subject, 3), "Uid"));
}

/* Root and cwd are never shared across user namespaces; with mnt it gets its own. */
TEST_F(user, foreign_process_that_shares_root_and_cwd_is_ebusy)
{
	struct subject_options options = { .threads = 3, .setup = setup_sharer, .arg = sharer_alloc(CLONE_FS) };
	const struct sharer *sharer = options.arg;
	struct snapshot *foreign;
	struct nsattach_error error;

	ASSERT_CLEAN(subject_start(&self->subject, &options));
	self->before = snapshot_take(self->subject.pid);
	foreign = snapshot_take(sharer->pid);
	EXPECT_REFUSED(EBUSY, NSATTACH_R_FS_SHARED,
		       attach_user(self, CLONE_NEWUSER, NSATTACH_F_CHECK, &error), error);
	EXPECT_EQ(sharer->pid, error.tid);
	EXPECT_REFUSED(EBUSY, NSATTACH_R_FS_SHARED, attach_user(self, CLONE_NEWUSER, 0, &error),
		       error);
	EXPECT_EQ(sharer->pid, error.tid);
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
	ASSERT_ATTACHED(attach_user(self, CLONE_NEWUSER | CLONE_NEWNS, 0, &error), error);
	EXPECT_CLEAN(not_moved(self->before, self->subject.pid, &self->places[USER_U],
			       CLONE_NEWUSER | CLONE_NEWNS));
	EXPECT_CLEAN(changed_since(foreign, sharer->pid));
	kill(sharer->pid, SIGKILL);
	snapshot_free(foreign);
}

static int both_to_u(FIXTURE_DATA(user) *self, struct attach *both, pid_t other)
{
	attach_init(both);
	attach_add_subject(both, self->subject.pid);
	attach_add_subject(both, other);
	attach_set_target(both, self->places[USER_U].pid, CLONE_NEWUSER);
	return attach_call(both);
}

/* What is opened for one of them is open for the other, who may still be inside. */
TEST_F(user, foreign_process_that_shares_memory_is_ebusy)
{
	struct subject_options options = { .threads = 3, .setup = setup_sharer, .arg = sharer_alloc(CLONE_VM) };
	const struct sharer *sharer = options.arg;
	struct nsattach_error error;
	struct attach both;

	ASSERT_CLEAN(subject_start(&self->subject, &options));
	self->before = snapshot_take(self->subject.pid);
	EXPECT_REFUSED(EBUSY, NSATTACH_R_MM_SHARED,
		       attach_user(self, CLONE_NEWUSER, NSATTACH_F_CHECK, &error), error);
	EXPECT_EQ(sharer->pid, error.tid);
	EXPECT_REFUSED(EBUSY, NSATTACH_R_MM_SHARED, attach_user(self, CLONE_NEWUSER, 0, &error),
		       error);
	EXPECT_EQ(sharer->pid, error.tid);
	EXPECT_EQ((__u32)CLONE_NEWUSER, error.ns);
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
	ASSERT_ATTACHED(both_to_u(self, &both, sharer->pid), both.arg.error);
	EXPECT_EQ(0, subject_call(&self->subject, dumpable));
	EXPECT_REFUSED(EBUSY, NSATTACH_R_MM_SHARED, detach_pid(self->subject.pid, &error), error);
	EXPECT_EQ(0, subject_call(&self->subject, dumpable));
	both.arg.namespaces = both.arg.target = 0;
	ASSERT_ATTACHED(detach_call(&both), both.arg.error);
	EXPECT_EQ(1, subject_call(&self->subject, dumpable));
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
	attach_done(&both);
	kill(sharer->pid, SIGKILL);
}

static long redump(char *text)
{
	(void)text;
	return prctl(PR_SET_DUMPABLE, 1);
}

/* In the middle of the move, after it, and on the way back. */
TEST_F_TIMEOUT(user, root_of_the_container_gets_at_nothing_of_who_comes_in, 600)
{
	static const struct who root_of_u = { "root of U", U_BASE, USER_U, CAPS_ALL };
	unsigned long rounds = scaled(120, 2000);
	struct nsattach_error error;
	struct subject attacker;
	pid_t *tids;
	struct who copy = root_of_u;
	struct subject_options options = { .threads = 1, .setup = play, .arg = &copy };

	spying = shared_alloc(sizeof(*spying));
	/* The more threads, the longer some are on one side and some on the other. */
	ASSERT_CLEAN(start_many(self, &root, 48));
	users = self->places;
	ASSERT_CLEAN(subject_start(&attacker, &options));
	tids = (void *)attacker.shared->text;
	tids[0] = self->subject.pid;
	tids[1] = subject_tid(&self->subject, 47);
	subject_call_begin(&attacker, spy);
	for (unsigned long i = 0; i < rounds; i++) {
		uint64_t mask = i % 2 ? NS_NOPID : NS_NOPID | CLONE_NEWUSER;
		uint32_t tries = GET(spying->tries);

		ASSERT_ATTACHED(attach_user(self, mask, i % 2 ? 0 : NSATTACH_F_CREDS_TRANSLATE,
					    &error), error);
		ASSERT_TRUE(UNTIL(GET(spying->tries) > tries + 1));
		ASSERT_ATTACHED(detach_pid(self->subject.pid, &error), error);
	}
	EXPECT_EQ(0, GET(spying->won));
	figure("entry.moves", (long long)rounds);
	figure("entry.tries", GET(spying->tries));
	figure("entry.won", GET(spying->won));
	/* One that opens itself is got at: the spy is not blind. */
	ASSERT_ATTACHED(attach_user(self, CLONE_NEWUSER, NSATTACH_F_CREDS_TRANSLATE, &error), error);
	EXPECT_EQ(0, subject_call(&self->subject, redump));
	EXPECT_TRUE(UNTIL((GET(spying->won) & SPY_SEES) == SPY_SEES));
	SET(spying->stop, 1);
	EXPECT_EQ(0, subject_call_end(&attacker));
	subject_stop(&attacker);
}

TEST_HARNESS_MAIN
