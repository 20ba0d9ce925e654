// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shared.h"
#include "sharer.h"

static int vfork_pipe[2];

/* Whoever shares memory has a stack of its own, and uses none of it. */
pid_t share(unsigned long flags)
{
	static char stack[256];
	pid_t pid;

	__asm__ volatile("syscall\n\t"
			 "test %%eax, %%eax\n\t"
			 "jnz 1f\n"
			 "2:\n\t"
			 "mov %[pause], %%eax\n\t"
			 "syscall\n\t"
			 "jmp 2b\n"
			 "1:"
			 : "=a"(pid)
			 : "a"(SYS_clone), "D"(flags | SIGCHLD), "S"(stack + sizeof(stack)), "d"(0),
			   [pause] "i"(SYS_pause)
			 : "rcx", "r11", "memory");
	return pid;
}

struct sharer *sharer_alloc(unsigned long flags)
{
	struct sharer *sharer = shared_alloc(sizeof(*sharer));

	sharer->flags = flags;
	return sharer;
}

int setup_sharer(struct subject_shared *shared, void *arg)
{
	struct sharer *sharer = arg;

	(void)shared;
	sharer->pid = share(sharer->flags);
	return sharer->pid < 0 ? -sharer->pid : 0;
}

void body_vfork(struct subject_shared *shared, unsigned int index)
{
	if (index == 1 && !vfork()) {
		char c;

		/* The child of a vfork may do very little: this is a bare call. */
		syscall(SYS_read, vfork_pipe[0], &c, 1);
		_exit(0);
	}
	if (index == 1)
		ADD(shared->rounds, 1);
	body_wait(shared, index);
}

const char *start_vfork(struct subject *s, unsigned int threads, uint64_t unshare)
{
	struct subject_options options = { .threads = threads, .unshare = unshare,
					   .body = body_vfork };
	const char *bad = pipe(vfork_pipe) ? "pipe" : subject_start(s, &options);

	if (bad)
		return bad;
	return UNTIL(task_state(s->pid, subject_tid(s, 1)) == 'D') ? NULL : "it is not stuck";
}

bool end_vfork(void)
{
	return write(vfork_pipe[1], "x", 1) == 1;
}
