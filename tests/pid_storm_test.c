// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Moves into a pid namespace and out of it while others look at the process
 */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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

/*
 * One or two numbers, each of them the one it has outside; the second is 0 when
 * it left between the look at how many there are and the look at that one.
 */
static void judge(const char *what, const char *text)
{
	int n = 0;

	for (char *end; *text; text = end) {
		long nr = strtol(text, &end, 10);

		if (end == text)
			break;
		n++;
		if ((nr != watch->pid && !(n == 2 && !nr)) || n > 2)
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
		/* It may have left since the lookup: no number then, or 0. */
		if (line && atoi(line + 8) != watch->pid && atoi(line + 8))
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
	/* They look whenever the mover waits, and do not keep it from moving. */
	setpriority(PRIO_PROCESS, 0, 10);
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
	setpriority(PRIO_PROCESS, 0, 10);
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

TEST_HARNESS_MAIN
