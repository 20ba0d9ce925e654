// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a subject does where its number matters
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "pid_calls.h"
#include "shared.h"

#define QUEUE "/numbers"

int wire[2];
int terminal;
mqd_t queue;

static struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "\0numbers" };

void calls_init(void)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 8 };
	int on = 1;

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, wire))
		abort();
	for (int i = 0; i < 2; i++)
		setsockopt(wire[i], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	terminal = posix_openpt(O_RDWR | O_NOCTTY);
	if (terminal < 0 || grantpt(terminal) || unlockpt(terminal))
		abort();
	mq_unlink(QUEUE);
	queue = mq_open(QUEUE, O_CREAT | O_RDWR, 0600, &attr);
}

long call_getpid(char *text)
{
	(void)text;
	return syscall(SYS_getpid);
}

/* Credentials of the sender go with the message by themselves. */
static int receive_credentials(int fd)
{
	char byte, control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct ucred cred;
	struct cmsghdr *c;

	if (recvmsg(fd, &msg, 0) != 1)
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_type != SCM_CREDENTIALS)
		return -1;
	memcpy(&cred, CMSG_DATA(c), sizeof(cred));
	return cred.pid;
}

long call_send_credentials(char *text)
{
	(void)text;
	return write(wire[0], "x", 1) == 1 ? syscall(SYS_getpid) : -errno;
}

int credentials_received(void)
{
	return receive_credentials(wire[1]);
}

void credentials_send(void)
{
	if (write(wire[1], "x", 1) != 1)
		abort();
}

long call_receive_credentials(char *text)
{
	(void)text;
	return receive_credentials(wire[0]);
}

long call_listen(char *text)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)text;
	return bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 1) ? -errno : 0;
}

int peer_of_listener(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct ucred cred = { .pid = -1 };
	socklen_t size = sizeof(cred);

	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size);
	close(fd);
	return cred.pid;
}

static void our_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGUSR1);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGALRM);
}

long call_block_signals(char *text)
{
	sigset_t set;

	(void)text;
	our_signals(&set);
	return -pthread_sigmask(SIG_BLOCK, &set, NULL);
}

long call_sender_of_signal(char *text)
{
	struct timespec patience = { .tv_sec = 60 };
	siginfo_t info;
	sigset_t set;
	int sig;

	(void)text;
	our_signals(&set);
	do {
		sig = sigtimedwait(&set, &info, &patience);
	} while (sig < 0 && errno == EINTR);
	if (sig < 0)
		return -errno;
	return info.si_code == SI_USER ? info.si_pid : 0;
}

long call_owner(char *text)
{
	(void)text;
	return fcntl(wire[1], F_GETOWN);
}

static timer_t wall_timer, cpu_timer;

static void start_timer(clockid_t clock, int sig, timer_t *timer)
{
	struct itimerspec often = { { 0, 10000000 }, { 0, 10000000 } };
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = sig };

	event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
	if (timer_create(clock, &event, timer) || timer_settime(*timer, 0, &often, NULL))
		abort();
}

long call_start_timers(char *text)
{
	(void)text;
	start_timer(CLOCK_MONOTONIC, SIGUSR1, &wall_timer);
	start_timer(CLOCK_PROCESS_CPUTIME_ID, SIGALRM, &cpu_timer);
	return 0;
}

static bool fires(int sig)
{
	uint64_t end = now_ns() + 60000000000ULL;
	struct timespec none = { 0, 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	/* What fired before does not count. */
	sigtimedwait(&set, NULL, &none);
	while (now_ns() < end) {
		if (sigtimedwait(&set, NULL, &none) == sig)
			return true;
	}
	return false;
}

long call_await_timers(char *text)
{
	(void)text;
	return fires(SIGUSR1) && fires(SIGALRM) ? 0 : -ETIME;
}

/* The clock of the process by its own number, while it uses some time. */
long call_own_clock(char *text)
{
	struct timespec before, after;
	clockid_t clock;
	int err;

	(void)text;
	err = clock_getcpuclockid(getpid(), &clock);
	if (err || clock_gettime(clock, &before))
		return err ? -err : -errno;
	/* Where the TSC is not trusted it goes by ticks. */
	for (int turns = 0; turns < 1000; turns++) {
		for (volatile int i = 0; i < 1000000; i++)
			;
		clock_gettime(clock, &after);
		if (after.tv_sec > before.tv_sec || after.tv_nsec > before.tv_nsec)
			break;
	}
	return after.tv_sec > before.tv_sec || after.tv_nsec > before.tv_nsec ? 0 : -ETIME;
}

long call_await_message(char *text)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };

	(void)text;
	return mq_notify(queue, &event) ? -errno : 0;
}

static pthread_mutex_t inherits, robust;
static pthread_t holder;
static uint32_t holding, let_go;

static void *hold_and_die(void *arg)
{
	pthread_mutex_lock(&robust);
	SET(holding, 1);
	while (!GET(let_go))
		usleep(1000);
	return arg;
}

long call_hold_mutexes(char *text)
{
	pthread_mutexattr_t attr;

	(void)text;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&robust, &attr);
	pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&inherits, &attr);
	if (pthread_create(&holder, NULL, hold_and_die, NULL))
		return -EAGAIN;
	return UNTIL(GET(holding)) ? -pthread_mutex_lock(&inherits) : -ETIME;
}

/* The number that the C library knows of this thread: it owns its mutexes by it. */
long call_cached_number(char *text)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	int owner;

	(void)text;
	pthread_mutex_lock(&mutex);
	owner = mutex.__data.__owner;
	pthread_mutex_unlock(&mutex);
	return owner;
}

static uint32_t asked;
static long sleeper, answer;

static void *tell_when_asked(void *arg)
{
	uint32_t n = 0;

	SET(sleeper, syscall(SYS_gettid));
	for (;; n++) {
		while (GET(asked) == n)
			futex_wait(&asked, n);
		SET(answer, call_cached_number(arg));
	}
	return arg;
}

long call_start_sleeper(char *text)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, tell_when_asked, text))
		return -EAGAIN;
	return UNTIL(GET(sleeper)) ? GET(sleeper) : -ETIME;
}

long call_cached_number_of_sleeper(char *text)
{
	(void)text;
	SET(answer, 0);
	ADD(asked, 1);
	futex_wake(&asked);
	return UNTIL(GET(answer)) ? GET(answer) : -ETIME;
}

static int own_word = 12345;

long call_own_word(char *text)
{
	(void)text;
	return syscall(SYS_set_tid_address, &own_word) > 0 ? own_word : -errno;
}

long call_read_own_word(char *text)
{
	(void)text;
	return GET(own_word);
}

long call_pthread_kill(char *text)
{
	(void)text;
	return -pthread_kill(holder, 0) - pthread_kill(pthread_self(), 0);
}

long call_release_mutex(char *text)
{
	int err = pthread_mutex_unlock(&inherits);

	(void)text;
	if (!err)
		err = pthread_mutex_lock(&inherits);
	return err ? -err : -pthread_mutex_unlock(&inherits);
}

/* Whoever held it has died: that is told. */
long call_recover_mutex(char *text)
{
	(void)text;
	SET(let_go, 1);
	pthread_join(holder, NULL);
	return pthread_mutex_lock(&robust);
}

static int slave;

long call_take_terminal(char *text)
{
	(void)text;
	if (setsid() < 0)
		return -errno;
	slave = open(ptsname(terminal), O_RDWR);
	return slave < 0 || ioctl(slave, TIOCSCTTY, 0) ? -errno : 0;
}

/* Which only the leader of a session without one can. */
long call_claim_terminal(char *text)
{
	(void)text;
	slave = open(ptsname(terminal), O_RDWR | O_NOCTTY);
	return slave < 0 || ioctl(slave, TIOCSCTTY, 0) ? -errno : 0;
}

long call_terminal_group(char *text)
{
	(void)text;
	return tcgetpgrp(slave);
}

static struct io_uring_params ring_params;
static int ring = -1;

long call_ring_open(char *text)
{
	(void)text;
	ring = (int)syscall(SYS_io_uring_setup, 4, &ring_params);
	return ring < 0 ? -errno : 0;
}

/* A thread of the kernel takes the requests. */
long call_ring_open_polled(char *text)
{
	ring_params.flags = IORING_SETUP_SQPOLL;
	ring_params.sq_thread_idle = 60000;
	return call_ring_open(text);
}

long call_ring_nop(char *text)
{
	size_t size = ring_params.cq_off.cqes + ring_params.cq_entries * sizeof(struct io_uring_cqe);
	char *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	struct io_uring_sqe *sqe = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring,
					IORING_OFF_SQES);
	struct io_uring_cqe *cqe;

	(void)text;
	if (map == MAP_FAILED || (void *)sqe == MAP_FAILED)
		return -errno;
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_NOP;
	*(uint32_t *)(void *)(map + ring_params.sq_off.array) = 0;
	SET(*(uint32_t *)(void *)(map + ring_params.sq_off.tail), 1);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		return -errno;
	cqe = (void *)(map + ring_params.cq_off.cqes);
	return cqe->res;
}

long call_wait(char *text)
{
	(void)text;
	return waitpid(-1, NULL, 0);
}

static void *exec_sleep(void *arg)
{
	(void)arg;
	execl("/bin/busybox", "sleep", "86400", NULL);
	return NULL;
}

long call_exec_in_a_thread(char *text)
{
	pthread_t thread;

	(void)text;
	pthread_create(&thread, NULL, exec_sleep, NULL);
	for (;;)
		pause();
}

static struct errand {
	subject_fn fn;
	char *text;
	long ret;
	pid_t tid;
} errand;

static void *do_errand(void *arg)
{
	errand.ret = errand.fn(errand.text);
	SET(errand.tid, (pid_t)syscall(SYS_gettid));
	return idle_thread(arg);
}

long by_a_thread(subject_fn fn, char *text)
{
	pthread_t thread;

	errand = (struct errand){ .fn = fn, .text = text };
	if (pthread_create(&thread, NULL, do_errand, NULL) || !UNTIL(GET(errand.tid)))
		return -EAGAIN;
	snprintf(text, SUBJECT_TEXT, "%d", errand.tid);
	return errand.ret;
}
