// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a move is made of elsewhere: the floor, and the ways to stop a process
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

static const unsigned int thread_counts[] = { 1, 8, 64, 256 };

static void op_nothing(unsigned int i, void *arg)
{
	(void)i;
	(void)arg;
}

static void op_setns(unsigned int i, void *arg)
{
	struct targets *t = arg;

	if (setns(t->of[i & 1].pidfd, NS_FOUR))
		die("setns");
}

/* In a child: it does not come back. */
static void setns_by_itself(struct targets *t)
{
	pid_t pid = start_child();

	if (!pid) {
		measure_in_row("setns", 1, 1000, op_setns, t);
		exit(0);
	}
	reap(pid);
}

struct pipes {
	int there[2], back[2];
};

static void op_round_trip(unsigned int i, void *arg)
{
	struct pipes *p = arg;
	char c = (char)i;

	if (write(p->there[1], &c, 1) != 1 || read(p->back[0], &c, 1) != 1)
		die("pipe");
}

static _Noreturn void answer(const struct pipes *p)
{
	char c;

	close(p->there[1]);
	while (read(p->there[0], &c, 1) == 1 && write(p->back[1], &c, 1) == 1)
		;
	_exit(0);
}

static void round_trip(void)
{
	struct pipes p;
	pid_t pid;

	if (pipe(p.there) || pipe(p.back))
		die("pipe");
	pid = start_child();
	if (!pid)
		answer(&p);
	close(p.there[0]);
	measure_in_row("pipe-round-trip", 1, 1000, op_round_trip, &p);
	close(p.there[1]);
	close(p.back[0]);
	close(p.back[1]);
	reap(pid);
}

static void op_pidfd(unsigned int i, void *arg)
{
	const struct targets *t = arg;
	int fd = sys_pidfd_open(t->of[i & 1].pid);

	if (fd < 0)
		die("pidfd_open");
	close(fd);
}

static void op_four_files(unsigned int i, void *arg)
{
	static const char *const names[] = { "mnt", "net", "uts", "ipc" };
	const struct targets *t = arg;
	char path[64];
	unsigned int n;
	int fd[4];

	for (n = 0; n < 4; n++) {
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", t->of[i & 1].pid, names[n]);
		fd[n] = open(path, O_RDONLY | O_CLOEXEC);
		if (fd[n] < 0)
			die(path);
	}
	for (n = 0; n < 4; n++)
		close(fd[n]);
}

static void op_getpid(unsigned int i, void *arg)
{
	(void)i;
	(void)arg;
	syscall(SYS_getpid);
}

static void op_fork(unsigned int i, void *arg)
{
	pid_t pid = fork();

	(void)i;
	(void)arg;
	if (pid < 0)
		die("fork");
	if (!pid)
		_exit(0);
	reap(pid);
}

/* What must cost nobody anything as long as nothing is attached. */
static void unused(void)
{
	measure_in_row("getpid", 1, 1000, op_getpid, NULL);
	measure("fork-exit-wait", 1, 200, op_fork, NULL);
}

/* How many nanoseconds CLOCK_MONOTONIC counts in a million instructions. */
static void clock_of_instructions(void)
{
	struct timespec from, to;
	uint64_t begin;

	clock_gettime(CLOCK_MONOTONIC, &from);
	begin = instructions();
	while (instructions() - begin < 100000000)
		;
	clock_gettime(CLOCK_MONOTONIC, &to);
	report_one("monotonic-ns", 1000000,
		   ((uint64_t)(to.tv_sec - from.tv_sec) * 1000000000 + (uint64_t)to.tv_nsec -
		    (uint64_t)from.tv_nsec) /
			   100);
}

void bench_floor(void)
{
	struct targets t;

	targets_start(&t, NS_FOUR, 0);
	clock_of_instructions();
	measure_in_row("clock", 1, 1000, op_nothing, NULL);
	measure_work("sleep-work", 1, 100, op_nothing, NULL);
	unused();
	setns_by_itself(&t);
	round_trip();
	measure_in_row("pidfd-open-close", 1, 1000, op_pidfd, &t);
	measure_in_row("four-ns-files", 1, 1000, op_four_files, &t);
	targets_stop(&t);
}

static void op_stop(unsigned int i, void *arg)
{
	const struct subject *s = arg;
	siginfo_t info;

	(void)i;
	if (kill(s->pid, SIGSTOP) || waitid(P_PID, (id_t)s->pid, &info, WSTOPPED) ||
	    kill(s->pid, SIGCONT) || waitid(P_PID, (id_t)s->pid, &info, WCONTINUED))
		die("SIGSTOP and SIGCONT");
}

/* Runs that fit in the time: what is measured costs about the same per thread. */
static unsigned int runs_for(unsigned int threads)
{
	return threads < 8 ? 500 : threads < 64 ? 200 : threads < 256 ? 100 : 40;
}

void bench_stop(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(thread_counts) / sizeof(*thread_counts); i++) {
		const struct subject_options options = { .threads = thread_counts[i] };
		struct subject s;

		subject_start(&s, &options);
		measure("sigstop-sigcont", options.threads, runs_for(options.threads), op_stop, &s);
		measure_work("sigstop-sigcont-work", options.threads, 20, op_stop, &s);
		report_one("sigstop-sigcont-eintr", options.threads, s.counts->eintr);
		subject_stop(&s);
	}
}

#define CGROUP "/sys/fs/cgroup/bench"

struct cgroup {
	int freeze, events;
};

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

/*
 * cgroup.events says "frozen 1" when all of them are. Looked at in turns with
 * them: its notifications come late, at most one in 10 ms.
 */
static void wait_frozen(const struct cgroup *c, const char *line)
{
	char text[128];
	ssize_t n;

	for (;;) {
		n = pread(c->events, text, sizeof(text) - 1, 0);
		if (n < 0)
			die("cgroup.events");
		text[n] = '\0';
		if (strstr(text, line))
			return;
		sched_yield();
	}
}

static void op_freeze(unsigned int i, void *arg)
{
	const struct cgroup *c = arg;

	(void)i;
	if (pwrite(c->freeze, "1", 1, 0) != 1)
		die("cgroup.freeze");
	wait_frozen(c, "frozen 1");
	if (pwrite(c->freeze, "0", 1, 0) != 1)
		die("cgroup.freeze");
	wait_frozen(c, "frozen 0");
}

void bench_freeze(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(thread_counts) / sizeof(*thread_counts); i++) {
		const struct subject_options options = { .threads = thread_counts[i] };
		struct cgroup c;
		struct subject s;
		char pid[16];

		if (mkdir(CGROUP, 0755))
			die(CGROUP);
		subject_start(&s, &options);
		snprintf(pid, sizeof(pid), "%d", s.pid);
		write_file(CGROUP "/cgroup.procs", pid);
		c.freeze = open(CGROUP "/cgroup.freeze", O_WRONLY);
		c.events = open(CGROUP "/cgroup.events", O_RDONLY);
		measure("cgroup-freeze-thaw", options.threads, runs_for(options.threads), op_freeze,
			&c);
		measure_work("cgroup-freeze-thaw-work", options.threads, 20, op_freeze, &c);
		report_one("cgroup-freeze-thaw-eintr", options.threads, s.counts->eintr);
		close(c.freeze);
		close(c.events);
		subject_stop(&s);
		rmdir(CGROUP);
	}
}
