// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What everybody else does, with nothing attached and no module loaded: calls
 * that run through what the kernel patches touch
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define RUNS 2000

/* Written by the child, read by its parent. */
static uint64_t *child_clock;

static uint64_t *samples;

static void op_getpid(unsigned int i, void *arg)
{
	unsigned int n;

	(void)i;
	(void)arg;
	for (n = 0; n < 100; n++)
		syscall(SYS_getpid);
}

static void op_kill(unsigned int i, void *arg)
{
	const pid_t *pid = arg;

	(void)i;
	if (kill(*pid, 0))
		die("kill");
}

static void nothing(int signal)
{
	(void)signal;
}

static void op_signal(unsigned int i, void *arg)
{
	(void)i;
	(void)arg;
	if (kill(getpid(), SIGUSR1))
		die("kill");
}

static void op_setns(unsigned int i, void *arg)
{
	struct targets *t = arg;

	if (setns(t->of[i & 1].pidfd, NS_FOUR))
		die("setns");
}

static void *return_at_once(void *arg)
{
	return arg;
}

static void op_thread(unsigned int i, void *arg)
{
	pthread_t thread;

	(void)i;
	(void)arg;
	if (pthread_create(&thread, NULL, return_at_once, NULL) || pthread_join(thread, NULL))
		die("thread");
}

static void op_pidfd(unsigned int i, void *arg)
{
	const pid_t *pid = arg;
	int fd = sys_pidfd_open(*pid);

	(void)i;
	if (fd < 0 || close(fd))
		die("pidfd_open");
}

static pid_t fork_raw(void)
{
	pid_t pid = (pid_t)syscall(SYS_fork);

	if (pid < 0)
		die("fork");
	return pid;
}

/* Until the parent goes on. */
static uint64_t one_fork(void)
{
	uint64_t begin = instructions(), end;
	pid_t pid = fork_raw();

	if (!pid)
		_exit(0);
	end = instructions();
	reap(pid);
	return end - begin;
}

/* From the child's last call until its parent knows. */
static uint64_t one_exit(void)
{
	pid_t pid = fork_raw();

	if (!pid) {
		*child_clock = instructions();
		_exit(0);
	}
	reap(pid);
	return instructions() - *child_clock;
}

/* The same with a program in between, which does nothing but end. */
static uint64_t one_exec(void)
{
	pid_t pid = fork_raw();

	if (!pid) {
		*child_clock = instructions();
		execl("/bin/bench-true", "bench-true", NULL);
		_exit(1);
	}
	reap(pid);
	return instructions() - *child_clock;
}

static void sample(const char *name, uint64_t (*one)(void))
{
	unsigned int i;

	for (i = 0; i < 20; i++)
		one();
	for (i = 0; i < RUNS; i++)
		samples[i] = one();
	report(name, 1, samples, RUNS);
}

static void setns_by_itself(void)
{
	struct targets targets;
	pid_t pid;

	targets_start(&targets, NS_FOUR, 0);
	pid = start_child();
	if (!pid) {
		measure_in_row("others-setns", 1, RUNS, op_setns, &targets);
		exit(0);
	}
	reap(pid);
	targets_stop(&targets);
}

void bench_others(void)
{
	const struct subject_options sleeper = { .threads = 1 };
	struct subject s;

	child_clock = mmap(NULL, sizeof(*child_clock), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	samples = calloc(RUNS, sizeof(*samples));
	if (child_clock == MAP_FAILED || !samples)
		die("memory");
	signal(SIGUSR1, nothing);
	subject_start(&s, &sleeper);
	measure_in_row("others-getpid-100", 1, RUNS, op_getpid, NULL);
	measure_in_row("others-kill", 1, RUNS, op_kill, &s.pid);
	measure_in_row("others-signal", 1, RUNS, op_signal, NULL);
	measure_in_row("others-pidfd", 1, RUNS, op_pidfd, &s.pid);
	measure_in_row("others-thread", 1, RUNS, op_thread, NULL);
	subject_stop(&s);
	sample("others-fork", one_fork);
	sample("others-exit", one_exit);
	sample("others-exec", one_exec);
	setns_by_itself();
	free(samples);
}
