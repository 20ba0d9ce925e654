// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the subject sees: how long a thread that never sleeps is held up, whether
 * its blocked threads see EINTR, and whether it loses events. Times are
 * nanoseconds: on several CPUs real ones, which is what a subject meets; on one
 * CPU with -icount instructions, with those of the caller. Rounds of attach, SIGSTOP and nothing take turns,
 * so that what else goes on on the machine meets all three alike.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define ROUNDS 1000 /* at most */
#define IDLERS 6

static struct shared {
	uint64_t gap;	/* of the spinning thread, largest since it was set to 0 */
	uint64_t turns; /* of the spinning thread */
	unsigned int eintr;
	unsigned int ready;
	unsigned int pongs;
	uint64_t received;
	uint64_t lost; /* out of order */
	bool stop;
} * shared;

static int events[2], pings[IDLERS];

static uint64_t load(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void add(unsigned int *n)
{
	__atomic_add_fetch(n, 1, __ATOMIC_SEQ_CST);
}

static int epoll_of(int fd)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		die("epoll_ctl");
	add(&shared->ready);
	return epoll;
}

static void wait_event(int epoll)
{
	struct epoll_event event;

	while (epoll_wait(epoll, &event, 1, -1) < 0) {
		if (errno != EINTR)
			die("epoll_wait");
		add(&shared->eintr);
	}
}

/* Answers pings, so that somebody can know it has seen its EINTR, if any. */
static void *idle(void *arg)
{
	const int *ping = arg;
	int epoll = epoll_of(*ping);
	uint64_t n;

	for (;;) {
		wait_event(epoll);
		if (read(*ping, &n, sizeof(n)) != sizeof(n))
			die("a ping");
		add(&shared->pongs);
	}
	return NULL;
}

/* Numbers come in, one by one: none may be missing. */
static void *receive(void *arg)
{
	int epoll = epoll_of(events[0]);
	uint64_t number, next;

	for (next = 0;; next = number + 1) {
		wait_event(epoll);
		if (read(events[0], &number, sizeof(number)) != sizeof(number))
			die("an event");
		if (number != next)
			__atomic_add_fetch(&shared->lost, 1, __ATOMIC_RELAXED);
		__atomic_add_fetch(&shared->received, 1, __ATOMIC_SEQ_CST);
	}
	return arg;
}

static _Noreturn void spin(void)
{
	uint64_t last, now;

	for (last = now_ns();; last = now) {
		now = now_ns();
		if (now - last > load(&shared->gap))
			__atomic_store_n(&shared->gap, now - last, __ATOMIC_RELAXED);
		__atomic_add_fetch(&shared->turns, 1, __ATOMIC_SEQ_CST);
	}
}

/* The last CPU is the spinning thread's; all the others' is the first one. */
static void stay_on(long cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static _Noreturn void be_spinner(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN);
	for (i = 0; i < IDLERS; i++)
		pthread_create(&thread, &attr, idle, &pings[i]);
	pthread_create(&thread, &attr, receive, NULL);
	stay_on(sysconf(_SC_NPROCESSORS_ONLN) - 1);
	spin();
}

static _Noreturn void feed(void)
{
	uint64_t number;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (number = 0; !__atomic_load_n(&shared->stop, __ATOMIC_RELAXED); number++) {
		if (write(events[1], &number, sizeof(number)) != sizeof(number))
			die("an event");
		usleep(500);
	}
	/* All that was sent must come. */
	while (load(&shared->received) < number)
		usleep(1000);
	_exit(0);
}

struct round {
	struct subject subject;
	struct targets targets;
};

static void do_nothing(const struct round *r, unsigned int i)
{
	(void)r;
	(void)i;
}

static void do_attach(const struct round *r, unsigned int i)
{
	attach_one(r->subject.pidfd, r->targets.of[i & 1].pidfd, NS_FOUR);
}

static void do_stop(const struct round *r, unsigned int i)
{
	siginfo_t info;

	(void)i;
	if (kill(r->subject.pid, SIGSTOP) || waitid(P_PID, (id_t)r->subject.pid, &info, WSTOPPED) ||
	    kill(r->subject.pid, SIGCONT) || waitid(P_PID, (id_t)r->subject.pid, &info, WCONTINUED))
		die("SIGSTOP and SIGCONT");
}

static struct way {
	const char *name;
	void (*act)(const struct round *r, unsigned int i);
	uint64_t gaps[ROUNDS];
	unsigned int eintr;
} ways[] = {
	{ .name = "nothing", .act = do_nothing },
	{ .name = "attach", .act = do_attach },
	{ .name = "sigstop", .act = do_stop },
};

#define NR_WAYS (sizeof(ways) / sizeof(*ways))

/* All blocked threads have been awake since now. */
static void ping_all(void)
{
	unsigned int before = shared->pongs;
	uint64_t received = load(&shared->received), one = 1;
	int i;

	for (i = 0; i < IDLERS; i++) {
		if (write(pings[i], &one, sizeof(one)) != sizeof(one))
			die("a ping");
	}
	while (__atomic_load_n(&shared->pongs, __ATOMIC_SEQ_CST) < before + IDLERS ||
	       load(&shared->received) < received + 2)
		usleep(300);
}

static void spinner_runs(void)
{
	uint64_t turns = load(&shared->turns);

	while (load(&shared->turns) < turns + 2)
		usleep(200);
}

/*
 * The gap counts from the act until the spinning thread is seen to run again, so
 * that little of what else goes on comes in.
 */
static void one_round(const struct round *r, struct way *way, unsigned int i)
{
	unsigned int eintr = shared->eintr;

	spinner_runs();
	__atomic_store_n(&shared->gap, 0, __ATOMIC_SEQ_CST);
	way->act(r, i);
	spinner_runs();
	way->gaps[i] = load(&shared->gap);
	ping_all();
	way->eintr += shared->eintr - eintr;
}

static void report_way(const char *prefix, const char *what, const char *name, uint64_t value)
{
	char text[64];

	snprintf(text, sizeof(text), "%s-%s-%s", prefix, what, name);
	report_one(text, 1, value);
}

static void report_ways(const char *prefix, unsigned int rounds)
{
	unsigned int w;

	for (w = 0; w < NR_WAYS; w++) {
		struct way *way = &ways[w];

		sort(way->gaps, rounds);
		report_way(prefix, "p50-ns", way->name, percentile(way->gaps, rounds, 500));
		report_way(prefix, "p99-ns", way->name, percentile(way->gaps, rounds, 990));
		report_way(prefix, "max-ns", way->name, way->gaps[rounds - 1]);
		report_way(prefix, "eintr", way->name, way->eintr);
	}
	report_way(prefix, "events", "received", shared->received);
	report_way(prefix, "events", "lost", shared->lost);
}

static void share(void)
{
	int i;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED || pipe(events))
		die("shared memory");
	for (i = 0; i < IDLERS; i++) {
		pings[i] = eventfd(0, EFD_CLOEXEC);
		if (pings[i] < 0)
			die("eventfd");
	}
}

static pid_t spinner_start(struct round *r)
{
	pid_t feeder;

	r->subject.pid = start_child();
	if (!r->subject.pid)
		be_spinner();
	r->subject.pidfd = sys_pidfd_open(r->subject.pid);
	while (__atomic_load_n(&shared->ready, __ATOMIC_RELAXED) < IDLERS + 1)
		usleep(1000);
	feeder = start_child();
	if (!feeder)
		feed();
	return feeder;
}

static void stall(const char *prefix, unsigned int rounds)
{
	struct round r;
	unsigned int i, w;
	pid_t feeder;

	device();
	share();
	targets_start(&r.targets, NS_FOUR, 0);
	feeder = spinner_start(&r);
	stay_on(0);
	usleep(100000);
	for (i = 0; i < rounds; i++) {
		for (w = 0; w < NR_WAYS; w++)
			one_round(&r, &ways[w], i);
	}
	__atomic_store_n(&shared->stop, true, __ATOMIC_RELAXED);
	reap(feeder);
	report_ways(prefix, rounds);
	kill(r.subject.pid, SIGKILL);
	reap(r.subject.pid);
	targets_stop(&r.targets);
}

void bench_stall(void)
{
	stall("stall", ROUNDS);
}

void bench_stall_one_cpu(void)
{
	stall("stall-one-cpu", 200);
}
