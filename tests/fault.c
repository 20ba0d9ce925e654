// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fault.h"
#include "shared.h"

#define FAILSLAB "/sys/kernel/debug/failslab/"

bool fault_begin(void)
{
	/* verbose would put a stack into the log for each of them. */
	return access("/proc/thread-self/fail-nth", W_OK) == 0 &&
	       write_file(FAILSLAB "verbose", "0") &&
	       write_file(FAILSLAB "ignore-gfp-wait", "N");
}

void fault_end(void)
{
	write_file(FAILSLAB "ignore-gfp-wait", "Y");
}

int fault_open(pid_t pid, pid_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/fail-nth", pid, tid);
	return open(path, O_RDWR | O_CLOEXEC);
}

bool fault_arm(int fd, unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	return pwrite(fd, text, (size_t)len, 0) == len;
}

bool fault_fired(int fd)
{
	char text[16] = "";

	/* What is left to count. */
	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return false;
	fault_arm(fd, 0);
	return atoi(text) == 0;
}
