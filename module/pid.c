// SPDX-License-Identifier: GPL-2.0-only
/*
 * The real move into a pid namespace
 *
 * The patched kernel does it (kernel/pid_move.c there): numbers are reserved for
 * every thread, then all get them at once under its own locks, or none does. It
 * is asked last, with all threads of all subjects held and everything else
 * prepared. Once it has said yes the op is carried through: deadline and signals
 * do not count any more.
 */
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/nsattach.h>

#include "op.h"
#include "pid.h"

static const struct {
	enum nsattach_reason reason;
} reasons[] = {
	[PID_MOVE_NOT_BELOW]	= { NSATTACH_R_PIDNS_NOT_BELOW },
	[PID_MOVE_INIT]		= { NSATTACH_R_PID_INIT },
	[PID_MOVE_DEPTH]	= { NSATTACH_R_PID_DEPTH },
	[PID_MOVE_DYING_NS]	= { NSATTACH_R_PIDNS_DYING },
	[PID_MOVE_EXITING]	= { NSATTACH_R_SUBJECT_GONE },
	[PID_MOVE_TAKEN]	= { NSATTACH_R_PID_TAKEN },
	[PID_MOVE_THREAD]	= { NSATTACH_R_RESTLESS },
	[PID_MOVE_FOR_CHILDREN]	= { NSATTACH_R_PID_FOR_CHILDREN },
	[PID_MOVE_TRACED]	= { NSATTACH_R_PID_TRACED },
	[PID_MOVE_TRACER]	= { NSATTACH_R_PID_TRACER },
	[PID_MOVE_CHILD]	= { NSATTACH_R_PID_CHILD },
	[PID_MOVE_GROUP]	= { NSATTACH_R_PID_GROUP },
	[PID_MOVE_SESSION]	= { NSATTACH_R_PID_SESSION },
	[PID_MOVE_MM]		= { NSATTACH_R_PID_MM },
	[PID_MOVE_WORKER]	= { NSATTACH_R_WORKER },
};

static int explain(struct nsa_op *op, struct pid_move *move, int err, struct nsa_subject *subject)
{
	const struct pid_move_error *e = pid_move_error(move);

	if (err == -EAGAIN || err == -ENOMEM || !e->why || e->why >= ARRAY_SIZE(reasons))
		return err;
	nsa_fail(op, err, reasons[e->why].reason, CLONE_NEWPID, subject, NULL);
	op->error.tid = e->why == PID_MOVE_TAKEN ? e->nr : e->pid ? pid_vnr(e->pid) : 0;
	return err;
}

/* All threads there are, a zombie leader too: they are held, so the list is whole. */
static int add_process(struct nsa_op *op, struct pid_move *move, struct nsa_subject *subject)
{
	unsigned int i, nr = 0, room = get_nr_threads(subject->leader) + 1;
	struct task_struct **tasks, *t;
	int err = 0;

	tasks = kvmalloc_array(room, sizeof(*tasks), GFP_KERNEL);
	if (!tasks)
		return -ENOMEM;
	rcu_read_lock();
	for_each_thread(subject->leader, t) {
		if (nr == room) {
			err = -EAGAIN;
			break;
		}
		tasks[nr++] = get_task_struct(t);
	}
	rcu_read_unlock();
	for (i = 0; i < nr && !err; i++)
		err = pid_move_add(move, tasks[i]);
	for (i = 0; i < nr; i++)
		put_task_struct(tasks[i]);
	kvfree(tasks);
	return err;
}

static unsigned int move_flags(const struct nsa_op *op)
{
	unsigned int flags = op->detach ? PID_MOVE_BACK : 0;

	if (op->flags & NSATTACH_F_PID_RENUMBER)
		flags |= PID_MOVE_RENUMBER;
	if (op->flags & NSATTACH_F_PID_KEEP_SESSION)
		flags |= PID_MOVE_KEEP_SESSION;
	if (op->flags & NSATTACH_F_PID_REPARENT)
		flags |= PID_MOVE_REPARENT;
	return flags;
}

static void note_numbers(struct nsa_op *op)
{
	struct nsa_thread *th;

	for (th = nsa_first(op); th; th = nsa_next(th))
		th->old_nr = task_pid_nr_ns(th->task, task_active_pid_ns(th->task));
}

/* The kernel refuses that the caller itself is one of those who move. */
static struct nsa_subject *caller_among(struct nsa_op *op)
{
	unsigned int i;

	for (i = 0; i < op->nr_subjects; i++) {
		if (op->subjects[i].pid == task_tgid(current))
			return &op->subjects[i];
	}
	return NULL;
}

int nsa_pid_commit(struct nsa_op *op)
{
	struct nsa_subject *subject = caller_among(op);
	struct pid_move *move;
	unsigned int i;
	int err = 0;

	if (subject)
		return nsa_fail(op, -EBUSY, NSATTACH_R_PID_BUSY, CLONE_NEWPID, subject, current);
	move = pid_move_alloc(op->pid_target, move_flags(op));
	if (IS_ERR(move))
		return PTR_ERR(move);
	note_numbers(op);
	for (i = 0; i < op->nr_subjects && !err; i++) {
		subject = &op->subjects[i];
		err = add_process(op, move, subject);
	}
	if (!err)
		err = pid_move_commit(move);
	if (err)
		err = explain(op, move, err, subject);
	pid_move_free(move);
	return err;
}

/* glibc and others find their tid where the kernel clears it at exit. */
void nsa_pid_renumbered(struct nsa_thread *th)
{
	int __user *cached = current->clear_child_tid;
	int nr;

	if (!th->old_nr || !cached || task_pid_vnr(current) == th->old_nr)
		return;
	if (!get_user(nr, cached) && nr == th->old_nr)
		put_user(task_pid_vnr(current), cached);
}
