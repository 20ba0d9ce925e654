// SPDX-License-Identifier: GPL-2.0-only
/*
 * The object that an attach is, and how long it lives
 *
 * One reference belongs to the caller, one to every task_work that was queued
 * and has not returned. Only memory hangs on the last reference: everything
 * else (processes, namespaces, paths) is put by the caller before it leaves the
 * ioctl, so that a thread that runs its task_work hours later pins nothing but
 * this object and the module.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "op.h"

struct nsa_op *nsa_op_alloc(unsigned int nr_subjects)
{
	struct nsa_op *op = kzalloc(sizeof(*op), GFP_KERNEL);
	unsigned int i;

	if (!op)
		return NULL;
	op->subjects = &op->one;
	if (nr_subjects > 1)
		op->subjects = kvcalloc(nr_subjects, sizeof(*op->subjects), GFP_KERNEL);
	if (!op->subjects) {
		kfree(op);
		return NULL;
	}
	for (i = 0; i < nr_subjects; i++) {
		INIT_LIST_HEAD(&op->subjects[i].origins);
		INIT_LIST_HEAD(&op->subjects[i].fss);
		INIT_LIST_HEAD(&op->subjects[i].creds);
		INIT_HLIST_NODE(&op->subjects[i].busy);
		op->subjects[i].op = op;
	}
	refcount_set(&op->ref, 1);
	spin_lock_init(&op->lock);
	INIT_LIST_HEAD(&op->active);
	INIT_LIST_HEAD(&op->batches);
	INIT_LIST_HEAD(&op->proxies);
	op->nr_subjects = nr_subjects;
	op->caller = current;
	op->error.subject = -1;
	__module_get(THIS_MODULE);
	return op;
}

/*
 * The module may go once the last op is put; module exit waits for the few
 * instructions from there to the end of the task_work (synchronize_rcu_tasks).
 */
void nsa_op_put(struct nsa_op *op)
{
	struct nsa_batch *batch, *next;

	if (!refcount_dec_and_test(&op->ref))
		return;
	list_for_each_entry_safe(batch, next, &op->batches, node)
		kvfree(batch);
	kvfree(op->known);
	if (op->subjects != &op->one)
		kvfree(op->subjects);
	kfree(op);
	module_put(THIS_MODULE);
}

int nsa_fail(struct nsa_op *op, int err, enum nsattach_reason reason, u32 ns,
	     struct nsa_subject *subject, struct task_struct *task)
{
	struct nsattach_error *e = &op->error;

	e->reason = reason;
	e->ns = ns;
	e->subject = subject ? subject - op->subjects : (u32)-1;
	e->pid = subject ? pid_vnr(subject->pid) : 0;
	e->tid = task ? task_pid_vnr(task) : 0;
	e->state = task ? task_state_to_char(task) : 0;
	return err;
}
