// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The processes that are moved, stopped and joined
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static struct subject_counts *counts;
static enum wait_in wait_in;
static uint32_t never;
static int epoll = -1, empty[2], full[2];

int sys_pidfd_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

void reap(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0) {
		if (errno != EINTR)
			die("waitpid");
	}
}

static long wait_once(void)
{
	struct epoll_event event;

	switch (wait_in) {
	case IN_EPOLL:
		return epoll_wait(epoll, &event, 1, -1);
	case IN_FUTEX:
		return syscall(SYS_futex, &never, FUTEX_WAIT, 0, NULL);
	case IN_TEE:
		return tee(empty[0], full[1], 1, 0);
	}
	abort();
}

static void *block(void *arg)
{
	__atomic_add_fetch(&counts->ready, 1, __ATOMIC_RELAXED);
	for (;;) {
		if (!wait_once() || errno != EINTR)
			die("what a subject blocks in");
		__atomic_add_fetch(&counts->eintr, 1, __ATOMIC_RELAXED);
	}
	return arg;
}

static void spawn_threads(unsigned int n)
{
	pthread_attr_t attr;
	pthread_t thread;
	unsigned int i;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN);
	for (i = 0; i < n; i++) {
		errno = pthread_create(&thread, &attr, block, NULL);
		if (errno)
			die("pthread_create");
	}
}

static void open_fds(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (open("/dev/null", O_RDONLY) < 0)
			die("open");
	}
}

static void make_mounts(unsigned int n)
{
	char path[32];
	unsigned int i;

	if (!n)
		return;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bench", "/tmp", "tmpfs", 0, NULL))
		die("mount");
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "/tmp/%u", i);
		if (mkdir(path, 0700) || mount("/tmp", path, NULL, MS_BIND, NULL))
			die("bind mount");
	}
}

static void touch_memory(unsigned int megabytes)
{
	size_t size = (size_t)megabytes << 20;
	char *p;

	if (!size)
		return;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		die("mmap");
	memset(p, 1, size);
}

static _Noreturn void be_subject(const struct subject_options *options)
{
	struct rlimit limit = { 65536, 65536 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_NOFILE, &limit);
	make_mounts(options->mounts);
	open_fds(options->fds);
	touch_memory(options->megabytes);
	wait_in = options->wait_in;
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (pipe(empty) || pipe(full))
		die("pipe");
	spawn_threads(options->threads - 1);
	block(NULL);
	abort();
}

/* Threads that sleep now were counted before they slept: give them the time. */
static void settle(const struct subject *s, unsigned int threads)
{
	unsigned int i;

	for (i = 0; __atomic_load_n(&s->counts->ready, __ATOMIC_RELAXED) < threads; i++) {
		if (i == 60000) {
			errno = ETIMEDOUT;
			die("a subject's threads did not start");
		}
		usleep(1000);
	}
	usleep(20000);
}

pid_t start_child(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork");
	return pid;
}

/* fork() into new namespaces. */
static pid_t clone_into_new(int namespaces)
{
	pid_t pid;

	fflush(stdout);
	pid = (pid_t)syscall(SYS_clone, namespaces | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid < 0)
		die("clone");
	return pid;
}

void subject_start(struct subject *s, const struct subject_options *options)
{
	int namespaces = options->namespaces | (options->mounts ? CLONE_NEWNS : 0);

	s->counts = mmap(NULL, sizeof(*s->counts), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s->counts == MAP_FAILED)
		die("mmap");
	counts = s->counts;
	s->pid = namespaces ? clone_into_new(namespaces) : start_child();
	if (!s->pid)
		be_subject(options);
	s->pidfd = sys_pidfd_open(s->pid);
	if (s->pidfd < 0)
		die("pidfd_open");
	settle(s, options->threads);
}

void subject_stop(struct subject *s)
{
	kill(s->pid, SIGKILL);
	reap(s->pid);
	close(s->pidfd);
	munmap(s->counts, sizeof(*s->counts));
}

void targets_start(struct targets *t, int namespaces, unsigned int mounts)
{
	const struct subject_options options = {
		.threads = 1,
		.namespaces = namespaces,
		.mounts = mounts,
	};

	subject_start(&t->of[0], &options);
	subject_start(&t->of[1], &options);
}

void targets_stop(struct targets *t)
{
	subject_stop(&t->of[0]);
	subject_stop(&t->of[1]);
}
