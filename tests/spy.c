// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "attach.h"
#include "shared.h"
#include "spy.h"

struct spying *spying;

static pid_t victim;

static bool can_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char names[512];
	/* Some are opened by anybody and refuse to be read. */
	bool good = fd >= 0 && (read(fd, names, 1) > 0 ||
				syscall(SYS_getdents64, fd, names, sizeof(names)) > 0);

	if (fd >= 0)
		close(fd);
	return good;
}

static long get_at_it(pid_t pid)
{
	static const char *const files[] = { "mem", "fd/0", "environ", "root/place", "cwd/.",
					     "map_files", "stack", "syscall" };
	char byte, path[64];
	struct iovec mine = { &byte, 1 }, theirs = { (void *)&victim, 1 };
	int pidfd = pidfd_of(pid);
	long won = !ptrace(PTRACE_SEIZE, pid, 0, 0) ? 1 : 0;

	won |= syscall(SYS_process_vm_readv, pid, &mine, 1, &theirs, 1, 0) > 0 ? 2 : 0;
	won |= syscall(SYS_pidfd_getfd, pidfd, 0, 0) >= 0 ? 4 : 0;
	close(pidfd);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, files[i]);
		won |= can_read(path) ? 8L << i : 0;
	}
	return won;
}

/* The first of the threads moves first, and the last one is there the longest. */
long spy(char *text)
{
	const pid_t *tids = (void *)text;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/environ", tids[1]);
	while (!GET(spying->stop)) {
		long won = get_at_it(tids[0]);

		for (int i = 0; i < 100; i++)
			won |= can_read(path) ? 1 << 16 : 0;
		SET(spying->won, GET(spying->won) | (uint32_t)won);
		ADD(spying->tries, 1);
	}
	return 0;
}
