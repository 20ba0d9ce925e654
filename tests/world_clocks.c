// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs that check clocks, timers, signals and what they know of themselves
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "world.h"

#define MS 1000000LL

static long long ns_of(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000 * MS + ts.tv_nsec;
}

static long long ns_by_call(clockid_t clock)
{
	struct timespec ts;

	syscall(SYS_clock_gettime, clock, &ts);
	return ts.tv_sec * 1000 * MS + ts.tv_nsec;
}

static const char *never_back(clockid_t clock)
{
	long long last = ns_of(clock);

	for (int i = 0; i < 2000; i++) {
		long long now = i % 2 ? ns_by_call(clock) : ns_of(clock);

		MUST(now >= last);
		last = now;
	}
	usleep(1000);
	return NULL;
}

static const char *monotonic(void)
{
	return never_back(CLOCK_MONOTONIC);
}

static const char *boottime(void)
{
	return never_back(CLOCK_BOOTTIME);
}

static const char *cpu_time(void)
{
	return never_back(CLOCK_PROCESS_CPUTIME_ID);
}

static const char *thread_cpu_time(void)
{
	return never_back(CLOCK_THREAD_CPUTIME_ID);
}

/* Two clocks that run at the same speed. */
static const char *realtime(void)
{
	static long long offset;
	long long now = ns_of(CLOCK_REALTIME) - ns_of(CLOCK_MONOTONIC);

	MUST(!offset || (now - offset < 1000 * MS && offset - now < 1000 * MS));
	offset = now;
	usleep(2000);
	return NULL;
}

static const char *sleeps_long_enough(void)
{
	struct timespec ts = { 0, 7 * MS }, left = { 0, 0 };
	long long began = ns_of(CLOCK_MONOTONIC);

	MUST(nanosleep(&ts, &left) == 0);
	MUST(ns_of(CLOCK_MONOTONIC) - began >= 7 * MS);
	return NULL;
}

static const char *sleeps_until(void)
{
	long long until = ns_of(CLOCK_MONOTONIC) + 9 * MS;
	struct timespec ts = { until / (1000 * MS), until % (1000 * MS) };

	MUST(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == 0);
	MUST(ns_of(CLOCK_MONOTONIC) >= until);
	return NULL;
}

static const char *posix_timer(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1 };
	struct itimerspec spec = { { 0, 0 }, { 0, 6 * MS } };
	long long began = ns_of(CLOCK_MONOTONIC);
	struct timespec patience = { 60, 0 };
	siginfo_t info = { 0 };
	sigset_t set;
	timer_t timer;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	event.sigev_value.sival_int = 4711;
	MUST(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	MUST(timer_settime(timer, 0, &spec, NULL) == 0);
	MUST(sigtimedwait(&set, &info, &patience) == SIGRTMIN + 1);
	MUST(info.si_code == SI_TIMER && info.si_value.sival_int == 4711);
	MUST(ns_of(CLOCK_MONOTONIC) - began >= 6 * MS);
	MUST(timer_delete(timer) == 0);
	return NULL;
}

static volatile sig_atomic_t alarms;

static void count_alarm(int signal)
{
	(void)signal;
	alarms++;
}

static const char *interval_timer(void)
{
	struct sigaction action = { .sa_handler = count_alarm };
	struct itimerval value = { { 0, 0 }, { 0, 5000 } };
	sigset_t old, block;

	sigemptyset(&block);
	sigaddset(&block, SIGALRM);
	sigprocmask(SIG_BLOCK, &block, &old);
	sigdelset(&old, SIGALRM);
	MUST(sigaction(SIGALRM, &action, NULL) == 0);
	alarms = 0;
	MUST(setitimer(ITIMER_REAL, &value, NULL) == 0);
	MUST(sigsuspend(&old) == -1 && errno == EINTR);
	MUST(alarms == 1);
	return NULL;
}

static const char *periodic_timerfd(void)
{
	struct itimerspec spec = { { 0, 4 * MS }, { 0, 4 * MS } };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	uint64_t ticks, sum = 0;
	long long began = ns_of(CLOCK_MONOTONIC), took;

	MUST(timerfd_settime(fd, 0, &spec, NULL) == 0);
	for (int i = 0; i < 4; i++, sum += ticks)
		MUST(read(fd, &ticks, sizeof(ticks)) == sizeof(ticks));
	took = ns_of(CLOCK_MONOTONIC) - began;
	MUST((long long)sum * 4 * MS <= took);
	close(fd);
	return NULL;
}

static const char *queued_in_order(void)
{
	struct timespec none = { 0, 0 };
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < 50; i++) {
		union sigval value = { .sival_int = i };

		MUST(sigqueue(getpid(), SIGRTMIN + 2, value) == 0);
	}
	for (int i = 0; i < 50; i++) {
		MUST(sigtimedwait(&set, &info, &none) == SIGRTMIN + 2);
		MUST(info.si_value.sival_int == i && info.si_pid == getpid());
	}
	MUST(sigtimedwait(&set, &info, &none) == -1 && errno == EAGAIN);
	usleep(1000);
	return NULL;
}

static const char *mask_and_stack_stay(void)
{
	static char stack[65536];
	static sigset_t expected;
	static int set_up;
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) }, seen;
	sigset_t mask;

	if (!set_up++) {
		sigaddset(&expected, SIGUSR2);
		sigaddset(&expected, SIGWINCH);
		sigprocmask(SIG_SETMASK, &expected, NULL);
		sigaltstack(&alternate, NULL);
	}
	usleep(3000);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	MUST(sigismember(&mask, SIGUSR2) && sigismember(&mask, SIGWINCH));
	MUST(!sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGTERM));
	MUST(sigaltstack(NULL, &seen) == 0 && seen.ss_sp == stack);
	return NULL;
}

static const char *read_signalfd(void)
{
	struct signalfd_siginfo info;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	MUST(kill(getpid(), SIGUSR1) == 0);
	MUST(read(fd, &info, sizeof(info)) == sizeof(info) && info.ssi_signo == SIGUSR1);
	close(fd);
	usleep(1000);
	return NULL;
}

static const char *reaps_children(void)
{
	siginfo_t info = { 0 };
	pid_t pid = fork();

	if (!pid) {
		usleep(3000);
		_exit(42);
	}
	MUST(pid > 0);
	MUST(waitid(P_PID, (id_t)pid, &info, WEXITED) == 0);
	MUST(info.si_pid == pid && info.si_code == CLD_EXITED && info.si_status == 42);
	return NULL;
}

static const char *knows_itself(void)
{
	static pid_t pid, parent, session, group;
	static struct rlimit files;
	static cpu_set_t cpus;
	struct rlimit now;
	cpu_set_t set;

	if (!pid) {
		pid = getpid();
		parent = getppid();
		session = getsid(0);
		group = getpgrp();
		getrlimit(RLIMIT_NOFILE, &files);
		sched_getaffinity(0, sizeof(cpus), &cpus);
	}
	usleep(2000);
	getrlimit(RLIMIT_NOFILE, &now);
	sched_getaffinity(0, sizeof(set), &set);
	MUST(syscall(SYS_getpid) == pid && syscall(SYS_gettid) == pid && getppid() == parent);
	MUST(getsid(0) == session && getpgrp() == group);
	MUST(now.rlim_cur == files.rlim_cur && now.rlim_max == files.rlim_max);
	MUST(CPU_EQUAL(&set, &cpus));
	MUST(getuid() == 0 && geteuid() == 0 && getgid() == 0);
	return NULL;
}

/* Files go on being what they are, and new ones can be had through old directories. */
static const char *writes_files(void)
{
	static int dir = -1;
	char name[32], buf[64] = "";
	struct stat st;
	int fd;

	if (dir < 0)
		dir = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(name, sizeof(name), "world-%d", getpid());
	fd = openat(dir, name, O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
	MUST(fd >= 0);
	MUST(pwrite(fd, name, sizeof(name), 100) == sizeof(name));
	usleep(1000);
	MUST(pread(fd, buf, sizeof(name), 100) == sizeof(name) && !strcmp(buf, name));
	MUST(fstat(fd, &st) == 0 && st.st_size == 100 + sizeof(name));
	MUST(unlinkat(dir, name, 0) == 0);
	close(fd);
	return NULL;
}

const struct world world_clocks[] = {
	{ "monotonic", monotonic },
	{ "boottime", boottime },
	{ "cpu time", cpu_time },
	{ "cpu time of a thread", thread_cpu_time },
	{ "realtime", realtime },
	{ "nanosleep", sleeps_long_enough },
	{ "sleep until", sleeps_until },
	{ "posix timer", posix_timer },
	{ "interval timer", interval_timer },
	{ "timerfd", periodic_timerfd },
	{ "queued signals", queued_in_order },
	{ "signal mask", mask_and_stack_stay },
	{ "signalfd", read_signalfd },
	{ "children", reaps_children },
	{ "itself", knows_itself },
	{ "files", writes_files },
};

const unsigned int nr_world_clocks = sizeof(world_clocks) / sizeof(*world_clocks);
