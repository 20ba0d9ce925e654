// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Residue: sockets, by the network namespace they were made in
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/sched.h>
#include <linux/sockios.h>

#include "residue.h"

static const char *family_name(int family)
{
	switch (family) {
	case AF_UNIX:
		return "unix";
	case AF_INET:
		return "inet";
	case AF_INET6:
		return "inet6";
	case AF_NETLINK:
		return "netlink";
	case AF_PACKET:
		return "packet";
	case AF_VSOCK:
		return "vsock";
	case AF_ALG:
		return "alg";
	default:
		return "other";
	}
}

static const char *type_name(int type)
{
	switch (type) {
	case SOCK_STREAM:
		return "stream";
	case SOCK_DGRAM:
		return "datagram";
	case SOCK_RAW:
		return "raw";
	case SOCK_SEQPACKET:
		return "seqpacket";
	default:
		return "other";
	}
}

static int option_of(int sock, int option)
{
	socklen_t len = sizeof(int);
	int value = -1;

	getsockopt(sock, SOL_SOCKET, option, &value, &len);
	return value;
}

static int local_port(int sock)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} a = { 0 };
	socklen_t len = sizeof(a);

	if (getsockname(sock, &a.any, &len))
		return 0;
	return ntohs(a.any.sa_family == AF_INET6 ? a.in6.sin6_port : a.in.sin_port);
}

static int tell(struct scan *s, int number, int sock)
{
	int family = option_of(sock, SO_DOMAIN);
	const char *type = type_name(option_of(sock, SO_TYPE));
	const char *state = option_of(sock, SO_ACCEPTCONN) == 1 ? ", listening" : "";
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);

	if (family == AF_UNIX) {
		getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &len);
		return residue_found(s, NSATTACH_RESIDUE_UNIX, CLONE_NEWNET, number, peer.pid,
				     "unix %s%s", type, state);
	}
	if (family == AF_INET || family == AF_INET6)
		return residue_found(s, NSATTACH_RESIDUE_SOCKET, CLONE_NEWNET, number, 0,
				     "%s %s port %d%s", family_name(family), type, local_port(sock),
				     state);
	return residue_found(s, NSATTACH_RESIDUE_SOCKET, CLONE_NEWNET, number, 0, "%s %s",
			     family_name(family), type);
}

/* Its namespace's inode; 0 when the kernel does not tell. */
static ino_t namespace_of(int sock)
{
	int nsfd = ioctl(sock, SIOCGSKNS);
	struct stat st;
	ino_t ino = 0;

	if (nsfd < 0)
		return 0;
	if (!fstat(nsfd, &st))
		ino = st.st_ino;
	close(nsfd);
	return ino;
}

int residue_socket(struct scan *s, int number)
{
	ino_t inside = inside_namespace(&s->inside, CLONE_NEWNET);
	int sock = syscall(SYS_pidfd_getfd, s->pidfd, number, 0);
	int ret = 0;

	if (sock < 0) {
		if (s->pidfd >= 0 && (errno == EBADF || errno == ESRCH))
			return 0;
		/* better one too many than one unseen */
		return residue_found(s, NSATTACH_RESIDUE_SOCKET, CLONE_NEWNET, number, 0,
				     "a socket that can not be looked at");
	}
	if (!inside || namespace_of(sock) != inside)
		ret = tell(s, number, sock);
	close(sock);
	return ret;
}
