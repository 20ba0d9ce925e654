// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls that wait for a file: pipes, poll and its relatives, locks. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <unistd.h>

#include "blocking.h"

static int pipe_setup(struct blocking *b)
{
	return pipe(b->fds) ? errno : 0;
}

static void pipe_wake(struct blocking *b)
{
	if (write(b->fds[1], "x", 1) != 1)
		b->id = -1;
}

static long read_block(struct blocking *b)
{
	char c;

	return RESULT(read(b->fds[0], &c, 1));
}

static int pipe_full_setup(struct blocking *b)
{
	char buf[4096] = "";
	int ret = pipe_setup(b);

	if (ret || fcntl(b->fds[1], F_SETFL, O_NONBLOCK))
		return ret ? ret : errno;
	while (write(b->fds[1], buf, sizeof(buf)) > 0)
		;
	return fcntl(b->fds[1], F_SETFL, 0) ? errno : 0;
}

static long write_block(struct blocking *b)
{
	return RESULT(write(b->fds[1], "x", 1));
}

static void pipe_drain(struct blocking *b)
{
	char buf[4096];

	if (read(b->fds[0], buf, sizeof(buf)) < 0)
		b->id = -1;
}

static int epoll_setup(struct blocking *b)
{
	struct epoll_event event = { .events = EPOLLIN };
	int ret = pipe_setup(b);

	b->fds[2] = epoll_create1(0);
	return ret || epoll_ctl(b->fds[2], EPOLL_CTL_ADD, b->fds[0], &event) ? errno : 0;
}

static int milliseconds(const struct blocking *b)
{
	return (int)(b->timeout.tv_sec * 1000 + b->timeout.tv_nsec / 1000000);
}

static long epoll_wait_block(struct blocking *b)
{
	struct epoll_event event;

	return RESULT(syscall(SYS_epoll_wait, b->fds[2], &event, 1, -1));
}

static long epoll_wait_timed_block(struct blocking *b)
{
	struct epoll_event event;

	return RESULT(syscall(SYS_epoll_wait, b->fds[2], &event, 1, milliseconds(b)));
}

/* With a signal mask of its own, which has to be in force while it waits and
 * the old one again afterwards.
 */
static void block_usr1(sigset_t *none)
{
	sigset_t usr1;

	sigemptyset(none);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &usr1, NULL);
}

static long check_usr1_blocked(long ret)
{
	sigset_t now;

	pthread_sigmask(SIG_BLOCK, NULL, &now);
	return sigismember(&now, SIGUSR1) ? ret : -1000;
}

static long epoll_pwait_for(struct blocking *b, int timeout)
{
	struct epoll_event event;
	sigset_t none;

	block_usr1(&none);
	return check_usr1_blocked(RESULT(epoll_pwait(b->fds[2], &event, 1, timeout, &none)));
}

static long epoll_pwait_block(struct blocking *b)
{
	return epoll_pwait_for(b, -1);
}

static long epoll_pwait_timed_block(struct blocking *b)
{
	return epoll_pwait_for(b, milliseconds(b));
}

static long epoll_pwait2_block(struct blocking *b)
{
	struct epoll_event event;
	sigset_t none;

	block_usr1(&none);
	return check_usr1_blocked(RESULT(syscall(SYS_epoll_pwait2, b->fds[2], &event, 1,
						 &b->timeout, &none, 8)));
}

static long poll_block(struct blocking *b)
{
	struct pollfd fd = { .fd = b->fds[0], .events = POLLIN };

	return RESULT(poll(&fd, 1, -1));
}

static long poll_timed_block(struct blocking *b)
{
	struct pollfd fd = { .fd = b->fds[0], .events = POLLIN };

	return RESULT(poll(&fd, 1, milliseconds(b)));
}

static long ppoll_block(struct blocking *b)
{
	struct pollfd fd = { .fd = b->fds[0], .events = POLLIN };
	sigset_t none;

	block_usr1(&none);
	return check_usr1_blocked(RESULT(ppoll(&fd, 1, NULL, &none)));
}

/* The bare calls: libc's copy of the timeout would hide what the kernel does. */
static long ppoll_timed_block(struct blocking *b)
{
	struct pollfd fd = { .fd = b->fds[0], .events = POLLIN };
	struct timespec timeout = b->timeout;

	return RESULT(syscall(SYS_ppoll, &fd, 1, &timeout, NULL, 8));
}

static long select_block(struct blocking *b)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(b->fds[0], &set);
	return RESULT(syscall(SYS_select, b->fds[0] + 1, &set, NULL, NULL, NULL));
}

static long select_timed_block(struct blocking *b)
{
	struct timeval timeout = { b->timeout.tv_sec, b->timeout.tv_nsec / 1000 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(b->fds[0], &set);
	return RESULT(syscall(SYS_select, b->fds[0] + 1, &set, NULL, NULL, &timeout));
}

static long pselect6_block(struct blocking *b)
{
	struct timespec timeout = b->timeout;
	sigset_t none;
	struct {
		const sigset_t *mask;
		size_t size;
	} mask = { &none, 8 };
	fd_set set;

	block_usr1(&none);
	FD_ZERO(&set);
	FD_SET(b->fds[0], &set);
	return check_usr1_blocked(
		RESULT(syscall(SYS_pselect6, b->fds[0] + 1, &set, NULL, NULL, &timeout, &mask)));
}

static int lock_file(struct blocking *b)
{
	b->fds[0] = open("/tmp/nsattach-lock", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	b->fds[1] = open("/tmp/nsattach-lock", O_RDWR | O_CLOEXEC);
	return b->fds[1] < 0 ? errno : 0;
}

static int flock_setup(struct blocking *b)
{
	int ret = lock_file(b);

	return ret || flock(b->fds[0], LOCK_EX) ? errno : 0;
}

static long flock_block(struct blocking *b)
{
	return RESULT(flock(b->fds[1], LOCK_EX));
}

static void flock_wake(struct blocking *b)
{
	flock(b->fds[0], LOCK_UN);
}

static long set_lock(int fd, int command, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };

	return RESULT(fcntl(fd, command, &lock));
}

/* Locks of open files, so that one process can be both sides. */
static int ofd_lock_setup(struct blocking *b)
{
	int ret = lock_file(b);

	return ret ? ret : (int)-set_lock(b->fds[0], F_OFD_SETLK, F_WRLCK);
}

static long ofd_lock_block(struct blocking *b)
{
	return set_lock(b->fds[1], F_OFD_SETLKW, F_WRLCK);
}

static void ofd_lock_wake(struct blocking *b)
{
	set_lock(b->fds[0], F_OFD_SETLK, F_UNLCK);
}

static int signalfd_setup(struct blocking *b)
{
	sigset_t usr2;

	sigemptyset(&usr2);
	sigaddset(&usr2, SIGUSR2);
	sigprocmask(SIG_BLOCK, &usr2, NULL);
	b->fds[0] = signalfd(-1, &usr2, SFD_CLOEXEC);
	return b->fds[0] < 0 ? errno : 0;
}

static long signalfd_block(struct blocking *b)
{
	struct signalfd_siginfo info;

	return RESULT(read(b->fds[0], &info, sizeof(info)));
}

static void signalfd_wake(struct blocking *b)
{
	(void)b;
	kill(getpid(), SIGUSR2);
}

static int eventfd_setup(struct blocking *b)
{
	b->fds[0] = eventfd(0, EFD_CLOEXEC);
	return b->fds[0] < 0 ? errno : 0;
}

static long counter_block(struct blocking *b)
{
	uint64_t value;

	return RESULT(read(b->fds[0], &value, sizeof(value)));
}

static void eventfd_wake(struct blocking *b)
{
	eventfd_write(b->fds[0], 1);
}

static int timerfd_setup(struct blocking *b)
{
	struct itimerspec when = { .it_value = b->timeout };

	b->fds[0] = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	return timerfd_settime(b->fds[0], 0, &when, NULL) ? errno : 0;
}

static void timerfd_wake(struct blocking *b)
{
	struct itimerspec when = { .it_value = { 0, 1 } };

	timerfd_settime(b->fds[0], 0, &when, NULL);
}

static int inotify_setup(struct blocking *b)
{
	b->fds[0] = inotify_init1(IN_CLOEXEC);
	b->fds[1] = open("/tmp/nsattach-lock", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	return inotify_add_watch(b->fds[0], "/tmp/nsattach-lock", IN_MODIFY) < 0 ? errno : 0;
}

static long inotify_block(struct blocking *b)
{
	struct inotify_event event[8];

	return RESULT(read(b->fds[0], event, sizeof(event)));
}

static int tty_setup(struct blocking *b)
{
	const char *name;

	b->fds[1] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (b->fds[1] < 0 || grantpt(b->fds[1]) || unlockpt(b->fds[1]))
		return errno;
	name = ptsname(b->fds[1]);
	b->fds[0] = name ? open(name, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
	return b->fds[0] < 0 ? errno : 0;
}

static long tty_block(struct blocking *b)
{
	char line[16];

	return RESULT(read(b->fds[0], line, sizeof(line)));
}

static void tty_wake(struct blocking *b)
{
	if (write(b->fds[1], "x\n", 2) != 2)
		b->id = -1;
}

static int fifo_setup(struct blocking *b)
{
	char name[64];

	snprintf(name, sizeof(name), "nsattach-fifo-%d", getpid());
	b->fds[2] = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return mkfifoat(b->fds[2], name, 0600) ? errno : 0;
}

static long open_fifo(struct blocking *b, int flags)
{
	char name[64];

	snprintf(name, sizeof(name), "nsattach-fifo-%d", getpid());
	return RESULT(openat(b->fds[2], name, flags | O_CLOEXEC)) < 0 ? -errno : 0;
}

static long fifo_block(struct blocking *b)
{
	return open_fifo(b, O_RDONLY);
}

static void fifo_wake(struct blocking *b)
{
	b->id = open_fifo(b, O_WRONLY);
}

const struct blocking_kind blocking_files[] = {
	{ "read_pipe", SYS_read, pipe_setup, read_block, pipe_wake, .woken = 1 },
	{ "write_full_pipe", SYS_write, pipe_full_setup, write_block, pipe_drain, .woken = 1 },
	{ "epoll_wait", SYS_epoll_wait, epoll_setup, epoll_wait_block, pipe_wake, .woken = 1 },
	{ "epoll_wait_timeout", SYS_epoll_wait, epoll_setup, epoll_wait_timed_block, pipe_wake,
	  .woken = 1, .timed = true },
	{ "epoll_pwait", SYS_epoll_pwait, epoll_setup, epoll_pwait_block, pipe_wake, .woken = 1 },
	{ "epoll_pwait_timeout", SYS_epoll_pwait, epoll_setup, epoll_pwait_timed_block, pipe_wake,
	  .woken = 1, .timed = true },
	{ "epoll_pwait2_timeout", SYS_epoll_pwait2, epoll_setup, epoll_pwait2_block, pipe_wake,
	  .woken = 1, .timed = true },
	{ "poll", SYS_poll, pipe_setup, poll_block, pipe_wake, .woken = 1 },
	{ "poll_timeout", SYS_poll, pipe_setup, poll_timed_block, pipe_wake, .woken = 1,
	  .timed = true },
	{ "ppoll", SYS_ppoll, pipe_setup, ppoll_block, pipe_wake, .woken = 1 },
	{ "ppoll_timeout", SYS_ppoll, pipe_setup, ppoll_timed_block, pipe_wake, .woken = 1,
	  .timed = true },
	{ "select", SYS_select, pipe_setup, select_block, pipe_wake, .woken = 1 },
	{ "select_timeout", SYS_select, pipe_setup, select_timed_block, pipe_wake, .woken = 1,
	  .timed = true },
	{ "pselect6_timeout", SYS_pselect6, pipe_setup, pselect6_block, pipe_wake, .woken = 1,
	  .timed = true },
	{ "flock", SYS_flock, flock_setup, flock_block, flock_wake, .woken = 0 },
	{ "fcntl_setlkw", SYS_fcntl, ofd_lock_setup, ofd_lock_block, ofd_lock_wake,
	  .woken = 0 },
	{ "signalfd", SYS_read, signalfd_setup, signalfd_block, signalfd_wake,
	  .woken = sizeof(struct signalfd_siginfo) },
	{ "eventfd", SYS_read, eventfd_setup, counter_block, eventfd_wake, .woken = 8 },
	{ "timerfd", SYS_read, timerfd_setup, counter_block, timerfd_wake, .woken = 8,
	  .expired = 8, .timed = true },
	{ "inotify", SYS_read, inotify_setup, inotify_block, pipe_wake,
	  .woken = sizeof(struct inotify_event) },
	{ "tty", SYS_read, tty_setup, tty_block, tty_wake, .woken = 2 },
	{ "open_fifo", SYS_openat, fifo_setup, fifo_block, fifo_wake, .woken = 0 },
	{ .name = NULL },
};
