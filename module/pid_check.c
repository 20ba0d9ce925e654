// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which processes may move into, or out of, a pid namespace together
 *
 * What a move would tear apart is refused, and whoever stands in the way is
 * named: parents and children, tracers, groups and sessions with their leaders,
 * sharers of memory. The kernel itself has checked that all threads are there.
 */
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "commit.h"
#include "compat/compat.h"
#include "pid_move.h"
#include "subject.h"

int nsa_pid_refuse(struct nsa_pid_move *move, int err, enum nsattach_reason reason,
		   struct task_struct *mover, struct pid *who)
{
	struct nsa_op *op = move->op;
	unsigned int i;

	for (i = 0; i < op->nr_subjects; i++) {
		if (op->subjects[i].leader->signal == mover->signal)
			move->subject = &op->subjects[i];
	}
	move->reason = reason;
	put_pid(move->who);
	move->who = get_pid(who);
	return err;
}

static int busy(struct pid_move *mv, enum nsattach_reason reason, struct task_struct *mover,
		struct pid *who)
{
	struct nsa_pid_move *move = container_of(mv, struct nsa_pid_move, mv);

	return nsa_pid_refuse(move, -EBUSY, reason, mover, who);
}

/* New sharers can only come from old ones, as all that move are held. */
static int check_mm(struct pid_move *mv, struct task_struct *task, struct mm_struct *mm)
{
	struct task_struct *p, *t;
	int err = 0;

	rcu_read_lock();
	for_each_process_thread(p, t) {
		if (READ_ONCE(t->mm) != mm || t->flags & PF_KTHREAD)
			continue;
		if (pid_is_moving(t) || pid_is_moving(p))
			continue;
		err = busy(mv, NSATTACH_R_PID_MM, task, task_pid(t));
		goto out;
	}
out:
	rcu_read_unlock();
	return err;
}

static int check_mms(struct pid_move *mv)
{
	struct mm_struct *mm, *last = NULL;
	struct pid_move_thread *mt;
	int err = 0;

	/* Threads that exit have let go of it already, a zombie leader too. */
	list_for_each_entry(mt, &mv->threads, node) {
		mm = get_task_mm(mt->task);
		if (!mm)
			continue;
		if (mm != last && atomic_read(&mm->mm_users) > nsa_count_mm(mt->task, mm) + 1)
			err = check_mm(mv, mt->task, mm);
		last = mm;
		mmput(mm);
		if (err)
			break;
	}
	return err;
}

static struct pid *parent_of(struct task_struct *t)
{
	return task_pid(rcu_dereference_protected(t->parent, true));
}

static int check_thread(struct pid_move *mv, struct task_struct *t)
{
	struct task_struct *other;

	if (t->flags & NSA_PF_WORKER)
		return busy(mv, NSATTACH_R_WORKER, t, task_pid(t));
	if (t->ptrace)
		return busy(mv, NSATTACH_R_PID_TRACED, t, parent_of(t));
	other = list_first_entry_or_null(&t->ptraced, struct task_struct, ptrace_entry);
	if (other)
		return busy(mv, NSATTACH_R_PID_TRACER, t, task_pid(other));
	if (mv->back)
		return 0;
	list_for_each_entry(other, &t->children, sibling) {
		if (!pid_is_moving(other))
			return busy(mv, NSATTACH_R_PID_CHILD, t, task_pid(other));
	}
	return 0;
}

/*
 * Nobody may stay behind in a group or session that @p leads: its number would
 * stay in the target until they left, and either side could signal the other.
 */
static int check_members(struct pid_move *mv, struct task_struct *p, enum pid_type type,
			 enum nsattach_reason reason)
{
	struct task_struct *q;

	do_each_pid_task(task_pid(p), type, q) {
		if (!pid_is_moving(q))
			return busy(mv, reason, p, task_pid(q));
	} while_each_pid_task(task_pid(p), type, q);
	return 0;
}

bool nsa_pid_stays(struct pid_move *mv, struct pid *pid)
{
	return pid->moving || (mv->back && pid_level(pid) <= mv->target->level);
}

static int check_process(struct pid_move *mv, struct task_struct *p)
{
	int err = check_members(mv, p, PIDTYPE_PGID, NSATTACH_R_PID_GROUP);

	if (!err)
		err = check_members(mv, p, PIDTYPE_SID, NSATTACH_R_PID_SESSION);
	if (err || !mv->back)
		return err;
	/* One that kept its session outside, and has joined a group that is led inside. */
	if (pid_level(task_session(p)) <= mv->target->level && !nsa_pid_stays(mv, task_pgrp(p)))
		return busy(mv, NSATTACH_R_PID_GROUP, p, task_pgrp(p));
	return 0;
}

/* Under tasklist_lock and pidmap_lock; what follows can not fail. */
static int check(struct pid_move *mv)
{
	struct nsa_op *op = container_of(mv, struct nsa_pid_move, mv)->op;
	struct pid_move_thread *mt;
	int err;

	list_for_each_entry(mt, &mv->threads, node) {
		if (mt->gone)
			continue;
		err = check_thread(mv, mt->task);
		if (!err && thread_group_leader(mt->task))
			err = check_process(mv, mt->task);
		if (err)
			return err;
	}
	return nsa_commit_with_pids(op) ? 0 : -EAGAIN;
}

const struct pid_move_ops nsa_pid_ops = {
	.prepare = check_mms,
	.check = check,
	.moved = nsa_pid_moved,
};
