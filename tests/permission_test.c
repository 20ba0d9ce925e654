// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who may move whom where: every combination against the rule, which
 * permission_rule.c works out without the kernel.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "attach.h"
#include "harness.h"
#include "permission_rule.h"
#include "pidmove.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

#define WITHOUT(cap) (CAPS_ALL & ~CAP_BIT(cap))

static const struct who callers[] = {
	{ "root", 0, USER_INIT, CAPS_ALL },
	{ "root without sys_admin", 0, USER_INIT, WITHOUT(CAP_SYS_ADMIN) },
	{ "root without sys_ptrace", 0, USER_INIT, WITHOUT(CAP_SYS_PTRACE) },
	{ "root without sys_chroot", 0, USER_INIT, WITHOUT(CAP_SYS_CHROOT) },
	{ "root without net_admin", 0, USER_INIT, WITHOUT(CAP_NET_ADMIN) },
	{ "root without any", 0, USER_INIT, 0 },
	{ "user", 1000, USER_INIT, 0 },
	{ "user with sys_admin", 1000, USER_INIT, CAP_BIT(CAP_SYS_ADMIN) },
	{ "user with sys_admin and sys_ptrace", 1000, USER_INIT,
	  CAP_BIT(CAP_SYS_ADMIN) | CAP_BIT(CAP_SYS_PTRACE) },
	{ "root of U", U_BASE, USER_U, CAPS_ALL },
	{ "root of U without sys_admin", U_BASE, USER_U, WITHOUT(CAP_SYS_ADMIN) },
	{ "root of U without sys_chroot", U_BASE, USER_U, WITHOUT(CAP_SYS_CHROOT) },
	{ "user of U", U_BASE + 1000, USER_U, 0 },
};

static const struct who subjects[] = {
	{ "root", 0, USER_INIT, CAPS_ALL },
	{ "user", 1000, USER_INIT, 0 },
	{ "other user", 2000, USER_INIT, 0 },
	{ "root of U", U_BASE, USER_U, CAPS_ALL },
	{ "user of U", U_BASE + 1000, USER_U, 0 },
	{ "root of V", V_BASE, USER_V, CAPS_ALL },
};

static const struct who targets[NR_USERS] = {
	{ "place of root", 0, USER_INIT, CAPS_ALL },
	{ "place of U", U_BASE, USER_U, CAPS_ALL },
	{ "place of V", V_BASE, USER_V, CAPS_ALL },
};

static const struct who root_of_u = { "root of U", U_BASE, USER_U, CAPS_ALL };

FIXTURE(permission)
{
	struct place places[NR_USERS];
	struct openness openness;
};

FIXTURE_SETUP(permission)
{
	const uid_t bases[NR_USERS] = { 0, U_BASE, V_BASE };

	/* Who can open the device is not what is asked here. */
	ASSERT_CLEAN(open_to_users(&self->openness));
	for (unsigned int i = 0; i < NR_USERS; i++) {
		uint64_t user = i == USER_INIT ? 0 : CLONE_NEWUSER;

		ASSERT_CLEAN(place_start_mapped(&self->places[i], i + 1, NS_BASE | CLONE_NEWTIME | user,
						bases[i]));
	}
}

FIXTURE_TEARDOWN(permission)
{
	for (int i = 0; i < NR_USERS; i++)
		place_stop(&self->places[i]);
	close_to_users(&self->openness);
}

/* An actor is a subject that first becomes somebody. */
struct role {
	const struct who *who;
	const struct place *places;
};

static int play_role(struct subject_shared *shared, void *arg)
{
	const struct role *role = arg;

	(void)shared;
	return become(role->who, role->places);
}

static const char *actor_start(struct subject *s, const struct who *who,
			       const struct place *places, unsigned int threads)
{
	struct role role = { who, places };
	struct subject_options options = { .threads = threads, .setup = play_role, .arg = &role };

	return subject_start(s, &options);
}

/* One cell of the matrix; yields 0, 1 if looser than the rule, -1 if stricter. */
static int judge_cell(struct subject *caller, const struct who *who_calls,
		      const struct subject *subject, const struct who *who_moves,
		      struct snapshot **before, const struct place *place, int user,
		      uint64_t mask, char *what)
{
	struct order *order = (void *)caller->shared->text;
	uint64_t refuses = rule_refuses(who_calls, who_moves, &targets[user], user, mask);
	struct snapshot *after;
	const char *bad;
	long ret;

	*order = (struct order){ subject->pid, place->pid, mask, { 0 } };
	ret = subject_call(caller, carry_out);
	after = snapshot_take(subject->pid);
	bad = ret ? snapshot_differs(*before, after) :
		    snapshot_not_moved(*before, after, place, mask);
	snapshot_free(*before);
	*before = after;
	snprintf(what, 512, "%s moves %s into %s of %s: %ld (%s), rule refuses with %llx: %s",
		 who_calls->name, who_moves->name, ns_mask_name(mask), targets[user].name, ret,
		 attach_error_text(&order->error), (unsigned long long)refuses,
		 bad ? bad : "");
	if (!ret)
		return refuses ? 1 : (bad ? -1 : 0);
	if (bad || ret != (order->error.reason >= NSATTACH_R_USER_SAME ? -EINVAL : -EPERM))
		return -1;
	return refuses & (1ULL << order->error.reason) ? 0 : -1;
}

/* Out of a user namespace again, for the next cell. */
static const char *come_back(struct subject *root, const struct subject *subject,
			     struct snapshot **before)
{
	struct order *order = (void *)root->shared->text;

	*order = (struct order){ .subject = subject->pid };
	if (subject_call(root, carry_out_detach))
		return attach_error_text(&order->error);
	snapshot_free(*before);
	*before = snapshot_take(subject->pid);
	return NULL;
}

TEST_F_TIMEOUT(permission, matrix_is_neither_looser_nor_stricter_than_the_rule, 1200)
{
	unsigned int cells = 0, looser = 0, stricter = 0, allowed = 0, into_user = 0;
	struct subject root;

	ASSERT_CLEAN(actor_start(&root, &callers[0], self->places, 1));
	for (size_t s = 0; s < ARRAY_SIZE(subjects); s++) {
		struct snapshot *before;
		struct subject subject;

		ASSERT_CLEAN(actor_start(&subject, &subjects[s], self->places, 2));
		before = snapshot_take(subject.pid);
		for (size_t c = 0; c < ARRAY_SIZE(callers); c++) {
			struct subject caller;

			ASSERT_CLEAN(actor_start(&caller, &callers[c], self->places, 1));
			for (int t = 0; t < NR_USERS * NS_COUNT; t++) {
				uint64_t mask = ns_types[t % NS_COUNT].flag;
				int user = t / NS_COUNT;
				char what[512];
				int verdict = judge_cell(&caller, &callers[c], &subject,
							 &subjects[s], &before,
							 &self->places[user], user, mask, what);

				EXPECT_EQ(0, verdict) TH_LOG("%s", what);
				cells++;
				looser += verdict > 0;
				stricter += verdict < 0;
				if (rule_refuses(&callers[c], &subjects[s], &targets[user], user, mask))
					continue;
				allowed++;
				if (mask != CLONE_NEWUSER)
					continue;
				into_user++;
				ASSERT_CLEAN(come_back(&root, &subject, &before));
			}
			subject_stop(&caller);
		}
		snapshot_free(before);
		subject_stop(&subject);
	}
	subject_stop(&root);
	EXPECT_LE(300, cells);
	EXPECT_LT(0, into_user);
	figure("permission.cells", cells);
	figure("permission.allowed", allowed);
	figure("permission.allowed_into_user", into_user);
	figure("permission.looser", looser);
	figure("permission.stricter", stricter);
}

static long carry_out_by_fds(char *text)
{
	struct order *order = (void *)text;
	struct attach a;
	int ret;

	attach_init(&a);
	ret = attach_add_subject(&a, order->subject);
	a.nsfds[0] = (int)order->target;
	a.arg.nr_nsfds = 1;
	ret = ret ? ret : attach_call(&a);
	order->error = a.arg.error;
	close(a.subjects[0].pidfd);
	return ret;
}

/* Having the fd of a namespace is not having a right over it. */
TEST_F_TIMEOUT(permission, namespace_fds_need_the_same_rights, 240)
{
	struct role role = { &root_of_u, self->places };
	struct subject_options options = { .threads = 1, .setup = play_role, .arg = &role };
	struct subject caller, subject;
	struct snapshot *before;
	struct order *order;
	int fds[NR_USERS];

	for (int i = 0; i < NR_USERS; i++)
		fds[i] = ns_open(self->places[i].pid, "uts");
	ASSERT_CLEAN(subject_start(&caller, &options));
	ASSERT_CLEAN(actor_start(&subject, &root_of_u, self->places, 2));
	before = snapshot_take(subject.pid);
	order = (void *)caller.shared->text;
	for (int i = 0; i < NR_USERS; i++) {
		*order = (struct order){ subject.pid, fds[i], 0, { 0 } };
		if (i == USER_U) {
			ASSERT_ATTACHED((int)subject_call(&caller, carry_out_by_fds),
					order->error);
			EXPECT_CLEAN(not_moved(before, subject.pid, &self->places[i],
					       CLONE_NEWUTS));
			snapshot_free(before);
			before = snapshot_take(subject.pid);
			continue;
		}
		EXPECT_REFUSED(EPERM, NSATTACH_R_PERM_NS,
			       (int)subject_call(&caller, carry_out_by_fds), order->error);
		EXPECT_EQ((__u32)CLONE_NEWUTS, order->error.ns);
		EXPECT_CLEAN(changed_since(before, subject.pid));
	}
	snapshot_free(before);
	subject_stop(&caller);
	subject_stop(&subject);
}

/* Root of a container must not take its process out into the host again. */
TEST_F_TIMEOUT(permission, detach_needs_rights_over_what_it_goes_back_to, 240)
{
	const struct who root = { "root", 0, USER_INIT, CAPS_ALL };
	const struct who user = { "user", 1000, USER_INIT, 0 };
	const struct who *const less[] = { &root_of_u, &user };
	struct subject caller, subject;
	struct nsattach_error error;
	struct snapshot *before, *moved;
	struct order *order;

	ASSERT_CLEAN(actor_start(&caller, &root, self->places, 1));
	ASSERT_CLEAN(actor_start(&subject, &root_of_u, self->places, 2));
	before = snapshot_take(subject.pid);
	order = (void *)caller.shared->text;
	*order = (struct order){ subject.pid, self->places[USER_U].pid, NS_BASE, { 0 } };
	ASSERT_ATTACHED((int)subject_call(&caller, carry_out), order->error);
	moved = snapshot_take(subject.pid);
	for (size_t i = 0; i < ARRAY_SIZE(less); i++) {
		struct subject weak;
		int ret;

		ASSERT_CLEAN(actor_start(&weak, less[i], self->places, 1));
		order = (void *)weak.shared->text;
		*order = (struct order){ subject.pid, 0, 0, { 0 } };
		ret = (int)subject_call(&weak, carry_out_detach);
		error = order->error;
		EXPECT_EQ(-EPERM, ret) TH_LOG("%s: %s", less[i]->name, attach_error_text(&error));
		EXPECT_CLEAN(changed_since(moved, subject.pid));
		subject_stop(&weak);
	}
	order = (void *)caller.shared->text;
	*order = (struct order){ subject.pid, 0, 0, { 0 } };
	ASSERT_ATTACHED((int)subject_call(&caller, carry_out_detach), order->error);
	EXPECT_CLEAN(changed_since(before, subject.pid));
	snapshot_free(before);
	snapshot_free(moved);
	subject_stop(&caller);
	subject_stop(&subject);
}

static long let_others_look(char *text)
{
	return prctl(PR_SET_DUMPABLE, text[0], 0, 0, 0);
}

/* With user alone nothing else stands in the way of root of the container. */
TEST_F_TIMEOUT(permission, detach_from_a_user_namespace_needs_rights_over_the_one_outside, 240)
{
	const struct who root = { "root", 0, USER_INIT, CAPS_ALL };
	const struct who mapped = { "user", U_BASE + 1000, USER_INIT, 0 };
	struct subject caller, weak, subject;
	struct snapshot *moved;
	struct order *order;

	ASSERT_CLEAN(actor_start(&caller, &root, self->places, 1));
	ASSERT_CLEAN(actor_start(&weak, &root_of_u, self->places, 1));
	ASSERT_CLEAN(actor_start(&subject, &mapped, self->places, 2));
	order = (void *)caller.shared->text;
	*order = (struct order){ subject.pid, self->places[USER_U].pid, CLONE_NEWUSER, { 0 } };
	ASSERT_ATTACHED((int)subject_call(&caller, carry_out), order->error);
	subject.shared->text[0] = 1;
	ASSERT_EQ(0, subject_call(&subject, let_others_look));
	moved = snapshot_take(subject.pid);
	order = (void *)weak.shared->text;
	*order = (struct order){ subject.pid, 0, 0, { 0 } };
	EXPECT_REFUSED(EPERM, NSATTACH_R_PERM_SUBJECT_CAP, (int)subject_call(&weak, carry_out_detach), order->error);
	EXPECT_CLEAN(changed_since(moved, subject.pid));
	subject.shared->text[0] = 0;
	ASSERT_EQ(0, subject_call(&subject, let_others_look));
	order = (void *)caller.shared->text;
	*order = (struct order){ subject.pid, 0, 0, { 0 } };
	ASSERT_ATTACHED((int)subject_call(&caller, carry_out_detach), order->error);
	snapshot_free(moved);
	subject_stop(&caller);
	subject_stop(&weak);
	subject_stop(&subject);
}

static long bear_children_inside(char *text)
{
	return setns(pidfd_of(((const struct order *)text)->target), CLONE_NEWPID);
}

/* Where its children are born decides nothing about itself. */
TEST_F_TIMEOUT(permission, detach_from_a_pid_namespace_needs_rights_over_the_one_outside, 240)
{
	struct subject weak, subject;
	struct snapshot *moved;
	struct order *order;

	/* Before the device is open here, so that it opens its own. */
	ASSERT_CLEAN(actor_start(&weak, &root_of_u, self->places, 1));
	ASSERT_CLEAN(actor_start(&subject, &root_of_u, self->places, 1));
	*(struct order *)subject.shared->text = (struct order){ .target = self->places[USER_U].pid };
	ASSERT_EQ(0, subject_call(&subject, bear_children_inside));
	if (pid_move_works()) {
		ASSERT_EQ(0, move_pid(subject.pid, &self->places[USER_U], CLONE_NEWPID, 0, NULL));
		moved = snapshot_take(subject.pid);
		order = (void *)weak.shared->text;
		*order = (struct order){ .subject = subject.pid };
		EXPECT_REFUSED(EPERM, NSATTACH_R_PERM_NS,
			       (int)subject_call(&weak, carry_out_detach), order->error);
		EXPECT_EQ((__u32)CLONE_NEWPID, order->error.ns);
		EXPECT_CLEAN(changed_since(moved, subject.pid));
		ASSERT_EQ(0, detach_pid(subject.pid, NULL));
		snapshot_free(moved);
	}
	subject_stop(&weak);
	subject_stop(&subject);
	if (!pid_move_works())
		SKIP(return, "this kernel can not move a process into a pid namespace");
}

static void send_fd(int socket, int fd)
{
	char byte = 'x';
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	sendmsg(socket, &msg, 0);
}

static int receive_fd(int socket)
{
	char byte;
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int fd = -1;

	if (recvmsg(socket, &msg, 0) > 0 && CMSG_FIRSTHDR(&msg))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
	return fd;
}

static int passing[2];

static long open_and_send(char *text)
{
	int fd = open(NSATTACH_DEVICE, O_RDWR | O_CLOEXEC);

	(void)text;
	if (fd < 0)
		return -errno;
	send_fd(passing[1], fd);
	return 0;
}

static long carry_out_on_received(char *text)
{
	struct order *order = (void *)text;
	int fd = receive_fd(passing[0]);
	struct attach a;
	int ret;

	attach_init(&a);
	ret = attach_add_subject(&a, order->subject);
	if (!ret)
		ret = attach_set_target(&a, order->target, order->namespaces);
	if (!ret)
		ret = attach_call_on(fd, &a);
	order->error = a.arg.error;
	attach_done(&a);
	close(fd);
	return ret;
}

static long list_on_received(char *text)
{
	struct nsattach_list list = { .size = sizeof(list) };
	int fd = receive_fd(passing[0]);
	long ret = ioctl(fd, NSATTACH_IOC_LIST, &list) ? -errno : 0;

	(void)text;
	close(fd);
	return ret;
}

TEST_F_TIMEOUT(permission, device_opened_by_somebody_else_is_refused, 240)
{
	const struct who root = { "root", 0, USER_INIT, CAPS_ALL };
	const struct who user = { "user", 1000, USER_INIT, 0 };
	const struct who less = { "less", 0, USER_INIT, WITHOUT(CAP_SYS_ADMIN) };
	const struct {
		const struct who *opener, *caller;
		bool allowed;
	} cases[] = {
		{ &root, &root, true },
		{ &user, &root, false },
		{ &less, &root, false },
		{ &root, &user, false },
	};
	struct subject subject;
	struct snapshot *before;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, passing));
	ASSERT_CLEAN(actor_start(&subject, &root, self->places, 2));
	before = snapshot_take(subject.pid);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct subject opener, caller;
		struct order *order;
		int ret;

		ASSERT_CLEAN(actor_start(&opener, cases[i].opener, self->places, 1));
		ASSERT_CLEAN(actor_start(&caller, cases[i].caller, self->places, 1));
		order = (void *)caller.shared->text;
		*order = (struct order){ subject.pid, self->places[0].pid, CLONE_NEWUTS, { 0 } };
		ASSERT_EQ(0, subject_call(&opener, open_and_send));
		ret = (int)subject_call(&caller, carry_out_on_received);
		if (cases[i].allowed) {
			ASSERT_ATTACHED(ret, order->error);
			snapshot_free(before);
			before = snapshot_take(subject.pid);
		} else {
			EXPECT_REFUSED(EPERM, NSATTACH_R_PERM_OPENER, ret, order->error);
			EXPECT_CLEAN(changed_since(before, subject.pid));
		}
		/* Nor does it tell who is attached. */
		ASSERT_EQ(0, subject_call(&opener, open_and_send));
		EXPECT_EQ(cases[i].allowed ? 0 : -EPERM, subject_call(&caller, list_on_received));
		subject_stop(&opener);
		subject_stop(&caller);
	}
	snapshot_free(before);
	subject_stop(&subject);
}

TEST_F_TIMEOUT(permission, yama_has_its_say, 240)
{
	const struct who with_admin = { "user with sys_admin", 1000, USER_INIT,
					CAP_BIT(CAP_SYS_ADMIN) };
	const struct who user = { "user", 1000, USER_INIT, 0 };
	const struct who place_like = { "user's place", 1000, USER_INIT, 0 };
	struct subject caller, subject, target;
	struct snapshot *before;
	struct order *order;

	if (!self->openness.yama[0])
		SKIP(return, "this kernel has no Yama");
	ASSERT_CLEAN(actor_start(&caller, &with_admin, self->places, 1));
	ASSERT_CLEAN(actor_start(&subject, &user, self->places, 2));
	ASSERT_CLEAN(actor_start(&target, &place_like, self->places, 1));
	order = (void *)caller.shared->text;
	*order = (struct order){ subject.pid, target.pid, CLONE_NEWUTS, { 0 } };
	ASSERT_ATTACHED((int)subject_call(&caller, carry_out), order->error);
	ASSERT_TRUE(write_file(YAMA, "1"));
	before = snapshot_take(subject.pid);
	EXPECT_REFUSED(EPERM, NSATTACH_R_PERM_SUBJECT, (int)subject_call(&caller, carry_out),
		       order->error);
	EXPECT_CLEAN(changed_since(before, subject.pid));
	ASSERT_TRUE(write_file(YAMA, "0"));
	snapshot_free(before);
	subject_stop(&caller);
	subject_stop(&subject);
	subject_stop(&target);
}

static long ask_query(char *text)
{
	return attach_query((void *)text);
}

TEST_F_TIMEOUT(permission, query_needs_none, 240)
{
	const struct who user = { "user", 1000, USER_INIT, 0 };
	const struct nsattach_query *query;
	struct subject caller;

	ASSERT_CLEAN(actor_start(&caller, &user, self->places, 1));
	EXPECT_EQ(0, subject_call(&caller, ask_query));
	query = (const void *)caller.shared->text;
	EXPECT_EQ(NSATTACH_ABI_VERSION, query->abi);
	subject_stop(&caller);
}

static long have_own(char *text)
{
	return unshare(*(int *)text) ? -errno : 0;
}

static long detach_two(char *text)
{
	struct order *order = (void *)text;
	const pid_t pids[] = { order->subject, order->target };

	return detach_pids(pids, 2, &order->error);
}

/* What is asked for one is not asked for the other, who never left it. */
TEST_F_TIMEOUT(permission, detach_of_a_set_asks_for_each_what_it_was_moved_out_of, 240)
{
	static const int own[] = { CLONE_NEWNS | CLONE_NEWUTS, CLONE_NEWUTS };
	struct subject caller, subjects[2];
	struct order *order;

	ASSERT_CLEAN(actor_start(&caller, &root_of_u, self->places, 1));
	order = (void *)caller.shared->text;
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		ASSERT_CLEAN(actor_start(&subjects[i], &root_of_u, self->places, 1));
		*(int *)subjects[i].shared->text = own[i];
		ASSERT_EQ(0, subject_call(&subjects[i], have_own));
		*order = (struct order){ subjects[i].pid, self->places[USER_U].pid,
					 i ? CLONE_NEWUTS : CLONE_NEWNS, { 0 } };
		ASSERT_ATTACHED((int)subject_call(&caller, carry_out), order->error);
	}
	*order = (struct order){ subjects[0].pid, subjects[1].pid, 0, { 0 } };
	EXPECT_EQ(0, subject_call(&caller, detach_two))
	{
		TH_LOG("%s", attach_error_text(&order->error));
	}
	subject_stop(&caller);
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++)
		subject_stop(&subjects[i]);
}

TEST_HARNESS_MAIN
