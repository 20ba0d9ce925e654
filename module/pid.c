// SPDX-License-Identifier: GPL-2.0-only
/*
 * The real move into a pid namespace
 *
 * The patched kernel does it (kernel/pid_move.c there): numbers are reserved for
 * every thread, then all get them at once under its own locks, or none does. It
 * is asked last, with all threads of all subjects held and everything else
 * prepared, and asks back last of all (nsa_pid_ops.check) whether they still are.
 */
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "op.h"
#include "pid.h"
#include "pid_move.h"

/* Whoever decided it has said why, or it is told by what the kernel answered. */
static int explain(struct nsa_pid_move *move, int err, bool adding)
{
	struct nsa_op *op = move->op;
	enum nsattach_reason reason = NSATTACH_R_NONE;

	if (err == -EAGAIN || err == -ENOMEM)
		return err;
	if (move->reason) {
		nsa_fail(op, err, move->reason, CLONE_NEWPID, move->subject, NULL);
		op->error.tid = move->who ? pid_vnr(move->who) : 0;
		return err;
	}
	switch (err) {
	case -EINVAL:
		reason = adding ? NSATTACH_R_PIDNS_NOT_BELOW : NSATTACH_R_PID_INIT;
		break;
	case -E2BIG:
		reason = NSATTACH_R_PID_DEPTH;
		break;
	case -EEXIST:
		reason = NSATTACH_R_PID_TAKEN;
		break;
	case -ESRCH:
		reason = NSATTACH_R_SUBJECT_GONE;
		break;
	case -ENOENT:
		reason = NSATTACH_R_PIDNS_DYING;
		err = -ESRCH;
		break;
	}
	nsa_fail(op, err, reason, CLONE_NEWPID, move->subject, NULL);
	if (err == -EEXIST)
		op->error.tid = move->mv.taken;
	return err;
}

/* Children must be born where the process is, or where it goes. */
static int check_for_children(struct nsa_pid_move *move, struct task_struct *task)
{
	struct pid_namespace *ns = NULL;
	struct pid *pid;
	int err = 0;

	task_lock(task);
	if (task->nsproxy)
		ns = task->nsproxy->pid_ns_for_children;
	task_unlock(task);
	pid = get_task_pid(task, PIDTYPE_PID);
	if (ns && pid && ns != move->mv.target && ns != ns_of_pid(pid))
		err = nsa_pid_refuse(move, -EBUSY, NSATTACH_R_PID_FOR_CHILDREN, task, pid);
	put_pid(pid);
	return err;
}

static int add_thread(struct nsa_pid_move *move, struct task_struct *task)
{
	int err = check_for_children(move, task);

	return err ? err : pid_move_add(&move->mv, task);
}

/* All threads there are, a zombie leader too: they are held, so the list is whole. */
static int add_process(struct nsa_pid_move *move, struct nsa_subject *subject)
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
		err = add_thread(move, tasks[i]);
	for (i = 0; i < nr; i++)
		put_task_struct(tasks[i]);
	kvfree(tasks);
	return err;
}

/* The number that a thread has where it is; 0 of one that is gone. Its pid may go. */
static int own_number(struct task_struct *task)
{
	int nr;

	rcu_read_lock();
	nr = task_pid_nr_ns(task, task_active_pid_ns(task));
	rcu_read_unlock();
	return nr;
}

static void note_numbers(struct nsa_op *op)
{
	struct nsa_thread *th;

	for (th = nsa_first(op); th; th = nsa_next(th))
		th->old_nr = own_number(th->task);
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
	struct nsa_pid_move move = {
		.mv.ops = &nsa_pid_ops,
		.mv.target = op->pid_target,
		.mv.threads = LIST_HEAD_INIT(move.mv.threads),
		.mv.back = op->detach,
		.mv.renumber = op->flags & NSATTACH_F_PID_RENUMBER,
		.op = op,
		.subject = caller_among(op),
	};
	bool adding = true;
	unsigned int i;
	int err = 0;

	if (move.subject)
		return nsa_fail(op, -EBUSY, NSATTACH_R_PID_BUSY, CLONE_NEWPID, move.subject,
				current);
	note_numbers(op);
	for (i = 0; i < op->nr_subjects && !err; i++) {
		move.subject = &op->subjects[i];
		err = add_process(&move, move.subject);
	}
	if (!err) {
		adding = false;
		err = pid_move_commit(&move.mv);
	}
	if (err)
		err = explain(&move, err, adding);
	pid_move_end(&move.mv);
	put_pid(move.who);
	return err;
}

bool nsa_pid_may_renumber(struct nsa_op *op, struct task_struct *task)
{
	if (!op->detach)
		return op->flags & NSATTACH_F_PID_RENUMBER;
	return task_pid_nr_ns(task, op->pid_target) != own_number(task);
}

bool nsa_pid_has_to_learn(struct nsa_thread *th)
{
	int nr = th->old_nr ? own_number(th->task) : 0;

	return nr && nr != th->old_nr;
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
