// SPDX-License-Identifier: GPL-2.0-or-later
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "ahead.h"
#include "nstype.h"
#include "shared.h"
#include "snapshot.h"

static void make(unsigned int seconds, pid_t *inner)
{
	char offset[64];
	pid_t pid;

	snprintf(offset, sizeof(offset), "monotonic %u 0\nboottime %u 0\n", seconds, seconds);
	if (unshare(CLONE_NEWTIME) || !write_file("/proc/self/timens_offsets", offset))
		_exit(1);
	pid = fork_child();
	if (pid)
		SET(*inner, pid);
	for (;;)
		pause();
}

const char *ahead_start(struct ahead *ahead, unsigned int seconds)
{
	pid_t *inner = shared_alloc(sizeof(*inner));

	ahead->maker = fork_child();
	if (!ahead->maker)
		make(seconds, inner);
	if (!UNTIL(GET(*inner) || task_state(ahead->maker, ahead->maker) == 'Z') || !GET(*inner))
		return "no time namespace";
	ahead->pid = GET(*inner);
	ahead->ns = task_ns(ahead->pid, ahead->pid, "time");
	return NULL;
}

void ahead_stop(struct ahead *ahead)
{
	if (ahead->pid)
		kill(ahead->pid, SIGKILL);
	kill_and_reap(ahead->maker);
}
