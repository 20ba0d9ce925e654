// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Moves into a pid namespace and out of it while its init is killed: the process
 * goes with the container or stays out of it, and nothing is left of either
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "harness.h"
#include "pidmove.h"
#include "shared.h"

#define LONG_TIMEOUT 6000

/**
 * struct race - a container's init that is killed some time after the start
 * @init:	whom to kill; set last
 * @delay:	nanoseconds after @init was set
 * @done:	it was killed
 */
static struct race {
	pid_t init;
	uint64_t delay;
	uint32_t done;
	uint32_t stop;
} race;

static void *killer(void *arg)
{
	for (;;) {
		uint64_t until;
		pid_t init;

		while (!(init = GET(race.init)) && !GET(race.stop))
			sched_yield();
		if (!init)
			return arg;
		until = now_ns() + race.delay;
		while (now_ns() < until)
			;
		kill(init, SIGKILL);
		SET(race.init, 0);
		SET(race.done, 1);
	}
}

/* As light as can be: it waits to be killed. */
static pid_t start_waiting(uint64_t flags)
{
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD | flags, 0, NULL, NULL, 0);

	if (!pid) {
		for (;;)
			pause();
	}
	return pid;
}

/* No more namespaces than these can exist at once: a leaked one is missed soon. */
#define BUDGET 64

static pid_t start_init(void)
{
	pid_t pid = -1;

	for (int tries = 0; pid < 0 && tries < 5000; tries++) {
		pid = start_waiting(CLONE_NEWPID);
		if (pid > 0 || errno != ENOSPC)
			break;
		/* A cached inode of /proc holds its process' pid, and that the namespace. */
		if (tries % 1000 == 1)
			write_file("/proc/sys/vm/drop_caches", "2");
		usleep(1000);
	}
	return pid;
}

static bool dies(pid_t pid)
{
	for (int turns = 0; turns < 60000; turns++) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return true;
		usleep(100);
	}
	return false;
}

/**
 * struct tally - outcomes, and where the next kill is aimed at
 * @aim:	between those that came too late and those that did not, in ns
 * @lead:	how long after the start the call is made: an exit takes its time, and
 *		must be able to begin before
 */
struct tally {
	unsigned long moved, stayed;
	double aim, lead;
};

/* Sooner when the move won, later when the container did: half of them each. */
static void count(struct tally *t, bool moved)
{
	if (moved)
		t->moved++;
	else
		t->stayed++;
	t->aim *= moved ? 0.95 : 1 / 0.95;
}

static void begin_round(const struct tally *t, pid_t init)
{
	uint64_t call_at = now_ns() + (uint64_t)t->lead;

	/* Spread over all of the way there, and as far behind. */
	race.delay = (uint64_t)(t->aim * 2 * drand48());
	SET(race.done, 0);
	SET(race.init, init);
	while (now_ns() < call_at)
		sched_yield();
}

static void end_round(pid_t init)
{
	while (!GET(race.done))
		sched_yield();
	waitpid(init, NULL, 0);
}

/* NULL if what it came to is what the call said. */
static const char *attach_round(struct tally *t)
{
	static char text[160];
	struct nsattach_error error;
	pid_t init = start_init(), pid = start_waiting(0);
	int ret;

	if (init < 0 || pid < 0)
		return "fork";
	begin_round(t, init);
	ret = move_pids(&pid, 1, init, CLONE_NEWPID, 0, &error);
	count(t, !ret);
	if (ret) {
		/* Outside, untouched, whatever happens to the container. */
		end_round(init);
		if (ret != -ESRCH || inner_number(pid) != pid || kill(pid, 0) ||
		    waitpid(pid, NULL, WNOHANG)) {
			snprintf(text, sizeof(text), "ret %d, %s", ret, attach_error_text(&error));
			return text;
		}
		kill_and_reap(pid);
		return NULL;
	}
	/* Inside: it goes with the container, which waits for its parent to know. */
	if (!dies(pid))
		return "it outlived the container that it moved into";
	end_round(init);
	return NULL;
}

static const char *detach_round(struct tally *t)
{
	static char text[160];
	struct nsattach_error error;
	pid_t init = start_init(), pid = start_waiting(0);
	int ret = move_pids(&pid, 1, init, CLONE_NEWPID, 0, &error);

	if (ret)
		return attach_error_text(&error);
	begin_round(t, init);
	ret = detach_pid(pid, &error);
	count(t, !ret);
	/* Without a record: it had exited before it was looked for. */
	if (ret && ret != -ESRCH && ret != -ENOENT) {
		snprintf(text, sizeof(text), "ret %d, %s", ret, attach_error_text(&error));
		return text;
	}
	if (ret && !dies(pid))
		return "it outlived the container that it was in";
	end_round(init);
	if (ret)
		return NULL;
	if (inner_number(pid) != pid || waitpid(pid, NULL, WNOHANG))
		return "it died with a container that it had left";
	kill_and_reap(pid);
	return NULL;
}

static double duration_of(const char *(*round)(struct tally *t), struct tally *t)
{
	uint64_t began = now_ns();

	for (int i = 0; i < 8; i++)
		round(t);
	return (double)(now_ns() - began) / 8;
}

/* Objects of the caches of struct pid, after caches that hold some are dropped; or -1. */
static long pids_in_use(void)
{
	char line[256], name[64];
	long total = -1, nr;
	FILE *f;

	write_file("/proc/sys/vm/drop_caches", "2");
	usleep(500000);
	slabs_shrink();
	f = fopen("/proc/slabinfo", "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %ld", name, &nr) != 2)
			continue;
		if (!strcmp(name, "pid") || !strncmp(name, "pid_2", 5))
			total = nr + (total < 0 ? 0 : total);
	}
	if (f)
		fclose(f);
	return total;
}

/* Free objects of a slab that a processor has count as used: a few slabs' worth. */
#define SLAB_NOISE 200

FIXTURE(teardown)
{
	char budget[32];
};

FIXTURE_VARIANT(teardown)
{
	const char *(*round)(struct tally * t);
	const char *name;
	unsigned long quick, whole;
	double lead; /* in eighths of a round */
};

FIXTURE_VARIANT_ADD(teardown, of_attach){
	.round = attach_round,
	.name = "attach",
	.quick = 300,
	.whole = 10000,
};

FIXTURE_VARIANT_ADD(teardown, of_detach){
	.round = detach_round,
	.name = "detach",
	.quick = 150,
	.whole = 2000,
	.lead = 8,
};

FIXTURE_SETUP(teardown)
{
	char text[16];

	read_at(AT_FDCWD, "/proc/sys/user/max_pid_namespaces", self->budget, sizeof(self->budget));
	snprintf(text, sizeof(text), "%d", BUDGET);
	ASSERT_TRUE(write_file("/proc/sys/user/max_pid_namespaces", text));
}

FIXTURE_TEARDOWN(teardown)
{
	write_file("/proc/sys/user/max_pid_namespaces", self->budget);
}

static void told(const char *name, const char *what, unsigned long value)
{
	char text[64];

	snprintf(text, sizeof(text), "pid_teardown_%s_%s", name, what);
	figure(text, (long long)value);
}

TEST_F_TIMEOUT(teardown, container_that_dies_takes_it_or_leaves_it, LONG_TIMEOUT)
{
	unsigned long rounds = scaled(variant->quick, variant->whole);
	struct tally tally = { .aim = 1000000 }, warm = { .aim = 1000000 };
	pthread_t thread;
	long pids;

	NEEDS_PID_MOVE();
	ASSERT_EQ(0, pthread_create(&thread, NULL, killer, NULL));
	pids = pids_in_use();
	tally.aim = duration_of(variant->round, &warm) / 8;
	tally.lead = tally.aim * variant->lead;
	if (variant->lead)
		tally.aim = tally.lead / 2;
	for (unsigned long i = 0; i < rounds; i++)
		ASSERT_CLEAN(variant->round(&tally));
	SET(race.stop, 1);
	pthread_join(thread, NULL);
	if (pids >= 0) {
		pids = pids_in_use() - pids;
		told(variant->name, "pids_left", (unsigned long)(pids < 0 ? 0 : pids));
		EXPECT_GT(SLAB_NOISE, pids);
	}
	told(variant->name, "rounds", rounds);
	told(variant->name, "moved", tally.moved);
	told(variant->name, "not_moved", tally.stayed);
	/* A few rounds only show that both happen: the aim needs some to settle. */
	EXPECT_LE(full_scale() ? rounds / 10 : 1, tally.moved);
	EXPECT_LE(full_scale() ? rounds / 10 : 1, tally.stayed);
}

TEST_HARNESS_MAIN
