// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Wherever else a process' number is kept, it goes on meaning the same process
 * after a move into a pid namespace: outside under the number that it had, inside
 * under the one that it got.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "harness.h"
#include "pid_calls.h"
#include "pidmove.h"
#include "shared.h"

FIXTURE(places)
{
	struct place a;
	struct subject subject;
	pid_t taker;
	int nr;
};

FIXTURE_VARIANT(places)
{
	uint32_t flags;
};

FIXTURE_VARIANT_ADD(places, same_number) { .flags = 0 };
FIXTURE_VARIANT_ADD(places, other_number) { .flags = NSATTACH_F_PID_RENUMBER };

/* In all threads, so that signals wait for call_sender_of_signal(). */
static int block_signals(struct subject_shared *shared, void *arg)
{
	(void)arg;
	return (int)call_block_signals(shared->text);
}

FIXTURE_SETUP(places)
{
	struct subject_options options = { .threads = 2, .setup = block_signals };
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	if (!pid_move_works())
		return;
	calls_init();
	setrlimit(RLIMIT_CORE, &unlimited);
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	if (variant->flags)
		self->taker = start_inside(self->a.pid, self->subject.pid);
	ASSERT_LE(0, self->taker);
}

FIXTURE_TEARDOWN(places)
{
	if (!self->a.pid)
		return;
	subject_stop(&self->subject);
	kill_and_reap(self->taker);
	place_stop(&self->a);
}

/* Into the pid namespace only: the rest of its world is still ours. */
#define ENTER()                                                                                \
	do {                                                                                   \
		struct nsattach_error error_;                                                  \
		ASSERT_ATTACHED(move_pid(self->subject.pid, &self->a, CLONE_NEWPID,            \
					 variant->flags, &error_),                             \
				error_);                                                       \
		self->nr = inner_number(self->subject.pid);                                    \
		ASSERT_EQ(!variant->flags, self->subject.pid == self->nr);                     \
	} while (0)

/* A file of the subject in the procfs instance of the container. */
static int open_inside(const struct place *p, int nr, const char *file)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/%d/root/proc/%d/%s", p->pid, nr, file);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static bool listed_inside(const struct place *p, int nr)
{
	struct dirent *entry;
	bool found = false;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/root/proc", p->pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		found = found || atoi(entry->d_name) == nr;
	if (dir)
		closedir(dir);
	return found;
}

/* The last number in a line of a pidfd's fdinfo. */
static int fdinfo_number(int fd, const char *key)
{
	char path[64], buf[512], *line, *end;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	read_at(AT_FDCWD, path, buf, sizeof(buf));
	line = strstr(buf, key);
	if (!line)
		return -1;
	end = strchr(line + 1, '\n');
	if (end)
		*end = '\0';
	return atoi(strrchr(line, '\t') + 1);
}

TEST_F(places, pidfd_still_means_it)
{
	struct pollfd dead = { .events = POLLIN };

	NEEDS_PID_MOVE();
	dead.fd = pidfd_of(self->subject.pid);
	ENTER();
	EXPECT_EQ(0, syscall(SYS_pidfd_send_signal, dead.fd, 0, NULL, 0));
	EXPECT_EQ(self->subject.pid, fdinfo_number(dead.fd, "\nPid:"));
	EXPECT_EQ(self->nr, fdinfo_number(dead.fd, "\nNSpid:"));
	EXPECT_EQ(0, poll(&dead, 1, 0));
	ASSERT_EQ(0, syscall(SYS_pidfd_send_signal, dead.fd, SIGKILL, NULL, 0));
	EXPECT_EQ(1, poll(&dead, 1, 60000));
	close(dead.fd);
}

TEST_F(places, both_procfs_instances_show_it)
{
	char path[64], buf[4096];
	int dir, fd;

	NEEDS_PID_MOVE();
	snprintf(path, sizeof(path), "/proc/%d", self->subject.pid);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_LE(0, dir);
	EXPECT_FALSE(listed_inside(&self->a, self->subject.pid) && !self->taker);
	ENTER();
	read_at(dir, "status", buf, sizeof(buf));
	EXPECT_NE(NULL, strstr(buf, "NSpid:"));
	EXPECT_TRUE(listed_inside(&self->a, self->nr));
	fd = open_inside(&self->a, self->nr, "status");
	ASSERT_LE(0, fd);
	snprintf(path, sizeof(path), "\nPid:\t%d\n", self->nr);
	ASSERT_LT(0, read(fd, buf, sizeof(buf) - 1));
	EXPECT_NE(NULL, strstr(buf, path));
	close(fd);
	close(dir);
}

TEST_F(places, directory_inside_is_gone_after_a_detach)
{
	struct nsattach_error error;
	char buf[4096];
	int dir;

	NEEDS_PID_MOVE();
	ENTER();
	dir = open_inside(&self->a, self->nr, "");
	ASSERT_LE(0, dir);
	EXPECT_NE(0, read_at(dir, "status", buf, sizeof(buf))[0]);
	ASSERT_ATTACHED(detach_pid(self->subject.pid, &error), error);
	EXPECT_FALSE(listed_inside(&self->a, self->nr));
	EXPECT_EQ(-1, open_inside(&self->a, self->nr, "status"));
	EXPECT_EQ(ENOENT, errno);
	/* The inode that was open is the same process', wherever it is now. */
	EXPECT_NE(NULL, strstr(read_at(dir, "status", buf, sizeof(buf)), "\nPid:\t0\n"));
	close(dir);
}

TEST_F(places, both_procfs_instances_forget_the_dead)
{
	char path[64], buf[4096];
	int dir;

	NEEDS_PID_MOVE();
	ENTER();
	dir = open_inside(&self->a, self->nr, "");
	ASSERT_LE(0, dir);
	kill_and_reap(self->subject.pid);
	snprintf(path, sizeof(path), "/proc/%d", self->subject.pid);
	EXPECT_EQ(-1, access(path, F_OK));
	EXPECT_FALSE(listed_inside(&self->a, self->nr));
	EXPECT_EQ(0, read_at(dir, "status", buf, sizeof(buf))[0]);
	close(dir);
	self->subject.pid = 0;
}

TEST_F(places, credentials_on_sockets_are_translated)
{
	NEEDS_PID_MOVE();
	ASSERT_EQ(0, subject_call(&self->subject, call_listen));
	ENTER();
	EXPECT_EQ(self->nr, subject_call(&self->subject, call_send_credentials));
	EXPECT_EQ(self->subject.pid, credentials_received());
	/* Whoever is not seen inside is process 0 there. */
	credentials_send();
	EXPECT_EQ(0, subject_call(&self->subject, call_receive_credentials));
	EXPECT_EQ(self->subject.pid, peer_of_listener());
}

static int kill_from_inside(void *arg)
{
	int *who = arg;

	who[1] = getpid();
	return kill(who[0], SIGUSR1) ? 1 : 0;
}

TEST_F(places, signals_tell_the_sender_as_the_receiver_sees_it)
{
	siginfo_t info;
	int *who;

	NEEDS_PID_MOVE();
	who = shared_alloc(2 * sizeof(*who));
	ENTER();
	ASSERT_EQ(0, kill(self->subject.pid, SIGUSR1));
	EXPECT_EQ(0, subject_call(&self->subject, call_sender_of_signal));
	who[0] = self->nr;
	ASSERT_EQ(0, inside(&self->a, kill_from_inside, who));
	EXPECT_EQ(who[1], subject_call(&self->subject, call_sender_of_signal));

	ASSERT_EQ(0, kill(self->subject.pid, SIGKILL));
	ASSERT_EQ(0, waitid(P_PID, (id_t)self->subject.pid, &info, WEXITED | WNOWAIT));
	EXPECT_EQ(self->subject.pid, info.si_pid);
}

TEST_F(places, owner_of_a_descriptor_is_still_the_owner)
{
	NEEDS_PID_MOVE();
	ASSERT_EQ(0, fcntl(wire[1], F_SETOWN, self->subject.pid));
	ASSERT_EQ(0, fcntl(wire[1], F_SETSIG, SIGUSR1));
	ASSERT_EQ(0, fcntl(wire[1], F_SETFL, O_ASYNC));
	ENTER();
	EXPECT_EQ(self->subject.pid, fcntl(wire[1], F_GETOWN));
	EXPECT_EQ(self->nr, subject_call(&self->subject, call_owner));
	ASSERT_EQ(1, write(wire[0], "x", 1));
	EXPECT_LE(0, subject_call(&self->subject, call_sender_of_signal));
}

TEST_F(places, timers_and_cpu_clocks_go_on)
{
	struct timespec used;
	clockid_t clock;

	NEEDS_PID_MOVE();
	ASSERT_EQ(0, subject_call(&self->subject, call_start_timers));
	ENTER();
	EXPECT_EQ(0, subject_call(&self->subject, call_await_timers));
	EXPECT_EQ(0, subject_call(&self->subject, call_own_clock));
	ASSERT_EQ(0, clock_getcpuclockid(self->subject.pid, &clock));
	EXPECT_EQ(0, clock_gettime(clock, &used));
}

TEST_F(places, message_queue_notifies_it)
{
	NEEDS_PID_MOVE();
	ASSERT_EQ(0, subject_call(&self->subject, call_await_message));
	ENTER();
	ASSERT_EQ(0, mq_send(queue, "x", 1, 0));
	EXPECT_LE(0, subject_call(&self->subject, call_sender_of_signal));
}

TEST_F(places, cached_thread_ids_go_on_working)
{
	NEEDS_PID_MOVE();
	ASSERT_EQ(0, subject_call(&self->subject, call_hold_mutexes));
	ENTER();
	EXPECT_EQ(0, subject_call(&self->subject, call_pthread_kill));
	EXPECT_EQ(self->nr, subject_call(&self->subject, call_cached_number));
	/* A futex word keeps the number as it was: with another one it is lost. */
	if (variant->flags)
		return;
	EXPECT_EQ(0, subject_call(&self->subject, call_release_mutex));
	EXPECT_EQ(EOWNERDEAD, subject_call(&self->subject, call_recover_mutex));
}

TEST_F(places, cached_thread_id_of_each_thread_is_its_own_there_and_back)
{
	struct nsattach_error error;
	int nr[MAX_NUMBERS];
	pid_t tid, taker = 0;

	NEEDS_PID_MOVE();
	tid = (pid_t)subject_call(&self->subject, call_start_sleeper);
	ASSERT_LT(0, tid);
	if (variant->flags)
		taker = start_inside(self->a.pid, tid);
	ENTER();
	ASSERT_EQ(2, numbers_of(self->subject.pid, tid, "NSpid", nr));
	ASSERT_EQ(!variant->flags, nr[1] == tid);
	EXPECT_EQ(self->nr, subject_call(&self->subject, call_cached_number));
	EXPECT_EQ(nr[1], subject_call(&self->subject, call_cached_number_of_sleeper));
	ASSERT_ATTACHED(detach_pid(self->subject.pid, &error), error);
	EXPECT_EQ(self->subject.pid, subject_call(&self->subject, call_cached_number));
	EXPECT_EQ(tid, subject_call(&self->subject, call_cached_number_of_sleeper));
	kill_and_reap(taker);
}

TEST_F(places, word_that_is_no_cached_thread_id_stays_as_it_is)
{
	long word;

	NEEDS_PID_MOVE();
	word = subject_call(&self->subject, call_own_word);
	ASSERT_LT(0, word);
	ENTER();
	EXPECT_EQ(word, subject_call(&self->subject, call_read_own_word));
}

TEST_F(places, cached_thread_id_of_a_stopped_one_is_right_when_it_goes_on)
{
	int status;

	NEEDS_PID_MOVE();
	ASSERT_EQ(self->subject.pid, subject_call(&self->subject, call_cached_number));
	ASSERT_EQ(0, kill(self->subject.pid, SIGSTOP));
	ASSERT_EQ(self->subject.pid, waitpid(self->subject.pid, &status, WUNTRACED));
	ENTER();
	ASSERT_EQ(0, kill(self->subject.pid, SIGCONT));
	EXPECT_EQ(self->nr, subject_call(&self->subject, call_cached_number));
}

TEST_F(places, can_be_traced_by_its_number_outside)
{
	int status;

	NEEDS_PID_MOVE();
	ENTER();
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, self->subject.pid, 0, 0));
	ASSERT_EQ(0, ptrace(PTRACE_INTERRUPT, self->subject.pid, 0, 0));
	ASSERT_EQ(self->subject.pid, waitpid(self->subject.pid, &status, __WALL));
	EXPECT_TRUE(WIFSTOPPED(status));
	ASSERT_EQ(0, ptrace(PTRACE_DETACH, self->subject.pid, 0, 0));
	EXPECT_EQ(self->nr, subject_call(&self->subject, call_getpid));
}

TEST_F(places, session_that_it_gets_is_its_own_to_lead)
{
	NEEDS_PID_MOVE();
	ASSERT_EQ(-EPERM, subject_call(&self->subject, call_claim_terminal));
	ENTER();
	EXPECT_EQ(0, subject_call(&self->subject, call_claim_terminal));
	EXPECT_EQ(self->nr, subject_call(&self->subject, call_terminal_group));
}

TEST_F(places, leader_of_a_terminal_keeps_it)
{
	pid_t group;

	NEEDS_PID_MOVE();
	ASSERT_EQ(0, subject_call(&self->subject, call_take_terminal));
	ENTER();
	EXPECT_EQ(self->nr, subject_call(&self->subject, call_terminal_group));
	ASSERT_EQ(0, ioctl(terminal, TIOCGPGRP, &group));
	EXPECT_EQ(self->subject.pid, group);
	/* ^C at the terminal reaches it. */
	ASSERT_EQ(1, write(terminal, "\003", 1));
	EXPECT_LE(0, subject_call(&self->subject, call_sender_of_signal));
}

TEST_F(places, core_pattern_tells_both_numbers)
{
	char pattern[256], path[64];
	int status;

	NEEDS_PID_MOVE();
	read_at(AT_FDCWD, "/proc/sys/kernel/core_pattern", pattern, sizeof(pattern));
	ENTER();
	ASSERT_TRUE(write_file("/proc/sys/kernel/core_pattern", "/tmp/core.%p.%P"));
	ASSERT_EQ(0, kill(self->subject.pid, SIGABRT));
	ASSERT_EQ(self->subject.pid, waitpid(self->subject.pid, &status, 0));
	ASSERT_TRUE(write_file("/proc/sys/kernel/core_pattern", pattern));
	EXPECT_TRUE(WCOREDUMP(status));
	snprintf(path, sizeof(path), "/tmp/core.%d.%d", self->nr, self->subject.pid);
	EXPECT_EQ(0, unlink(path));
	self->subject.pid = 0;
}

static int read_number(void *arg)
{
	char buf[64] = "";

	lseek(*(int *)arg, 0, SEEK_SET);
	if (read(*(int *)arg, buf, sizeof(buf) - 1) < 0)
		return 1;
	/* The last line: the other process of the group has no number inside. */
	return atoi(buf) % 200;
}

static long long read_counter(const char *dir, const char *file)
{
	char path[320], buf[64];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return atoll(read_at(AT_FDCWD, path, buf, sizeof(buf)));
}

TEST_F(places, cgroup_lists_and_counts_it)
{
	char dir[288], path[320], text[16];
	long long count;
	int fd;

	NEEDS_PID_MOVE();
	snprintf(dir, sizeof(dir), "%s/numbers", cgroup2_dir());
	mkdir(dir, 0755);
	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	snprintf(text, sizeof(text), "%d", self->subject.pid);
	ASSERT_TRUE(write_file(path, text));
	count = read_counter(dir, "pids.current");
	EXPECT_EQ(2, count);
	ENTER();
	EXPECT_EQ(self->subject.pid, read_counter(dir, "cgroup.procs"));
	fd = open(path, O_RDONLY);
	EXPECT_EQ(self->nr % 200, inside(&self->a, read_number, &fd));
	EXPECT_EQ(count, read_counter(dir, "pids.current"));
	close(fd);
	subject_stop(&self->subject);
	EXPECT_TRUE(UNTIL(!rmdir(dir) || errno == ENOENT));
}

static int open_task_clock(pid_t pid)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_TASK_CLOCK,
	};

	return (int)syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

TEST_F(places, perf_counts_on)
{
	uint64_t before = 0, after = 0;
	int fd, late;

	NEEDS_PID_MOVE();
	fd = open_task_clock(self->subject.pid);
	ASSERT_LE(0, fd);
	ENTER();
	ASSERT_EQ(8, read(fd, &before, sizeof(before)));
	ASSERT_EQ(0, subject_call(&self->subject, call_own_clock));
	ASSERT_EQ(8, read(fd, &after, sizeof(after)));
	EXPECT_LT(before, after);
	late = open_task_clock(self->subject.pid);
	EXPECT_LE(0, late);
	close(late);
	close(fd);
}

TEST_F(places, ring_goes_on)
{
	NEEDS_PID_MOVE();
	ASSERT_EQ(0, subject_call(&self->subject, call_ring_open));
	ENTER();
	EXPECT_EQ(0, subject_call(&self->subject, call_ring_nop));
}

TEST_F(places, exec_by_another_thread_takes_the_leaders_numbers)
{
	int nr[MAX_NUMBERS] = { 0 };
	char path[64], buf[64];

	NEEDS_PID_MOVE();
	ENTER();
	subject_call_begin(&self->subject, call_exec_in_a_thread);
	snprintf(path, sizeof(path), "/proc/%d/comm", self->subject.pid);
	ASSERT_TRUE(UNTIL(!strncmp(read_at(AT_FDCWD, path, buf, sizeof(buf)), "busybox", 7)));
	EXPECT_EQ(2, numbers_of(self->subject.pid, self->subject.pid, "NSpid", nr));
	EXPECT_EQ(self->subject.pid, nr[0]);
	EXPECT_EQ(self->nr, nr[1]);
	EXPECT_TRUE(listed_inside(&self->a, self->nr));
}

TEST_F(places, zombie_leader_moves_with_its_threads)
{
	int nr[MAX_NUMBERS] = { 0 };
	pid_t tid;

	NEEDS_PID_MOVE();
	tid = subject_tid(&self->subject, 1);
	ASSERT_TRUE(subject_exit_leader(&self->subject));
	ENTER();
	EXPECT_EQ(2, numbers_of(self->subject.pid, tid, "NSpid", nr));
	EXPECT_EQ('Z', task_state(self->subject.pid, self->subject.pid));
	EXPECT_TRUE(listed_inside(&self->a, self->nr));
}

TEST_HARNESS_MAIN
