// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "place.h"
#include "place_facts.h"

const char *facts_hostname(const char *name)
{
	return sethostname(name, strlen(name)) ? "sethostname" : NULL;
}

const char *facts_shm(const char *name)
{
	int id = shmget(PLACE_IPC_KEY, 4096, IPC_CREAT | IPC_EXCL | 0666);
	char *text = id < 0 ? (char *)-1 : shmat(id, NULL, 0);

	if (text == (char *)-1)
		return "shm";
	snprintf(text, 64, "%s", name);
	return NULL;
}

static socklen_t abstract_address(struct sockaddr_un *address)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path + 1, PLACE_SOCKET, strlen(PLACE_SOCKET));
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(PLACE_SOCKET));
}

static void tcp_address(struct sockaddr_in *address)
{
	memset(address, 0, sizeof(*address));
	address->sin_family = AF_INET;
	address->sin_port = htons(PLACE_TCP_PORT);
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

static const char *loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int ret = fd < 0 ? -1 : ioctl(fd, SIOCGIFFLAGS, &ifr);

	if (!ret) {
		ifr.ifr_flags |= IFF_UP;
		ret = ioctl(fd, SIOCSIFFLAGS, &ifr);
	}
	if (fd >= 0)
		close(fd);
	return ret ? "lo up" : NULL;
}

/* 10.ID.0.0/16 through lo: a line of /proc/net/route to tell places by. */
static const char *add_route(unsigned int id)
{
	struct rtentry rt;
	struct sockaddr_in *to = (struct sockaddr_in *)&rt.rt_dst;
	struct sockaddr_in *mask = (struct sockaddr_in *)&rt.rt_genmask;
	char dev[] = "lo";
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int ret;

	memset(&rt, 0, sizeof(rt));
	to->sin_family = AF_INET;
	to->sin_addr.s_addr = htonl(0x0a000000 | id << 16);
	mask->sin_family = AF_INET;
	mask->sin_addr.s_addr = htonl(0xffff0000);
	rt.rt_flags = RTF_UP;
	rt.rt_dev = dev;
	ret = ioctl(fd, SIOCADDRT, &rt);
	close(fd);
	return ret ? "route" : NULL;
}

const char *facts_net(unsigned int id, struct place_sockets *sockets)
{
	struct sockaddr_un un;
	struct sockaddr_in in;
	socklen_t len = abstract_address(&un);
	const char *bad = loopback_up();

	if (!bad)
		bad = add_route(id);
	if (bad)
		return bad;
	tcp_address(&in);
	sockets->abstract = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(sockets->abstract, (struct sockaddr *)&un, len) ||
	    listen(sockets->abstract, 128))
		return "abstract listener";
	sockets->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(sockets->tcp, (struct sockaddr *)&in, sizeof(in)) ||
	    listen(sockets->tcp, 128))
		return "tcp listener";
	return NULL;
}

static const char *write_name(const char *path, const char *name)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	ssize_t len = fd < 0 ? -1 : write(fd, name, strlen(name));

	if (fd >= 0)
		close(fd);
	return len == (ssize_t)strlen(name) ? NULL : path;
}

/* A root of its own, as a runtime makes it: a tmpfs and pivot_root. */
const char *facts_root(const char *name, bool own_pidns)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount(name, "/tmp", "tmpfs", 0, "mode=755") || chdir("/tmp"))
		return "new root";
	if (mkdir("proc", 0755) || mkdir("tmp", 01777) || mkdir("inner", 0755) ||
	    write_name(PLACE_FILE + 1, name))
		return "files in the new root";
	if (own_pidns && mount("proc", "proc", "proc", 0, NULL))
		return "proc";
	if (syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH) || chdir("/"))
		return "pivot_root";
	return NULL;
}

static void answer(int listener, const char *name)
{
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		return;
	send(fd, name, strlen(name), MSG_NOSIGNAL);
	close(fd);
}

void facts_serve(const char *name, const struct place_sockets *sockets, int ctl)
{
	struct pollfd fds[3] = {
		{ .fd = sockets->abstract, .events = POLLIN },
		{ .fd = sockets->tcp, .events = POLLIN },
		{ .fd = ctl, .events = POLLIN },
	};

	while (poll(fds, 3, -1) >= 0) {
		if (fds[2].revents)
			return;
		for (int i = 0; i < 2; i++)
			if (fds[i].revents & POLLIN)
				answer(fds[i].fd, name);
	}
}

static void ask(int fd, const struct sockaddr *address, socklen_t len, char *text,
		size_t size)
{
	size_t have = 0;
	ssize_t got;

	if (fd >= 0 && !connect(fd, address, len))
		while (have + 1 < size && (got = recv(fd, text + have, size - 1 - have, 0)) > 0)
			have += (size_t)got;
	text[have] = '\0';
	if (!have)
		snprintf(text, size, "-");
	if (fd >= 0)
		close(fd);
}

void facts_ask_abstract(char *text, size_t size)
{
	struct sockaddr_un un;
	socklen_t len = abstract_address(&un);

	ask(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), (struct sockaddr *)&un, len, text,
	    size);
}

void facts_ask_tcp(char *text, size_t size)
{
	struct sockaddr_in in;

	tcp_address(&in);
	ask(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), (struct sockaddr *)&in, sizeof(in),
	    text, size);
}

void facts_ask_shm(char *text, size_t size)
{
	int id = shmget(PLACE_IPC_KEY, 0, 0);
	const char *seen = id < 0 ? (char *)-1 : shmat(id, NULL, SHM_RDONLY);

	snprintf(text, size, "%s", seen == (char *)-1 ? "-" : seen);
	if (seen != (char *)-1)
		shmdt(seen);
}
