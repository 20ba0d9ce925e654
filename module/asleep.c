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
 * on a file, socket, futex key or timer, which has references of its own. If one
 * wakes during the commit and looks at current->fs or nsproxy, it finds the old
 * or the new; the commit waits for it before it frees the old (commit.c). One that
 * is killed meets its task_work before it exits (get_signal()), and stays; but not
 * one that cgroup v1 froze at the boundary, behind that place (commit.c). Not
 * here: semop, msgsnd and msgrcv when the ipc namespace changes (they go on with
 * the old one, and exit_sem() would free an undo entry under a sleeping semop);
 * clone, exec, setns, unshare (they would overwrite what was switched).
 *
 * Nobody is left asleep when credentials change: a thread that wakes may exchange
 * its own on its way out (task_work of others, security modules, override_creds),
 * and the kernel uses them without a reference for as long as a call lasts.
 */
#include <linux/fs.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/stat.h>
#include <linux/unistd.h>
#include <asm/syscall.h>

#include "asleep.h"
#include "compat/compat.h"

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
		return true;
#ifdef __NR_futex_wait
	case __NR_futex_wait:
		return true;
#endif
	}
	return false;
}

/*
 * A file can do anything in its write (pktgen's keeps a bare network namespace);
 * pipes and sockets are known.
 */
static bool writes_to_stream(struct task_struct *task, unsigned int fd)
{
	umode_t mode = nsa_task_fd_mode(task, fd);

	return S_ISFIFO(mode) || S_ISSOCK(mode);
}

struct entry {
	int nr;			/* system call, negative without */
	unsigned int fd;	/* its first argument */
	bool inside;		/* not finished: its result is not there yet */
};

/*
 * What a thread entered the kernel with; of one that runs, nothing to rely on. The
 * stack may go.
 */
static bool read_entry(struct task_struct *task, struct entry *e)
{
	struct pt_regs *regs;
	void *stack;

	rcu_read_lock();
	stack = READ_ONCE(task->stack);
	if (stack) {
		regs = (struct pt_regs *)(stack + THREAD_SIZE - TOP_OF_KERNEL_STACK_PADDING) - 1;
		e->nr = syscall_get_nr(task, regs);
		e->fd = regs->di;
		e->inside = nsa_call_unfinished(regs);
	}
	rcu_read_unlock();
	return stack;
}

bool nsa_is_running(struct task_struct *task)
{
	/* Pairs with the scheduler's release: off the CPU for all to see. */
	if (nsa_is_runnable(task) || smp_load_acquire(&task->on_cpu))
		return true;
	/* With PREEMPT_RT it sleeps in the middle of what it does. */
	return READ_ONCE(task->__state) & TASK_RTLOCK_WAIT;
}

static bool is_at_rest(struct task_struct *task)
{
	/*
	 * It may be on its way out with the store of TASK_RUNNING not seen yet;
	 * then it is on a CPU, which was stored many barriers ago.
	 */
	smp_rmb(); /* the state before on_rq and on_cpu */
	if (nsa_is_running(task))
		return false;
	/* do_exit() sleeps interruptibly for io_uring before PF_EXITING. */
	if (READ_ONCE(task->flags) & (PF_KTHREAD | NSA_PF_WORKER | PF_EXITING | PF_POSTCOREDUMP))
		return false;
	/* Stopped and frozen: siglock decides about the stop. */
	if (task_is_stopped_or_traced(task))
		return false;
	return !(task_thread_info(task)->status & TS_COMPAT);
}

/*
 * Its rings may want another worker of it (io_uring/io-wq.c, create_io_worker()):
 * one that wakes for that in the middle of the commit would make a thread with
 * what was before. Only a thread that has used a ring is asked.
 */
static bool may_make_workers(const struct task_struct *task)
{
#ifdef CONFIG_IO_URING
	return READ_ONCE(task->io_uring);
#else
	return false;
#endif
}

static bool may_switch_in(struct task_struct *task, const struct entry *e, u64 moves)
{
	if (is_sysv_wait(e->nr))
		return !(moves & CLONE_NEWIPC);
	if (e->nr == __NR_write || e->nr == __NR_writev)
		return writes_to_stream(task, e->fd);
	return is_plain_wait(e->nr);
}

bool nsa_in_plain_wait(struct task_struct *task)
{
	struct entry e;

	return read_entry(task, &e) && is_plain_wait(e.nr);
}

bool nsa_in_child_wait(struct task_struct *task)
{
	struct entry e;

	return read_entry(task, &e) && (e.nr == __NR_wait4 || e.nr == __NR_waitid);
}

bool nsa_is_asleep(struct task_struct *task, u64 moves)
{
	unsigned int state = READ_ONCE(task->__state);
	struct entry e;

	if (moves & CLONE_NEWUSER || !(state & (TASK_INTERRUPTIBLE | TASK_FROZEN)) ||
	    !is_at_rest(task) || !read_entry(task, &e) || READ_ONCE(task->__state) != state)
		return false;
	if (!(state & TASK_FROZEN) && may_make_workers(task))
		return false;
	/* Frozen by cgroup v1 at the boundary, after whatever it did. */
	if (state & TASK_FROZEN && (e.nr < 0 || !e.inside))
		return true;
	return may_switch_in(task, &e, moves);
}
