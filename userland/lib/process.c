// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Processes: pidfds and what /proc says of them
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

int read_line(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	*buf = '\0';
	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return strlen(buf);
}

int path_format(char path[PATH_MAX], const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(path, PATH_MAX, format, args);
	va_end(args);
	if (n >= 0 && n < PATH_MAX)
		return 1;
	*path = '\0';
	return 0;
}

int read_field(const char *path, const char *name, long *value)
{
	FILE *f = fopen(path, "re");
	size_t len = strlen(name);
	char line[256];
	int err = -ENODATA;

	if (!f)
		return -errno;
	while (err && fgets(line, sizeof(line), f)) {
		if (strncmp(line, name, len) || line[len] != ':')
			continue;
		*value = strtol(line + len + 1, NULL, 10);
		err = 0;
	}
	fclose(f);
	return err;
}

int read_stat(pid_t pid, char buf[STAT_MAX], char **state)
{
	char path[64], *p;
	int len;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	len = read_line(path, buf, STAT_MAX);
	if (len <= 0)
		return len ? len : -ESRCH;
	p = strrchr(buf, ')');
	if (!p || p[1] != ' ' || !p[2])
		return -EBADMSG;
	*state = p + 2;
	return 0;
}

char *stat_field(char *state, int number)
{
	char *p = state;

	for (int field = 3; p && field < number; field++)
		p = strchr(p + 1, ' ');
	return p;
}

static int has_exited(pid_t tid)
{
	char buf[STAT_MAX], *state;

	return read_stat(tid, buf, &state) || *state == 'Z' || *state == 'X';
}

pid_t live_task(pid_t pid)
{
	struct dirent *entry;
	char path[64];
	pid_t tid = 0;
	DIR *dir;

	if (!has_exited(pid))
		return pid;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && !tid && (entry = readdir(dir)))
		if (atoi(entry->d_name) > 0 && !has_exited(atoi(entry->d_name)))
			tid = atoi(entry->d_name);
	if (dir)
		closedir(dir);
	return tid ?: pid;
}

EXPORT pid_t nsattach_thread_leader(pid_t tid)
{
	char path[64];
	long leader;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	if (read_field(path, "Tgid", &leader) || leader <= 0)
		return -ESRCH;
	return leader;
}

EXPORT int nsattach_pidfd_open(pid_t pid)
{
	int fd = syscall(SYS_pidfd_open, pid, 0);
	int err = errno;
	pid_t leader;

	if (fd >= 0)
		return fd;
	/* a thread that does not lead is EINVAL or ENOENT, as the kernel's age has it */
	if (pid > 0 && (err == EINVAL || err == ENOENT)) {
		leader = nsattach_thread_leader(pid);
		return leader > 0 && leader != pid ? -EINVAL : -ESRCH;
	}
	return -err;
}

EXPORT pid_t nsattach_pidfd_pid(int pidfd)
{
	char path[64];
	long pid;
	int err;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	err = read_field(path, "Pid", &pid);
	if (err)
		return err == -ENODATA ? -EINVAL : err;
	return pid > 0 ? pid : -ESRCH;
}

EXPORT int nsattach_start_time(pid_t pid, unsigned long long *ticks)
{
	char buf[STAT_MAX], *state, *p;
	int err = read_stat(pid, buf, &state);

	if (err)
		return err == -EBADMSG ? err : -ESRCH;
	p = stat_field(state, 22);
	if (!p)
		return -EBADMSG;
	*ticks = strtoull(p, NULL, 10);
	return 0;
}
