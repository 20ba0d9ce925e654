// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Moves into a pid namespace and out of it while others look at the process, and
 * while the container goes away
 */
#include <dirent.h>
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

#define THREADS 4
#define LONG_TIMEOUT 6000

/**
 * struct watch - what the readers share with the test
 * @pid:	whom they look at
 * @places:	where it may be
 * @stop:	set by the test
 * @looks:	how often they looked
 * @inside:	how often they saw it inside
 * @bad:	numbers that it never had
 * @told:	the first of these
 */
struct watch {
	pid_t pid;
	const struct place *places;
	uint32_t stop;
	uint32_t looks;
	uint32_t inside;
	uint32_t bad;
	char told[160];
};

static struct watch *watch;

static void complain(const char *what, const char *text)
{
	if (ADD(watch->bad, 1) == 1)
		snprintf(watch->told, sizeof(watch->told), "%s: %.100s", what, text);
}

/* One or two numbers, each of them the one it has outside. */
static void judge(const char *what, const char *text)
{
	int n = 0;

	for (char *end; *text; text = end) {
		long nr = strtol(text, &end, 10);

		if (end == text)
			break;
		n++;
		if (nr != watch->pid || n > 2)
			complain(what, text);
	}
	ADD(watch->looks, 1);
	if (n == 2)
		ADD(watch->inside, 1);
}

static void read_outside(void)
{
	char text[64];

	snprintf(text, sizeof(text), "%s", task_status(watch->pid, watch->pid, "NSpid"));
	judge("/proc outside", text);
	snprintf(text, sizeof(text), "%s", task_status(watch->pid, watch->pid, "NSpgid"));
	ADD(watch->looks, !!text[0]);
}

static void read_inside(void)
{
	char path[96], buf[4096], *line;

	for (int i = 0; i < 2; i++) {
		DIR *dir;

		snprintf(path, sizeof(path), "/proc/%d/root/proc/%d/status", watch->places[i].pid,
			 watch->pid);
		line = strstr(read_at(AT_FDCWD, path, buf, sizeof(buf)), "\nNSpid:\t");
		/* It may have left between the lookup and the line: no number then. */
		if (line && atoi(line + 8) != watch->pid && line[8] != '\n')
			complain("/proc inside", line + 8);
		snprintf(path, sizeof(path), "/proc/%d/root/proc", watch->places[i].pid);
		dir = opendir(path);
		while (dir && readdir(dir))
			;
		if (dir)
			closedir(dir);
		ADD(watch->looks, 1);
	}
}

static void read_pidfd(void)
{
	char path[64], buf[512], *line;
	int fd = pidfd_of(watch->pid);

	if (fd < 0 || syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0))
		complain("pidfd", strerror(errno));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	line = strstr(read_at(AT_FDCWD, path, buf, sizeof(buf)), "NSpid:\t");
	judge("fdinfo", line ? line + 7 : "0");
	close(fd);
}

/* From outside, and from inside by the number there. */
static void send_signals(void)
{
	if (kill(watch->pid, SIGCONT))
		complain("kill outside", strerror(errno));
	/* 0 is the session of the first process. */
	if (getpgid(watch->pid) < 0 || getsid(watch->pid) < 0)
		complain("getpgid outside", strerror(errno));
	ADD(watch->looks, 1);
}

static void start_reader(void (*look)(void))
{
	if (fork_child())
		return;
	while (!GET(watch->stop))
		look();
	_exit(0);
}

/* A process inside that signals whoever it sees. */
static void start_insider(const struct place *place)
{
	int fd = pidfd_of(place->pid);

	if (fork_child()) {
		close(fd);
		return;
	}
	if (setns(fd, CLONE_NEWPID))
		_exit(1);
	if (!fork()) {
		while (!GET(watch->stop)) {
			if (kill(watch->pid, 0) && errno != ESRCH)
				complain("kill inside", strerror(errno));
			kill(-1, SIGCONT);
			/* And takes numbers, so that the idr is not at rest. */
			if (!fork())
				_exit(0);
			wait(NULL);
			ADD(watch->looks, 1);
		}
		_exit(0);
	}
	wait(NULL);
	_exit(0);
}

static void stop_readers(void)
{
	SET(watch->stop, 1);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

FIXTURE(storm)
{
	struct place places[2];
	struct subject subject;
};

FIXTURE_SETUP(storm)
{
	struct subject_options options = { .threads = THREADS };

	if (!pid_move_works())
		return;
	ASSERT_CLEAN(place_start(&self->places[0], 1, NS_BASE));
	ASSERT_CLEAN(place_start(&self->places[1], 2, NS_BASE));
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	watch = shared_alloc(sizeof(*watch));
	watch->pid = self->subject.pid;
	watch->places = self->places;
}

FIXTURE_TEARDOWN(storm)
{
	if (!self->subject.pid)
		return;
	subject_stop(&self->subject);
	place_stop(&self->places[0]);
	place_stop(&self->places[1]);
}

/* Children of the insider may have its number for a moment. */
static int move_to(const struct place *place, struct nsattach_error *error)
{
	int ret;

	do {
		ret = move_pid(watch->pid, place, CLONE_NEWPID, 0, error);
	} while (ret == -EEXIST);
	return ret;
}

TEST_F_TIMEOUT(storm, readers_never_see_another_number, LONG_TIMEOUT)
{
	unsigned long moves = scaled(150, 5000);
	struct nsattach_error error;

	NEEDS_PID_MOVE();
	start_reader(read_outside);
	start_reader(read_inside);
	start_reader(read_pidfd);
	start_reader(send_signals);
	start_insider(&self->places[0]);
	start_insider(&self->places[1]);
	for (unsigned long i = 0; i < moves; i++) {
		ASSERT_ATTACHED(move_to(&self->places[i % 2], &error), error);
		ASSERT_CLEAN(not_numbered(&self->subject, THREADS, 2));
		ASSERT_ATTACHED(detach_pid(watch->pid, &error), error);
		ASSERT_CLEAN(not_numbered(&self->subject, THREADS, 1));
		ASSERT_EQ(0, GET(watch->bad))
		{
			TH_LOG("%s", watch->told);
		}
	}
	SET(watch->stop, 1);
	EXPECT_LT(0, GET(watch->inside));
	/* In and out. */
	figure("pid_moves_under_readers", 2 * (long long)moves);
	figure("pid_moves_reader_looks", GET(watch->looks));
	figure("pid_moves_wrong_numbers", GET(watch->bad));
	kill_and_reap(self->subject.pid);
	self->subject.pid = 0;
	kill(self->places[0].pid, SIGKILL);
	kill(self->places[1].pid, SIGKILL);
	stop_readers();
}

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
 */
struct tally {
	unsigned long moved, stayed;
	double aim;
};

/* Sooner when the move won, later when the container did: half of them each. */
static void count(struct tally *t, bool moved)
{
	if (moved)
		t->moved++;
	else
		t->stayed++;
	t->aim *= moved ? 0.95 : 1.05;
}

static void begin_round(const struct tally *t, pid_t init)
{
	/* Spread over all of the way there, and as far behind. */
	race.delay = (uint64_t)(t->aim * 2 * drand48());
	SET(race.done, 0);
	SET(race.init, init);
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
	const char *(*round)(struct tally *t);
	const char *name;
	unsigned long quick, whole;
};

FIXTURE_VARIANT_ADD(teardown, of_attach) {
	.round = attach_round, .name = "attach", .quick = 300, .whole = 10000,
};

FIXTURE_VARIANT_ADD(teardown, of_detach) {
	.round = detach_round, .name = "detach", .quick = 150, .whole = 2000,
};

FIXTURE_SETUP(teardown)
{
	char text[16];

	read_at(AT_FDCWD, "/proc/sys/user/max_pid_namespaces", self->budget,
		sizeof(self->budget));
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
	EXPECT_LE(rounds / 10, tally.moved);
	EXPECT_LE(rounds / 10, tally.stayed);
}

TEST_HARNESS_MAIN
