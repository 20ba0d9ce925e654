// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "exec_loop.h"
#include "shared.h"

static struct lives *lives_map(int fd)
{
	void *p = mmap(NULL, sizeof(struct lives), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

struct lives *lives_alloc(uint32_t others, bool by_thread)
{
	int fd = memfd_create("lives", 0);
	int exe = open("/proc/self/exe", O_RDONLY);
	struct lives *lives;

	if (fd < 0 || exe < 0 || ftruncate(fd, sizeof(*lives)))
		return NULL;
	lives = lives_map(fd);
	if (lives)
		*lives = (struct lives){ .others = others, .by_thread = by_thread,
					 .fd = fd, .exe = exe };
	return lives;
}

void lives_rest(const struct lives *lives)
{
	const struct timespec pause = { lives->rest_ms / 1000, lives->rest_ms % 1000 * 1000000L };

	if (lives->rest_ms && !GET(lives->hot))
		syscall(SYS_futex, &lives->hot, FUTEX_WAIT, 0, &pause, NULL, 0);
}

void lives_heat(struct lives *lives, bool hot)
{
	SET(lives->hot, hot);
	futex_wake(&lives->hot);
}

void exec_for_ever(const struct lives *lives)
{
	char fd[16];
	char *argv[] = { (char *)"exec-loop", fd, NULL };
	char *envp[] = { NULL };

	snprintf(fd, sizeof(fd), "%d", lives->fd);
	syscall(SYS_execveat, lives->exe, "", argv, envp, AT_EMPTY_PATH);
}

static void *exec_thread(void *arg)
{
	struct lives *lives = arg;

	exec_for_ever(lives);
	SET(lives->failed, errno);
	return NULL;
}

static void __attribute__((constructor)) exec_main(int argc, char **argv)
{
	struct lives *lives;
	pthread_t thread;

	if (argc != 2 || strcmp(argv[0], "exec-loop"))
		return;
	lives = lives_map(atoi(argv[1]));
	if (!lives)
		_exit(1);
	ADD(lives->execs, 1);
	if (GET(lives->stop))
		_exit(0);
	for (uint32_t i = 0; i < lives->others; i++)
		pthread_create(&thread, NULL, idle_thread, NULL);
	lives_rest(lives);
	if (!lives->by_thread)
		exec_thread(lives);
	else if (!pthread_create(&thread, NULL, exec_thread, lives))
		idle_thread(NULL);
	_exit(1);
}
