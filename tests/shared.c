// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/futex.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "shared.h"

void *shared_alloc(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

int futex_wait(uint32_t *word, uint32_t value)
{
	return syscall(SYS_futex, word, FUTEX_WAIT, value, NULL, NULL, 0) ? -errno : 0;
}

int futex_wake(uint32_t *word)
{
	return (int)syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

bool full_scale(void)
{
	const char *scale = getenv("NSATTACH_TEST_SCALE");
	const char *lab = getenv("NSATTACH_SCALE");

	return (scale && !strcmp(scale, "full")) || (lab && !strcmp(lab, "whole"));
}

unsigned long scaled(unsigned long quick, unsigned long full)
{
	return full_scale() ? full : quick;
}

unsigned int slowness(void)
{
	const char *text = getenv("NSATTACH_SLOWNESS");

	return text && atoi(text) > 0 ? (unsigned int)atoi(text) : 1;
}

void figure(const char *name, long long value)
{
	printf("figure: %s %lld\n", name, value);
	fflush(stdout);
}

void die_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Seen from inside a new pid namespace the parent is always 0. */
	if (getppid() != parent && getppid() != 0)
		_exit(1);
}

pid_t fork_child(void)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (!pid)
		die_with(parent);
	return pid;
}

void *idle_thread(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

void kill_and_reap(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
}

const char *read_at(int dir, const char *path, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t got;
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);

	buf[0] = '\0';
	if (fd < 0)
		return buf;
	while (len + 1 < size && (got = read(fd, buf + len, size - 1 - len)) > 0)
		len += (size_t)got;
	buf[len] = '\0';
	close(fd);
	return buf;
}

bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good;

	if (fd < 0)
		return false;
	good = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return good;
}

void slabs_shrink(void)
{
	glob_t files;

	if (glob("/sys/kernel/slab/*/shrink", 0, NULL, &files))
		return;
	for (size_t i = 0; i < files.gl_pathc; i++)
		write_file(files.gl_pathv[i], "1");
	globfree(&files);
}

static const char *task_file(pid_t pid, pid_t tid, const char *name, char *buf, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", pid, tid, name);
	return read_at(AT_FDCWD, path, buf, size);
}

char task_state(pid_t pid, pid_t tid)
{
	char buf[512];
	const char *end = strrchr(task_file(pid, tid, "stat", buf, sizeof(buf)), ')');

	return end ? end[2] : 0;
}

/* PF_EXITING of include/linux/sched.h, in field 9 of proc_pid_stat(5). */
#define FLAG_EXITING 0x4

bool task_is_exiting(pid_t pid, pid_t tid)
{
	char buf[512];
	const char *end = strrchr(task_file(pid, tid, "stat", buf, sizeof(buf)), ')');
	unsigned int flags = 0;

	if (!end || sscanf(end, ") %*c %*d %*d %*d %*d %*d %u", &flags) != 1)
		return true;
	return flags & FLAG_EXITING;
}

long task_syscall(pid_t pid, pid_t tid)
{
	char buf[256];

	task_file(pid, tid, "syscall", buf, sizeof(buf));
	return buf[0] >= '0' && buf[0] <= '9' ? strtol(buf, NULL, 10) : -1;
}

const char *task_status(pid_t pid, pid_t tid, const char *key)
{
	static char buf[8192];
	char *line = buf;
	char *end;

	task_file(pid, tid, "status", buf, sizeof(buf));
	for (; line && *line; line = end ? end + 1 : NULL) {
		end = strchr(line, '\n');
		if (strncmp(line, key, strlen(key)) || line[strlen(key)] != ':')
			continue;
		if (end)
			*end = '\0';
		line += strlen(key) + 1;
		return line + strspn(line, "\t ");
	}
	return "";
}

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

void spin(unsigned long turns)
{
	for (turns *= slowness(); turns; turns--)
		__asm__ volatile("");
}
