// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The clock, and the lines that the runner reads, with tabs between their words:
 * figure: NAME X MEDIAN P10 P90 RUNS
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "bench.h"

/* Caches of the kernel (slabs, dentries) are filled after these. */
#define WARM 3

void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

uint64_t instructions(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void sort(uint64_t *v, unsigned int n)
{
	qsort(v, n, sizeof(*v), by_value);
}

uint64_t percentile(const uint64_t *sorted, unsigned int n, unsigned int per_mille)
{
	unsigned int at = (uint64_t)n * per_mille / 1000;

	return sorted[at < n ? at : n - 1];
}

void report(const char *name, long x, uint64_t *v, unsigned int n)
{
	sort(v, n);
	printf("figure:\t%s\t%ld\t%llu\t%llu\t%llu\t%u\n", name, x,
	       (unsigned long long)percentile(v, n, 500), (unsigned long long)percentile(v, n, 100),
	       (unsigned long long)percentile(v, n, 900), n);
}

void report_one(const char *name, long x, uint64_t value)
{
	report(name, x, &value, 1);
}

/*
 * All that the guest executes for anything: a process of the lowest priority
 * counts what passes while it does not run itself.
 */
static struct meter {
	uint64_t busy;
} * meter;

/* One round of the loop takes less, one interrupt more. */
#define OWN_ROUND 60

static _Noreturn void be_meter(void)
{
	const struct sched_param none = {};
	uint64_t last, now;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (sched_setscheduler(0, SCHED_IDLE, &none))
		die("SCHED_IDLE");
	for (last = instructions();; last = now) {
		now = instructions();
		if (now - last > OWN_ROUND)
			__atomic_add_fetch(&meter->busy, now - last, __ATOMIC_RELAXED);
	}
}

static pid_t meter_start(void)
{
	pid_t pid;

	meter = mmap(NULL, sizeof(*meter), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (meter == MAP_FAILED)
		die("mmap");
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid)
		be_meter();
	return pid;
}

static uint64_t busy(void)
{
	return meter ? __atomic_load_n(&meter->busy, __ATOMIC_RELAXED) : 0;
}

/* How many tasks run or want to, us and the meter included. */
static int nr_running(void)
{
	static int fd = -1;
	char text[64];
	ssize_t n;
	char *p;

	if (fd < 0)
		fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
	n = pread(fd, text, sizeof(text) - 1, 0);
	if (n <= 0)
		die("/proc/loadavg");
	text[n] = '\0';
	for (p = text, n = 0; n < 3 && (p = strchr(p, ' ')); n++)
		p++;
	return p ? atoi(p) : 1;
}

/* Until all that was set off has ended. */
static void rest(void)
{
	do {
		usleep(2000);
	} while (nr_running() > (meter ? 2 : 1));
}

static void run(const char *name, long x, unsigned int runs, bench_op *op, void *arg, bool rested)
{
	uint64_t *v = calloc(runs, sizeof(*v));
	unsigned int i;

	if (!v)
		die("calloc");
	for (i = 0; i < WARM + runs; i++) {
		uint64_t begin;

		if (rested)
			rest();
		begin = instructions();
		op(i, arg);
		if (i >= WARM)
			v[i - WARM] = instructions() - begin;
	}
	report(name, x, v, runs);
	free(v);
}

void measure(const char *name, long x, unsigned int runs, bench_op *op, void *arg)
{
	run(name, x, runs, op, arg, true);
}

void measure_in_row(const char *name, long x, unsigned int runs, bench_op *op, void *arg)
{
	run(name, x, runs, op, arg, false);
}

void measure_work(const char *name, long x, unsigned int runs, bench_op *op, void *arg)
{
	uint64_t *v = calloc(runs, sizeof(*v));
	pid_t pid = meter_start();
	unsigned int i;

	if (!v)
		die("calloc");
	for (i = 0; i < WARM + runs; i++) {
		uint64_t begin;

		rest();
		begin = busy();
		op(i, arg);
		rest();
		if (i >= WARM)
			v[i - WARM] = busy() - begin;
	}
	report(name, x, v, runs);
	free(v);
	kill(pid, SIGKILL);
	reap(pid);
	munmap(meter, sizeof(*meter));
	meter = NULL;
}
