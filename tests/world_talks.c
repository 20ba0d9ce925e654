// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs that check how their threads and processes talk to each other
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "world.h"

#define CHUNK 4096

/* A thread gives back what it gets on an fd, until the end. */
static void *echo(void *arg)
{
	int fd = *(int *)arg;
	char buf[CHUNK];
	ssize_t got;

	while ((got = read(fd, buf, sizeof(buf))) > 0)
		if (write(fd, buf, (size_t)got) != got)
			break;
	return got < 0 ? arg : NULL;
}

/* Random bytes there and back again over one pair of sockets, made once. */
static const char *exchange(const int pair[2])
{
	char sent[CHUNK], got[CHUNK];
	size_t have = 0;

	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)random();
	MUST(write(pair[0], sent, 1024) == 1024);
	while (have < 1024) {
		ssize_t n = read(pair[0], got + have, sizeof(got) - have);

		MUST(n > 0);
		have += (size_t)n;
	}
	MUST(have == 1024 && !memcmp(sent, got, have));
	usleep(500);
	return NULL;
}

static void start_echo(int *fd)
{
	pthread_t thread;

	pthread_create(&thread, NULL, echo, fd);
}

static const char *unix_stream(void)
{
	static int pair[2];

	if (!pair[1]) {
		MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
		start_echo(&pair[1]);
	}
	return exchange(pair);
}

static const char *connect_pair(int type, int pair[2])
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, type, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	MUST(bind(listener, (void *)&addr, sizeof(addr)) == 0);
	MUST(getsockname(listener, (void *)&addr, &len) == 0);
	if (type == SOCK_STREAM)
		MUST(listen(listener, 1) == 0);
	pair[0] = socket(AF_INET, type, 0);
	MUST(connect(pair[0], (void *)&addr, sizeof(addr)) == 0);
	if (type == SOCK_STREAM) {
		pair[1] = accept(listener, NULL, NULL);
		close(listener);
		return NULL;
	}
	MUST(getsockname(pair[0], (void *)&addr, &len) == 0);
	pair[1] = listener;
	return connect(pair[1], (void *)&addr, sizeof(addr)) ? "connect" : NULL;
}

static const char *inet(int type, int pair[2])
{
	const char *bad = pair[1] ? NULL : connect_pair(type, pair);
	static int echoing;

	if (!bad && !echoing++)
		start_echo(&pair[1]);
	return bad ? bad : exchange(pair);
}

static const char *tcp(void)
{
	static int pair[2];

	return inet(SOCK_STREAM, pair);
}

static const char *udp(void)
{
	static int pair[2];

	return inet(SOCK_DGRAM, pair);
}

static const char *passes_fds(void)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 'x';
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	int pair[2], ends[2], fd;

	MUST(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0 && pipe(ends) == 0);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &ends[1], sizeof(int));
	MUST(sendmsg(pair[0], &msg, 0) == 1);
	usleep(500);
	MUST(recvmsg(pair[1], &msg, 0) == 1 && CMSG_FIRSTHDR(&msg));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
	MUST(write(fd, "y", 1) == 1 && read(ends[0], &byte, 1) == 1 && byte == 'y');
	for (int i = 0; i < 2; i++) {
		close(pair[i]);
		close(ends[i]);
	}
	close(fd);
	return NULL;
}

static const char *knows_its_peer(void)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	int pair[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	usleep(1000);
	MUST(getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0);
	MUST(peer.pid == getpid() && peer.uid == 0);
	close(pair[0]);
	close(pair[1]);
	return NULL;
}

static const char *edge_triggered(void)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC), fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u32 = 77 }, got;
	uint64_t one = 1, value = 0;

	MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
	MUST(write(fd, &one, sizeof(one)) == sizeof(one));
	MUST(epoll_wait(epoll, &got, 1, 10000) == 1 && got.data.u32 == 77);
	MUST(epoll_wait(epoll, &got, 1, 3) == 0);
	MUST(read(fd, &value, sizeof(value)) == sizeof(value) && value == 1);
	close(fd);
	close(epoll);
	return NULL;
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static const char *polls_in_vain(void)
{
	long long began = now_ms();
	struct pollfd p = { .events = POLLIN };
	int ends[2];

	MUST(pipe(ends) == 0);
	p.fd = ends[0];
	MUST(poll(&p, 1, 8) == 0);
	MUST(now_ms() - began >= 7);
	close(ends[0]);
	close(ends[1]);
	return NULL;
}

static void *write_late(void *arg)
{
	usleep(4000);
	return write(*(int *)arg, "z", 1) == 1 ? NULL : arg;
}

static const char *selects(void)
{
	struct timeval patience = { 60, 0 };
	pthread_t thread;
	int ends[2];
	fd_set set;

	MUST(pipe(ends) == 0);
	pthread_create(&thread, NULL, write_late, &ends[1]);
	FD_ZERO(&set);
	FD_SET(ends[0], &set);
	MUST(select(ends[0] + 1, &set, NULL, NULL, &patience) == 1);
	pthread_join(thread, NULL);
	close(ends[0]);
	close(ends[1]);
	return NULL;
}

struct counter {
	pthread_mutex_t lock;
	long value;
};

static void *count_up(void *arg)
{
	struct counter *c = arg;

	for (int i = 0; i < 500; i++) {
		long value;

		if (pthread_mutex_lock(&c->lock))
			return arg;
		value = c->value;
		sched_yield();
		c->value = value + 1;
		if (pthread_mutex_unlock(&c->lock))
			return arg;
	}
	return NULL;
}

static const char *counts_with(int protocol, int robust)
{
	struct counter c = { .value = 0 };
	pthread_mutexattr_t attr;
	pthread_t threads[3];
	void *bad = NULL;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setprotocol(&attr, protocol);
	pthread_mutexattr_setrobust(&attr, robust);
	pthread_mutex_init(&c.lock, &attr);
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, count_up, &c);
	for (int i = 0; i < 3; i++) {
		void *ret;

		MUST(pthread_join(threads[i], &ret) == 0);
		bad = bad ? bad : ret;
	}
	MUST(!bad);
	MUST(c.value == 1500);
	return NULL;
}

static const char *mutexes(void)
{
	return counts_with(PTHREAD_PRIO_NONE, PTHREAD_MUTEX_STALLED);
}

static const char *pi_mutexes(void)
{
	return counts_with(PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_ROBUST);
}

static const char *waits_for_nobody(void)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
	struct timespec until;
	int ret = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 6000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&lock);
	while (!ret)
		ret = pthread_cond_timedwait(&cond, &lock, &until);
	pthread_mutex_unlock(&lock);
	MUST(ret == ETIMEDOUT);
	return NULL;
}

/* A terminal opened once: lines, window size, and who reads it. */
static const char *terminal(void)
{
	static int master = -1, slave;
	struct winsize size = { .ws_row = 33, .ws_col = 99 }, seen;
	char buf[64] = "";

	if (master < 0) {
		master = posix_openpt(O_RDWR | O_NOCTTY);
		MUST(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
		slave = open(ptsname(master), O_RDWR | O_NOCTTY);
		MUST(slave >= 0);
	}
	MUST(ioctl(master, TIOCSWINSZ, &size) == 0);
	MUST(write(master, "hello\n", 6) == 6);
	MUST(read(slave, buf, sizeof(buf)) == 6 && !strcmp(buf, "hello\n"));
	MUST(ioctl(slave, TIOCGWINSZ, &seen) == 0 && seen.ws_col == 99);
	MUST(tcflush(master, TCIOFLUSH) == 0 && isatty(slave));
	usleep(1000);
	return NULL;
}

static void *fill_pipe(void *arg)
{
	static char block[65536];

	for (int i = 0; i < 8; i++)
		for (size_t sent = 0; sent < sizeof(block);) {
			ssize_t n = write(*(int *)arg, block + sent, sizeof(block) - sent);

			if (n <= 0)
				return arg;
			sent += (size_t)n;
		}
	close(*(int *)arg);
	return NULL;
}

static const char *large_pipe(void)
{
	char buf[CHUNK];
	pthread_t thread;
	void *bad = NULL;
	long sum = 0;
	ssize_t got;
	int ends[2];

	MUST(pipe(ends) == 0);
	pthread_create(&thread, NULL, fill_pipe, &ends[1]);
	while ((got = read(ends[0], buf, sizeof(buf))) > 0)
		sum += got;
	MUST(got == 0);
	pthread_join(thread, &bad);
	MUST(!bad && sum == 8 * 65536);
	close(ends[0]);
	return NULL;
}

static const char *shared_memory(void)
{
	uint32_t *word = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			      0);
	int status;
	pid_t pid = fork();

	MUST(word != MAP_FAILED);
	if (!pid) {
		__atomic_add_fetch(word, 5, __ATOMIC_SEQ_CST);
		_exit(0);
	}
	__atomic_add_fetch(word, 7, __ATOMIC_SEQ_CST);
	MUST(waitpid(pid, &status, 0) == pid && status == 0);
	MUST(*word == 12);
	munmap(word, CHUNK);
	return NULL;
}

static __thread int mine = 3;

static void *use_own(void *arg)
{
	mine += 4;
	return mine == 7 && arg ? NULL : arg;
}

static const char *threads_come_and_go(void)
{
	for (int i = 0; i < 5; i++) {
		pthread_t thread;
		void *ret;

		MUST(pthread_create(&thread, NULL, use_own, &mine) == 0);
		MUST(pthread_join(thread, &ret) == 0 && !ret);
	}
	MUST(mine == 3);
	return NULL;
}

const struct world world_talks[] = {
	{ "unix stream", unix_stream },
	{ "tcp", tcp },
	{ "udp", udp },
	{ "fds in messages", passes_fds },
	{ "peer", knows_its_peer },
	{ "epoll", edge_triggered },
	{ "poll", polls_in_vain },
	{ "select", selects },
	{ "mutex", mutexes },
	{ "PI mutex", pi_mutexes },
	{ "condition", waits_for_nobody },
	{ "terminal", terminal },
	{ "large pipe", large_pipe },
	{ "shared memory", shared_memory },
	{ "threads", threads_come_and_go },
};

const unsigned int nr_world_talks = sizeof(world_talks) / sizeof(*world_talks);
