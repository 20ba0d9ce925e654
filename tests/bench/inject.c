// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What people do without nsattach: a debugger makes the process call setns
 * itself. This one is as quick as it can be made: it writes no memory, because a
 * process that is blocked has a syscall instruction right before its ip, and it
 * stops the process once per call. It moves one thread, can not work under a
 * seccomp filter, beside another tracer or without the process's own privileges,
 * and a blocked call may see EINTR.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define SYSCALL_SIZE 2

static void wait_stop(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		die("a traced process did not stop");
}

static long call(pid_t pid, const struct user_regs_struct *before, long nr, long a, long b)
{
	struct user_regs_struct regs = *before;

	regs.rip -= SYSCALL_SIZE;
	regs.rax = (unsigned long long)nr;
	regs.orig_rax = -1ULL;
	regs.rdi = (unsigned long long)a;
	regs.rsi = (unsigned long long)b;
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs) || ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL))
		die("ptrace");
	wait_stop(pid);
	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs))
		die("ptrace");
	return (long)regs.rax;
}

static void inject(pid_t pid, pid_t target, int namespaces)
{
	struct user_regs_struct regs;
	long fd;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) || ptrace(PTRACE_INTERRUPT, pid, NULL, NULL))
		die("ptrace");
	wait_stop(pid);
	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs))
		die("ptrace");
	fd = call(pid, &regs, SYS_pidfd_open, target, 0);
	if (fd < 0 || call(pid, &regs, SYS_setns, fd, namespaces) ||
	    call(pid, &regs, SYS_close, fd, 0))
		die("an injected call");
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs) || ptrace(PTRACE_DETACH, pid, NULL, NULL))
		die("ptrace");
}

struct injection {
	struct subject subject;
	struct targets targets;
};

static void op_inject(unsigned int i, void *arg)
{
	const struct injection *in = arg;

	inject(in->subject.pid, in->targets.of[i & 1].pid, NS_FOUR);
}

void bench_inject(void)
{
	const struct subject_options options = { .threads = 1 };
	struct injection in;

	targets_start(&in.targets, NS_FOUR, 0);
	subject_start(&in.subject, &options);
	measure("ptrace-injection", 1, 200, op_inject, &in);
	measure_work("ptrace-injection-work", 1, 20, op_inject, &in);
	report_one("ptrace-injection-eintr", 1, in.subject.counts->eintr);
	subject_stop(&in.subject);
	targets_stop(&in.targets);
}
