// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A process' number in what reports to a daemon, after a move into a pid namespace:
 * taskstats, autofs, and the diagnostics of unix sockets, which tell no number but
 * count on who owns the socket.
 */
#include <fcntl.h>
#include <linux/auto_fs.h>
#include <linux/genetlink.h>
#include <linux/sock_diag.h>
#include <linux/taskstats.h>
#include <linux/unix_diag.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "harness.h"
#include "pidmove.h"
#include "shared.h"

FIXTURE(kept)
{
	struct place a;
	struct subject subject;
	pid_t taker;
	int nr;
};

FIXTURE_VARIANT(kept)
{
	uint32_t flags;
};

FIXTURE_VARIANT_ADD(kept, same_number) { .flags = 0 };
FIXTURE_VARIANT_ADD(kept, other_number) { .flags = NSATTACH_F_PID_RENUMBER };

FIXTURE_SETUP(kept)
{
	struct nsattach_error error;

	if (!pid_move_works())
		return;
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(subject_start(&self->subject, &(struct subject_options){ .threads = 2 }));
	if (variant->flags)
		self->taker = start_inside(self->a.pid, self->subject.pid);
	ASSERT_LE(0, self->taker);
	ASSERT_ATTACHED(move_pid(self->subject.pid, &self->a, CLONE_NEWPID, variant->flags, &error),
			error);
	self->nr = inner_number(self->subject.pid);
	ASSERT_EQ(!variant->flags, self->subject.pid == self->nr);
}

FIXTURE_TEARDOWN(kept)
{
	if (!self->a.pid)
		return;
	subject_stop(&self->subject);
	kill_and_reap(self->taker);
	place_stop(&self->a);
}

/* A request of generic netlink with one attribute. */
struct request {
	struct nlmsghdr n;
	struct genlmsghdr g;
	struct nlattr a;
	char data[16];
};

/* The payload of attribute @type among those from @a to @end, or NULL. */
static const void *attribute(const char *a, const char *end, uint16_t type)
{
	while (a + sizeof(struct nlattr) <= end) {
		const struct nlattr *attr = (const void *)a;

		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return a + NLA_HDRLEN;
		if (attr->nla_len < NLA_HDRLEN)
			break;
		a += NLA_ALIGN(attr->nla_len);
	}
	return NULL;
}

/* Ask, and yield the attribute @want of the answer. */
static const void *ask(int fd, uint16_t family, uint8_t cmd, uint16_t type, const void *data,
		       uint16_t size, uint16_t want)
{
	static char answer[4096] __attribute__((aligned(8)));
	const struct nlmsghdr *n = (const void *)answer;
	struct request r = {
		.n = { .nlmsg_type = family, .nlmsg_flags = NLM_F_REQUEST },
		.g = { .cmd = cmd, .version = 1 },
		.a = { .nla_type = type, .nla_len = (uint16_t)(NLA_HDRLEN + size) },
	};
	ssize_t got;

	memcpy(r.data, data, size);
	r.n.nlmsg_len = (uint32_t)(offsetof(struct request, data) + NLA_ALIGN(size));
	if (send(fd, &r, r.n.nlmsg_len, 0) < 0)
		return NULL;
	got = recv(fd, answer, sizeof(answer), 0);
	if (got < (ssize_t)NLMSG_HDRLEN || n->nlmsg_type == NLMSG_ERROR)
		return NULL;
	return attribute(answer + NLMSG_HDRLEN + GENL_HDRLEN, answer + got, want);
}

/* The number by which taskstats knows process @pid, or -1. */
static int stats_number(pid_t pid)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC), nr = -1;
	const uint16_t *family = ask(fd, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME,
				     TASKSTATS_GENL_NAME, sizeof(TASKSTATS_GENL_NAME),
				     CTRL_ATTR_FAMILY_ID);
	const char *both = family ? ask(fd, *family, TASKSTATS_CMD_GET, TASKSTATS_CMD_ATTR_PID, &pid,
					sizeof(pid), TASKSTATS_TYPE_AGGR_PID) : NULL;
	const struct taskstats *stats = NULL;

	if (both)
		stats = attribute(both, both + 4096 / 2, TASKSTATS_TYPE_STATS);
	/* The attribute has an alignment of 4, the struct one of 8. */
	if (stats)
		memcpy(&nr, (const char *)stats + offsetof(struct taskstats, ac_pid), sizeof(nr));
	close(fd);
	return nr;
}

static int stats_number_is(void *nr)
{
	return stats_number(*(int *)nr) == *(int *)nr;
}

TEST_F(kept, taskstats_know_both_numbers)
{
	NEEDS_PID_MOVE();
	EXPECT_EQ(self->subject.pid, stats_number(self->subject.pid));
	EXPECT_EQ(1, inside(&self->a, stats_number_is, &self->nr));
	EXPECT_EQ(-1, stats_number(4194303));
}

#define AUTO_DIR "/tmp/auto"

static long call_look_there(char *text)
{
	(void)text;
	return open(AUTO_DIR "/nothing", O_RDONLY | O_CLOEXEC) < 0 ? errno : 0;
}

/* Its daemon lives outside. */
TEST_F(kept, autofs_tells_its_daemon_the_number_outside)
{
	struct autofs_v5_packet packet = { 0 };
	char options[96];
	int requests[2], root;

	NEEDS_PID_MOVE();
	ASSERT_EQ(0, pipe2(requests, O_CLOEXEC));
	mkdir(AUTO_DIR, 0755);
	snprintf(options, sizeof(options), "fd=%d,pgrp=%d,minproto=5,maxproto=5,indirect",
		 requests[1], getpgrp());
	ASSERT_EQ(0, mount("auto", AUTO_DIR, "autofs", 0, options));
	root = open(AUTO_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_LE(0, root);
	subject_call_begin(&self->subject, call_look_there);
	ASSERT_LT(0, read(requests[0], &packet, sizeof(packet)));
	EXPECT_EQ(autofs_ptype_missing_indirect, packet.hdr.type);
	EXPECT_EQ((uint32_t)self->subject.pid, packet.pid);
	EXPECT_EQ((uint32_t)self->subject.pid, packet.tgid);
	EXPECT_EQ(0, ioctl(root, AUTOFS_IOC_FAIL, packet.wait_queue_token));
	EXPECT_EQ(ENOENT, subject_call_end(&self->subject));
	close(root);
	EXPECT_EQ(0, umount2(AUTO_DIR, MNT_DETACH));
	rmdir(AUTO_DIR);
	close(requests[0]);
	close(requests[1]);
}

static long call_unix_socket(char *text)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct stat st;

	(void)text;
	return fd < 0 || fstat(fd, &st) ? -1 : (long)st.st_ino;
}

/* What /proc lists by the number and the diagnostics by the inode is one and the same. */
TEST_F(kept, diagnostics_of_unix_sockets_name_what_its_descriptors_show)
{
	struct {
		struct nlmsghdr n;
		struct unix_diag_req r;
	} request = {
		.n = { .nlmsg_len = sizeof(request), .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		       .nlmsg_flags = NLM_F_REQUEST },
		.r = { .sdiag_family = AF_UNIX, .udiag_states = ~0U,
		       .udiag_cookie = { ~0U, ~0U }, .udiag_show = UDIAG_SHOW_UID },
	};
	char answer[4096] __attribute__((aligned(8))), path[64], name[64] = "";
	const struct nlmsghdr *n = (const void *)answer;
	const struct unix_diag_msg *msg = NLMSG_DATA(n);
	bool found = false;
	long ino;
	int fd;

	NEEDS_PID_MOVE();
	ino = subject_call(&self->subject, call_unix_socket);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	ASSERT_LT(0, ino);
	request.r.udiag_ino = (uint32_t)ino;
	ASSERT_EQ((ssize_t)sizeof(request), send(fd, &request, sizeof(request), 0));
	ASSERT_LT(0, recv(fd, answer, sizeof(answer), 0));
	ASSERT_EQ(SOCK_DIAG_BY_FAMILY, n->nlmsg_type);
	EXPECT_EQ((uint32_t)ino, msg->udiag_ino);
	for (int i = 3; i < 64 && !found; i++) {
		snprintf(path, sizeof(path), "/proc/%d/root/proc/%d/fd/%d", self->a.pid, self->nr, i);
		memset(name, 0, sizeof(name));
		snprintf(answer, sizeof(answer), "socket:[%ld]", ino);
		found = readlink(path, name, sizeof(name) - 1) > 0 && !strcmp(name, answer);
	}
	EXPECT_TRUE(found);
	close(fd);
}

TEST_HARNESS_MAIN
