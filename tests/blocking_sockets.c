// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls that wait for a socket; those with a timeout of its own are not restarted by the kernel. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "blocking.h"

static void unix_address(struct sockaddr_un *address, int fd)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	/* Abstract and different for every process and socket. */
	snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "blocking-%d-%d", getpid(),
		 fd);
}

static int listen_setup(struct blocking *b)
{
	struct sockaddr_un address;

	b->fds[0] = socket(AF_UNIX, SOCK_STREAM, 0);
	unix_address(&address, b->fds[0]);
	if (bind(b->fds[0], (struct sockaddr *)&address, sizeof(address)) || listen(b->fds[0], 0))
		return errno;
	/* Made here: sockets belong to the namespace they were made in. */
	b->fds[1] = socket(AF_UNIX, SOCK_STREAM, 0);
	b->fds[2] = socket(AF_UNIX, SOCK_STREAM, 0);
	return 0;
}

static int set_timeout(const struct blocking *b, int fd, int option)
{
	struct timeval timeout = { b->timeout.tv_sec, b->timeout.tv_nsec / 1000 };

	return setsockopt(fd, SOL_SOCKET, option, &timeout, sizeof(timeout)) ? errno : 0;
}

static int listen_timed_setup(struct blocking *b)
{
	int ret = listen_setup(b);

	return ret ? ret : set_timeout(b, b->fds[0], SO_RCVTIMEO);
}

static long accept_block(struct blocking *b)
{
	long ret = RESULT(accept(b->fds[0], NULL, NULL));

	return ret < 0 ? ret : 1;
}

static long accept4_block(struct blocking *b)
{
	long ret = RESULT(accept4(b->fds[0], NULL, NULL, SOCK_CLOEXEC));

	return ret < 0 ? ret : 1;
}

static void connect_wake(struct blocking *b)
{
	struct sockaddr_un address;

	unix_address(&address, b->fds[0]);
	b->id = connect(b->fds[1], (struct sockaddr *)&address, sizeof(address));
}

static int backlog_setup(struct blocking *b)
{
	int ret = listen_setup(b);

	if (!ret)
		connect_wake(b);
	return ret ? ret : (int)b->id;
}

static long connect_block(struct blocking *b)
{
	struct sockaddr_un address;

	unix_address(&address, b->fds[0]);
	return RESULT(connect(b->fds[2], (struct sockaddr *)&address, sizeof(address)));
}

static void accept_wake(struct blocking *b)
{
	b->id = accept(b->fds[0], NULL, NULL);
}

static int socket_setup(struct blocking *b)
{
	return socketpair(AF_UNIX, SOCK_STREAM, 0, b->fds) ? errno : 0;
}

static int socket_timed_setup(struct blocking *b)
{
	int ret = socket_setup(b);

	return ret ? ret : set_timeout(b, b->fds[0], SO_RCVTIMEO);
}

static int socket_full_setup(struct blocking *b)
{
	char buf[4096] = "";
	int ret = socket_setup(b);

	while (!ret && send(b->fds[1], buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
	while (!ret && send(b->fds[1], buf, 1, MSG_DONTWAIT) > 0)
		;
	return ret ? ret : set_timeout(b, b->fds[1], SO_SNDTIMEO);
}

static void socket_wake(struct blocking *b)
{
	if (send(b->fds[1], "x", 1, 0) != 1)
		b->id = -1;
}

static void socket_drain(struct blocking *b)
{
	char buf[4096];

	for (int i = 0; i < 100000 && recv(b->fds[0], buf, sizeof(buf), MSG_DONTWAIT) > 0; i++)
		;
}

static int splice_setup(struct blocking *b)
{
	int ret = socket_timed_setup(b);
	int ends[2];

	if (ret || pipe(ends))
		return ret ? ret : errno;
	b->fds[2] = ends[1];
	return 0;
}

static long recv_block(struct blocking *b)
{
	char c;

	return RESULT(recv(b->fds[0], &c, 1, 0));
}

static long read_block(struct blocking *b)
{
	char c;

	return RESULT(read(b->fds[0], &c, 1));
}

static long write_block(struct blocking *b)
{
	return RESULT(write(b->fds[1], "x", 1));
}

static long send_block(struct blocking *b)
{
	return RESULT(send(b->fds[1], "x", 1, 0));
}

/* One byte, as the calls want it that take vectors. */
struct message {
	char c;
	struct iovec iov;
	struct mmsghdr header;
};

static struct message *message(struct message *m)
{
	*m = (struct message){ .c = 'x', .iov = { &m->c, 1 } };
	m->header.msg_hdr = (struct msghdr){ .msg_iov = &m->iov, .msg_iovlen = 1 };
	return m;
}

static long readv_block(struct blocking *b)
{
	struct message m;

	return RESULT(readv(b->fds[0], &message(&m)->iov, 1));
}

static long writev_block(struct blocking *b)
{
	struct message m;

	return RESULT(writev(b->fds[1], &message(&m)->iov, 1));
}

static long recvmsg_block(struct blocking *b)
{
	struct message m;

	return RESULT(recvmsg(b->fds[0], &message(&m)->header.msg_hdr, 0));
}

static long recvmmsg_block(struct blocking *b)
{
	struct message m;

	return RESULT(recvmmsg(b->fds[0], &message(&m)->header, 1, 0, NULL));
}

static long sendmsg_block(struct blocking *b)
{
	struct message m;

	return RESULT(sendmsg(b->fds[1], &message(&m)->header.msg_hdr, 0));
}

static long sendmmsg_block(struct blocking *b)
{
	struct message m;

	return RESULT(sendmmsg(b->fds[1], &message(&m)->header, 1, 0));
}

static long splice_block(struct blocking *b)
{
	return RESULT(splice(b->fds[0], NULL, b->fds[2], NULL, 1, 0));
}

#define TIMED .woken = 1, .expired = -EAGAIN, .timed = true

const struct blocking_kind blocking_sockets[] = {
	{ "accept", SYS_accept, listen_setup, accept_block, connect_wake, .woken = 1 },
	{ "accept_rcvtimeo", SYS_accept, listen_timed_setup, accept_block, connect_wake, TIMED },
	{ "accept4_rcvtimeo", SYS_accept4, listen_timed_setup, accept4_block, connect_wake, TIMED },
	{ "connect", SYS_connect, backlog_setup, connect_block, accept_wake, .woken = 0 },
	{ "recv", SYS_recvfrom, socket_setup, recv_block, socket_wake, .woken = 1 },
	{ "recv_rcvtimeo", SYS_recvfrom, socket_timed_setup, recv_block, socket_wake, TIMED },
	{ "read_rcvtimeo", SYS_read, socket_timed_setup, read_block, socket_wake, TIMED },
	{ "readv_rcvtimeo", SYS_readv, socket_timed_setup, readv_block, socket_wake, TIMED },
	{ "recvmsg_rcvtimeo", SYS_recvmsg, socket_timed_setup, recvmsg_block, socket_wake, TIMED },
	{ "recvmmsg_rcvtimeo", SYS_recvmmsg, socket_timed_setup, recvmmsg_block, socket_wake,
	  TIMED },
	{ "send_sndtimeo", SYS_sendto, socket_full_setup, send_block, socket_drain, TIMED },
	{ "write_sndtimeo", SYS_write, socket_full_setup, write_block, socket_drain, TIMED },
	{ "writev_sndtimeo", SYS_writev, socket_full_setup, writev_block, socket_drain, TIMED },
	{ "sendmsg_sndtimeo", SYS_sendmsg, socket_full_setup, sendmsg_block, socket_drain, TIMED },
	{ "sendmmsg_sndtimeo", SYS_sendmmsg, socket_full_setup, sendmmsg_block, socket_drain,
	  TIMED },
	/* Not timed here: always fetched, and so begun anew by each attach. */
	{ "splice_rcvtimeo", SYS_splice, splice_setup, splice_block, socket_wake, .woken = 1 },
	{ .name = NULL },
};
