// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transparent restart
 *
 * TWA_SIGNAL pulls a thread out of an interruptible system call. Most calls then
 * return one of the -ERESTART codes and are restarted, because no signal is
 * there. The ones that signal(7) lists as "never restarted", also for a stop
 * signal, return -EINTR, which the program would see. A task_work runs before
 * the arch code decides about restarting, so for those calls -EINTR can still be
 * made -ERESTARTNOHAND: restarted if no signal handler runs, -EINTR if one does.
 *
 * Only calls that have done nothing when they say -EINTR are in the table; close()
 * for one has, and must never be called again. Their relative timeouts start anew.
 */
#include <linux/compat.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/net.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/unistd.h>
#include <asm/syscall.h>

#include "compat/compat.h"
#include "restart.h"

/* read() and write() are only known to be harmless on sockets (timeouts). */
static bool is_socket(unsigned int fd)
{
	struct file *file = fget(fd);
	bool is = file && sock_from_file(file);

	if (file)
		fput(file);
	return is;
}

static bool may_restart(int nr, const struct pt_regs *regs)
{
	unsigned long args[6];

	switch (nr) {
	case __NR_epoll_wait:
	case __NR_epoll_pwait:
	case __NR_epoll_pwait2:
	case __NR_semop:
	case __NR_semtimedop:
	case __NR_rt_sigtimedwait:
	case __NR_io_getevents:
	case __NR_io_pgetevents:
	case __NR_accept:
	case __NR_accept4:
	case __NR_connect:
	case __NR_recvfrom:
	case __NR_recvmsg:
	case __NR_recvmmsg:
	case __NR_sendto:
	case __NR_sendmsg:
	case __NR_sendmmsg:
	case __NR_fallocate:
		return true;
	case __NR_read:
	case __NR_readv:
	case __NR_write:
	case __NR_writev:
	case __NR_sendfile:
		syscall_get_arguments(current, (struct pt_regs *)regs, args);
		return is_socket(args[0]);
	case __NR_splice:
		syscall_get_arguments(current, (struct pt_regs *)regs, args);
		return is_socket(args[0]) || is_socket(args[2]);
	}
	return false;
}

void nsa_restart_transparently(void)
{
	struct pt_regs *regs = current_pt_regs();
	int nr = syscall_get_nr(current, regs);

	if (current->flags & (PF_EXITING | PF_KTHREAD | NSA_PF_WORKER))
		return;
	/* In a stop at its entry (ptrace_notify() runs task_works): it shall not end for this. */
	if (nr != -1 && nsa_call_unfinished(regs)) {
		clear_notify_signal();
		return;
	}
	if (task_sigpending(current))
		return;
	if (in_compat_syscall() || nr == -1 || syscall_get_error(current, regs) != -EINTR)
		return;
	if (!may_restart(nr, regs))
		return;
	syscall_set_return_value(current, regs, -ERESTARTNOHAND, 0);
	/* The arch code may have decided before: have it look again. */
	set_thread_flag(TIF_NOTIFY_SIGNAL);
}
