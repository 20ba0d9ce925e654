// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that need not be woken
 *
 * Most threads of most daemons sleep in one of a few system calls that hold no
 * pointer to a namespace while they sleep, and take none from current->nsproxy
 * for later. Such a thread can be switched in its sleep: it notices nothing, no
 * call is interrupted or restarted, no timeout changes, and no cycle is spent on
 * it. With a task_work queued (TWA_RESUME, which does not interrupt) it can not
 * reach user mode either before it has run that.
 *
 * Checked call by call in 6.1, 6.12 and 7.2: what they use after a sleep hangs
 * on a file, socket, futex key or timer, which has references of its own. Not
 * here: semop, msgsnd and msgrcv when the ipc namespace changes (they go on with
 * the old one, and exit_sem() would free an undo entry under a sleeping semop);
 * clone, exec, setns, unshare (they would overwrite what was switched).
 */
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/unistd.h>
#include <asm/syscall.h>

#include "asleep.h"

/* These hold a naked pointer to the ipc namespace they sleep in. */
static bool is_sysv_wait(int nr)
{
	return nr == __NR_msgrcv || nr == __NR_msgsnd || nr == __NR_semop ||
	       nr == __NR_semtimedop;
}

static bool is_plain_wait(int nr)
{
	switch (nr) {
	case __NR_accept:
	case __NR_accept4:
	case __NR_clock_nanosleep:
	case __NR_connect:
	case __NR_epoll_pwait:
	case __NR_epoll_pwait2:
	case __NR_epoll_wait:
	case __NR_fcntl:
	case __NR_flock:
	case __NR_futex:
	case __NR_futex_waitv:
	case __NR_io_getevents:
	case __NR_io_pgetevents:
	case __NR_mq_timedreceive:
	case __NR_mq_timedsend:
	case __NR_nanosleep:
	case __NR_pause:
	case __NR_poll:
	case __NR_ppoll:
	case __NR_pselect6:
	case __NR_read:
	case __NR_readv:
	case __NR_recvfrom:
	case __NR_recvmmsg:
	case __NR_recvmsg:
	case __NR_restart_syscall:
	case __NR_rt_sigsuspend:
	case __NR_rt_sigtimedwait:
	case __NR_select:
	case __NR_sendmmsg:
	case __NR_sendmsg:
	case __NR_sendto:
	case __NR_wait4:
	case __NR_waitid:
	case __NR_write:
	case __NR_writev:
		return true;
	}
	return false;
}

/* Calls that read their own nsproxy and write another one later. */
static bool changes_nsproxy(int nr)
{
	switch (nr) {
	case __NR_clone:
	case __NR_clone3:
	case __NR_execve:
	case __NR_execveat:
	case __NR_fork:
	case __NR_setns:
	case __NR_unshare:
	case __NR_vfork:
		return true;
	}
	return false;
}

bool nsa_is_asleep(struct task_struct *task, bool ipc)
{
	unsigned int state = READ_ONCE(task->__state);
	int nr;

	if (!(state & (TASK_INTERRUPTIBLE | TASK_FROZEN)) ||
	    task->flags & (PF_KTHREAD | PF_IO_WORKER | PF_EXITING))
		return false;
	/*
	 * It may be on its way out with the store of TASK_RUNNING not seen yet;
	 * then it is on a CPU, which was stored many barriers ago.
	 */
	smp_rmb();
	if (READ_ONCE(task->on_rq) || smp_load_acquire(&task->on_cpu))
		return false;
	if (task_thread_info(task)->status & TS_COMPAT)
		return false;
	nr = syscall_get_nr(task, task_pt_regs(task));
	if (is_sysv_wait(nr))
		return !ipc;
	/* Frozen by cgroup v1: at the boundary, or in a wait that can be frozen. */
	return state & TASK_FROZEN ? !changes_nsproxy(nr) : is_plain_wait(nr);
}
