// SPDX-License-Identifier: GPL-2.0-only
/*
 * The threads' side of the rendezvous, see gather.c: what each does when its
 * task_work runs
 */
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "commit.h"
#include "compat/compat.h"
#include "fs.h"
#include "meet.h"
#include "pid.h"
#include "restart.h"
#include "thread.h"

static void wake_caller(struct nsa_op *op)
{
	op->kicked = true;
	wake_up_process(op->caller);
}

bool nsa_all_parked(struct nsa_op *op)
{
	unsigned int i;

	lockdep_assert_held(&op->lock);
	if (op->stale || op->slow)
		return false;
	for (i = 0; i < op->nr_subjects; i++) {
		struct nsa_subject *s = &op->subjects[i];
		unsigned int nr = s->nr_parked + s->nr_asleep;

		/* A process that was reaped has no threads either. */
		if (!nr || nr != get_nr_threads(s->leader))
			return false;
		if (!nsa_fs_ready(s))
			return false;
	}
	return true;
}

void nsa_finish_locked(struct nsa_op *op, enum nsa_op_state state)
{
	struct nsa_thread *th;

	lockdep_assert_held(&op->lock);
	WRITE_ONCE(op->state, state);
	for (th = nsa_first(op); th; th = nsa_next(th)) {
		/* Not one that saw the state and may sleep elsewhere again. */
		if (READ_ONCE(th->waits))
			wake_up_process(th->task);
	}
	wake_caller(op);
}

void nsa_finish(struct nsa_op *op, enum nsa_op_state state)
{
	spin_lock(&op->lock);
	nsa_finish_locked(op, state);
	spin_unlock(&op->lock);
}

void nsa_count_fs(struct nsa_thread *th, int n)
{
	if (!th->fs)
		return;
	th->fs->nr_threads += n;
	if (n > 0)
		th->fs->holder = th;
}

bool nsa_as_prepared(struct nsa_thread *th)
{
	struct task_struct *task = th->task;

	if (READ_ONCE(task->nsproxy) != th->proxy->old ||
	    rcu_access_pointer(task->real_cred) != th->cred->cred)
		return false;
	return !th->fs || READ_ONCE(task->fs) == th->fs->old;
}

/*
 * begin_new_exec() waits for io_uring, and runs what is queued: the credentials and
 * the mm that it is about to install are not known. Where it stops for a tracer they
 * are installed, and setup_new_exec() has let go of the mutex (fs/exec.c). That a
 * debugger may hold it instead errs on the safe side.
 */
static bool is_in_exec(void)
{
	return current->in_execve && mutex_is_locked(&current->signal->cred_guard_mutex);
}

/*
 * Count current in. Under op->lock, in state GATHER.
 * Return: true when it was the last one.
 */
static bool arrive(struct nsa_thread *th)
{
	struct nsa_op *op = th->op;
	bool was_pending = th->state == NSA_QUEUED;

	lockdep_assert_held(&op->lock);
	if (th->state == NSA_STOPPED) {
		th->subject->nr_stopped--;
		op->nr_stopped--;
		op->restless = true;
		nsa_count_fs(th, -1);
	} else if (th->state == NSA_ASLEEP) {
		/* Task_works of others ran first: one of io_uring makes threads. */
		th->subject->nr_asleep--;
		op->restless = true;
		nsa_count_fs(th, -1);
	}
	if (current->flags & PF_EXITING) {
		th->state = NSA_GONE;
		op->slow = true;
	} else {
		if (is_in_exec()) {
			op->in_exec = true;
			op->slow = true;
			wake_caller(op);
		}
		th->state = NSA_PARKED;
		th->subject->nr_parked++;
		nsa_count_fs(th, 1);
		if (!nsa_as_prepared(th))
			op->stale = true;
	}
	return was_pending && !--op->nr_pending;
}

/* A parked thread that is killed goes, as long as nobody has begun to commit. */
static bool leave_if_killed(struct nsa_thread *th)
{
	struct nsa_op *op = th->op;
	bool leave;

	if (!fatal_signal_pending(current))
		return false;
	spin_lock(&op->lock);
	leave = op->state == NSA_GATHER;
	if (leave) {
		th->state = NSA_GONE;
		th->waits = false;
		th->subject->nr_parked--;
		nsa_count_fs(th, -1);
		op->slow = true;
		wake_caller(op);
	}
	spin_unlock(&op->lock);
	return leave;
}

/*
 * One that came while the caller held all threads (COMMITTING) is counted when that
 * is over. Return: false for one that exits.
 */
static bool arrive_late(struct nsa_thread *th)
{
	struct nsa_op *op = th->op;

	spin_lock(&op->lock);
	if (op->state == NSA_GATHER && th->state != NSA_PARKED && arrive(th))
		wake_caller(op);
	th->waits = th->state != NSA_GONE;
	spin_unlock(&op->lock);
	return th->waits;
}

static void park(struct nsa_thread *th)
{
	struct nsa_op *op = th->op;

	for (;;) {
		enum nsa_op_state state;

		set_current_state(TASK_UNINTERRUPTIBLE);
		state = READ_ONCE(op->state);
		if (state == NSA_COMMITTED || state == NSA_ABORTED)
			break;
		if (state == NSA_GATHER) {
			__set_current_state(TASK_RUNNING);
			if (!arrive_late(th) || leave_if_killed(th))
				return;
			set_current_state(TASK_KILLABLE);
			if (READ_ONCE(op->state) != NSA_GATHER)
				continue;
		}
		schedule();
	}
	WRITE_ONCE(th->waits, false);
	__set_current_state(TASK_RUNNING);
}

static void meet(struct nsa_thread *th)
{
	struct nsa_op *op = th->op;
	bool last, commit = false, parked;

	WRITE_ONCE(th->came, true);
	spin_lock(&op->lock);
	if (op->state != NSA_GATHER) {
		parked = op->state == NSA_COMMITTING;
		th->waits = parked;
		spin_unlock(&op->lock);
		if (parked)
			park(th);
		return;
	}
	last = arrive(th);
	parked = th->state == NSA_PARKED;
	th->waits = parked;
	if (last && nsa_all_parked(op)) {
		commit = true;
		WRITE_ONCE(op->state, NSA_COMMITTING);
	} else if (last) {
		wake_caller(op);
	}
	spin_unlock(&op->lock);

	if (commit) {
		nsa_commit(op);
		nsa_finish(op, NSA_COMMITTED);
	} else if (parked) {
		park(th);
	}
}

void nsa_thread_work(struct callback_head *work)
{
	struct nsa_thread *th = container_of(work, struct nsa_thread, work);

	meet(th);
	if (th->op->pid_target && !(current->flags & PF_EXITING))
		nsa_pid_renumbered(th);
	nsa_restart_transparently();
	nsa_op_put(th->op);
}

void nsa_thread_nudge(struct callback_head *work)
{
	struct nsa_thread *th = container_of(work, struct nsa_thread, nudge);

	nsa_restart_transparently();
	nsa_op_put(th->op);
}
