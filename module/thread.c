// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads of the subjects: finding them, and preparing what each will get
 */
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "asleep.h"
#include "compat/compat.h"
#include "compat/symbols.h"
#include "creds.h"
#include "fs.h"
#include "meet.h"
#include "pid.h"
#include "record.h"
#include "subject.h"
#include "thread.h"

/* Room for threads that appear between counting and walking. */
#define SPARE_THREADS	2

static struct nsa_thread *known_thread(struct nsa_op *op, struct task_struct *task)
{
	struct nsa_thread *th;

	if (!op->known)
		return NULL;
	hlist_for_each_entry(th, &op->known[hash_ptr(task, op->known_bits)], known) {
		if (th->task == task && th->state != NSA_GONE)
			return th;
	}
	return NULL;
}

static void remember(struct nsa_op *op, struct nsa_thread *th)
{
	hlist_add_head(&th->known, &op->known[hash_ptr(th->task, op->known_bits)]);
}

void nsa_remember_batch(struct nsa_batch *batch)
{
	struct nsa_thread *th;

	for (th = batch->threads; th < batch->threads + batch->nr; th++) {
		if (th->op->known)
			remember(th->op, th);
	}
}

/*
 * Only a second walk has to know threads again, so the table is made for it, and for
 * the processes that have not been walked yet.
 */
static int remember_all(struct nsa_op *op)
{
	struct nsa_batch *batch;
	struct nsa_thread *th;
	unsigned int nr = op->nr_subjects;

	if (op->known || list_empty(&op->batches))
		return 0;
	list_for_each_entry(batch, &op->batches, node)
		nr += batch->nr;
	op->known_bits = max(4, order_base_2(nr));
	op->known = kvcalloc(1 << op->known_bits, sizeof(*op->known), GFP_KERNEL);
	if (!op->known)
		return -ENOMEM;
	for (th = nsa_first(op); th; th = nsa_next(th))
		remember(op, th);
	return 0;
}

/* A thread with SIGKILL pending runs no user code and can not clone any more. */
static bool is_leaving(struct task_struct *task)
{
	return task->flags & (PF_EXITING | PF_POSTCOREDUMP) || task->exit_state ||
	       fatal_signal_pending(task);
}

static void walk(struct nsa_op *op, struct nsa_subject *subject, struct nsa_batch *batch)
{
	struct task_struct *task;

	rcu_read_lock();
	for_each_thread(subject->leader, task) {
		if (is_leaving(task)) {
			op->leaving |= !!READ_ONCE(task->nsproxy);
			continue;
		}
		if (known_thread(op, task))
			continue;
		if (batch->nr == batch->room)
			break;
		batch->threads[batch->nr].task = get_task_struct(task);
		batch->nr++;
	}
	rcu_read_unlock();
}

/* Exec by another thread than the leader replaces the leader (de_thread). */
static int refresh_leader(struct nsa_op *op, struct nsa_subject *subject)
{
	struct task_struct *leader = get_pid_task(subject->pid, PIDTYPE_TGID);

	if (!leader)
		return nsa_fail(op, -ESRCH, NSATTACH_R_SUBJECT_GONE, 0, subject, NULL);
	spin_lock(&op->lock);
	swap(leader, subject->leader);
	spin_unlock(&op->lock);
	put_task_struct(leader);
	return 0;
}

struct nsa_batch *nsa_find_threads(struct nsa_op *op, struct nsa_subject *subject)
{
	unsigned int i, room = get_nr_threads(subject->leader) + SPARE_THREADS;
	struct nsa_batch *batch;
	int err;

	err = remember_all(op);
	if (!err && op->slow)
		err = refresh_leader(op, subject);
	if (err)
		return ERR_PTR(err);
	batch = kvzalloc(struct_size(batch, threads, room), GFP_KERNEL);
	if (!batch)
		return ERR_PTR(-ENOMEM);
	batch->room = room;
	walk(op, subject, batch);
	for (i = 0; i < batch->nr; i++) {
		batch->threads[i].op = op;
		batch->threads[i].batch = batch;
		batch->threads[i].subject = subject;
		init_task_work(&batch->threads[i].work, nsa_thread_work);
		init_task_work(&batch->threads[i].nudge, nsa_thread_nudge);
	}
	if (batch->nr)
		return batch;
	kvfree(batch);
	return NULL;
}

void nsa_batch_free(struct nsa_batch *batch)
{
	while (batch->nr)
		put_task_struct(batch->threads[--batch->nr].task);
	kvfree(batch);
}

static struct nsa_proxy *find_proxy(struct nsa_thread *th, struct nsproxy *old)
{
	struct nsa_proxy *proxy;

	list_for_each_entry(proxy, &th->op->proxies, node) {
		if (proxy->old == old && proxy->user_ns == nsa_new_cred(th->cred)->user_ns &&
		    proxy->pid_ns == ns_of_pid(th->subject->pid))
			return proxy;
	}
	return NULL;
}

static struct nsa_proxy *make_proxy(struct nsa_thread *th)
{
	struct nsproxy *old;

	task_lock(th->task);
	old = th->task->nsproxy;
	if (old)
		get_nsproxy(old);
	task_unlock(th->task);
	if (!old)
		return ERR_PTR(-ESRCH);
	return nsa_proxy_make(th->op, th->subject, old, nsa_new_cred(th->cred));
}

/* Pointers are only compared: every nsproxy in the lists is held by them. */
static int prepare_proxy(struct nsa_thread *th)
{
	struct nsproxy *old = READ_ONCE(th->task->nsproxy);
	struct nsa_proxy *proxy;
	struct nsa_origin *o;

	list_for_each_entry(o, &th->subject->origins, node) {
		if (o->proxy->old == old) {
			th->proxy = o->proxy;
			return 0;
		}
	}
	/* A detach gives each process what it had: nothing is shared. */
	proxy = th->op->detach ? NULL : find_proxy(th, old);
	if (!proxy)
		proxy = make_proxy(th);
	if (IS_ERR(proxy))
		return PTR_ERR(proxy);
	o = kzalloc(sizeof(*o), GFP_KERNEL);
	if (!o)
		return -ENOMEM;
	o->proxy = proxy;
	list_add(&o->node, &th->subject->origins);
	th->proxy = proxy;
	return 0;
}

void nsa_origin_free(struct nsa_origin *origin)
{
	if (origin->now)
		nsa_put_nsproxy(origin->now);
	if (origin->was)
		nsa_put_nsproxy(origin->was);
	kfree(origin);
}

static bool moves_user(struct nsa_subject *subject)
{
	return subject->op->detach ? nsa_record_has_user(subject) : !!subject->op->join.user;
}

static bool moves_root(struct nsa_thread *th)
{
	return th->op->detach ? nsa_record_has_root(th->subject) : nsa_moves(th->op, CLONE_NEWNS);
}

static int make_cred(struct nsa_thread *th, struct nsa_cred *c)
{
	int err;

	c->cred = get_task_cred(th->task);
	err = nsa_subject_may(th->op, th->subject, th->task, c->cred);
	/* ptrace_may_access() looked at what it has by now. */
	if (!err && rcu_access_pointer(th->task->real_cred) != c->cred)
		err = -EAGAIN;
	if (!err && moves_user(th->subject))
		err = nsa_cred_make(th->op, th->subject, th->task, c);
	return err;
}

static int prepare_cred(struct nsa_thread *th)
{
	struct nsa_cred *c;
	int err;

	list_for_each_entry(c, &th->subject->creds, node) {
		if (c->cred == rcu_access_pointer(th->task->real_cred)) {
			th->cred = c;
			return 0;
		}
	}
	do {
		c = kzalloc(sizeof(*c), GFP_KERNEL);
		if (!c)
			return -ENOMEM;
		err = make_cred(th, c);
		if (err)
			nsa_cred_free(c);
	} while (err == -EAGAIN);
	if (err)
		return err;
	list_add(&c->node, &th->subject->creds);
	th->cred = c;
	return 0;
}

/* Return: 0, -ESRCH when the thread is exiting, or a negated errno. */
static int prepare(struct nsa_thread *th)
{
	int err = prepare_cred(th);

	if (!err)
		err = prepare_proxy(th);
	if (!err && moves_root(th))
		err = nsa_prepare_fs(th);
	return err;
}

int nsa_prepare_batch(struct nsa_batch *batch)
{
	unsigned int i = 0;
	int err;

	while (i < batch->nr) {
		struct nsa_thread *th = &batch->threads[i];

		err = prepare(th);
		if (err == -ESRCH || (err && is_leaving(th->task))) {
			put_task_struct(th->task);
			/* The last one takes its place. */
			*th = batch->threads[--batch->nr];
			continue;
		}
		if (err)
			return err;
		i++;
	}
	return 0;
}

static bool is_held(const struct nsa_thread *th)
{
	return th->state == NSA_PARKED || th->state == NSA_ASLEEP || th->state == NSA_STOPPED;
}

/* Under op->lock. */
static void recount_fs(struct nsa_op *op)
{
	struct nsa_thread *th;
	struct nsa_fs *fs;
	unsigned int i;

	for (i = 0; i < op->nr_subjects; i++) {
		list_for_each_entry(fs, &op->subjects[i].fss, node)
			fs->nr_threads = 0;
	}
	for (th = nsa_first(op); th; th = nsa_next(th)) {
		if (is_held(th))
			nsa_count_fs(th, 1);
	}
}

static int prepare_stale(struct nsa_op *op)
{
	struct nsa_thread *th;
	int err;

	spin_lock(&op->lock);
	op->stale = false;
	spin_unlock(&op->lock);
	for (th = nsa_first(op); th; th = nsa_next(th)) {
		if (!is_held(th))
			continue;
		err = prepare(th);
		if (err == -ESRCH && READ_ONCE(th->task->signal->flags) & SIGNAL_GROUP_EXIT)
			return nsa_fail(op, err, NSATTACH_R_SUBJECT_GONE, 0, th->subject, NULL);
		if (err && err != -ESRCH)
			return err;
	}
	spin_lock(&op->lock);
	if (nsa_moves(op, CLONE_NEWNS))
		recount_fs(op);
	spin_unlock(&op->lock);
	return 0;
}

/* Each subject goes back to where it was itself. */
static u32 changes(struct nsa_subject *subject)
{
	u32 bits = moves_user(subject) ? CLONE_NEWUSER : 0;
	struct nsa_origin *o;

	list_for_each_entry(o, &subject->origins, node) {
		if (o->proxy->old->time_ns != o->proxy->new->time_ns)
			bits |= CLONE_NEWTIME;
	}
	return bits;
}

int nsa_check_sharers(struct nsa_op *op)
{
	unsigned int i;
	int err = 0;

	if (!nsa_moves(op, CLONE_NEWTIME | CLONE_NEWUSER))
		return 0;
	for (i = 0; i < op->nr_subjects; i++)
		op->subjects[i].changes = changes(&op->subjects[i]);
	for (i = 0; i < op->nr_subjects && !err; i++) {
		if (op->subjects[i].changes)
			err = nsa_check_mm_sharers(op, &op->subjects[i]);
		cond_resched();
	}
	if (!err)
		err = nsa_check_fs_sharers(op);
	if (!err && op->detach)
		err = nsa_creds_check_closed(op);
	return err;
}

int nsa_prepare_again(struct nsa_op *op)
{
	unsigned int i;
	int err = 0;

	if (op->stale)
		err = prepare_stale(op);
	for (i = 0; i < op->nr_subjects && !err; i++) {
		struct nsa_subject *s = &op->subjects[i];

		if (!s->nr_parked && !s->nr_asleep && !s->nr_stopped)
			return nsa_subject_is_gone(s) ?
				nsa_fail(op, -ESRCH, NSATTACH_R_SUBJECT_GONE, 0, s, NULL) : 1;
		err = nsa_prepare_copies(op, s);
	}
	if (!err)
		err = nsa_check_sharers(op);
	return err;
}

static void release_subject(struct nsa_subject *subject)
{
	struct nsa_cred *c, *next_c;
	struct nsa_fs *fs, *next_fs;
	struct nsa_origin *o, *next_o;

	list_for_each_entry_safe(c, next_c, &subject->creds, node)
		nsa_cred_free(c);
	list_for_each_entry_safe(fs, next_fs, &subject->fss, node)
		nsa_fs_free(fs);
	list_for_each_entry_safe(o, next_o, &subject->origins, node)
		nsa_origin_free(o);
}

/* Workers of io_uring show no program an error, and have uses of their own for the flag. */
static void note_interruption(struct nsa_thread *th)
{
	th->ran = nsa_switches(th->task);
	th->interrupted = !(th->task->flags & NSA_PF_WORKER);
	th->flagged = th->interrupted && !test_tsk_thread_flag(th->task, TIF_NOTIFY_SIGNAL);
}

bool nsa_queue_work(struct nsa_thread *th, struct callback_head *work,
		    enum task_work_notify_mode mode)
{
	if (mode == TWA_SIGNAL)
		note_interruption(th);
	refcount_inc(&th->op->ref);
	if (!nsa_task_work_add(th->task, work, mode))
		return true;
	refcount_dec(&th->op->ref);
	return false;
}

static bool take_back(struct nsa_thread *th, struct callback_head *work)
{
	if (!nsa_task_work_cancel(th->task, work))
		return false;
	nsa_op_put(th->op);
	return true;
}

static bool has_run_since(const struct nsa_thread *th)
{
	return nsa_is_running(th->task) || nsa_switches(th->task) != th->ran;
}

/*
 * TWA_SIGNAL without a task_work would end the next wait of a thread that sleeps on, and
 * nobody would have that restarted. Another's task_work may have come to count on the
 * flag, and a thread that woke just now may have seen it: both are notified anew.
 */
static void take_back_interruption(struct nsa_thread *th)
{
	clear_tsk_thread_flag(th->task, TIF_NOTIFY_SIGNAL);
	smp_mb__after_atomic(); /* the flag before the looks; task_work_add() has it reversed */
	if (task_work_pending(th->task) || has_run_since(th))
		nsa_queue_work(th, &th->nudge, TWA_SIGNAL);
}

/*
 * One that did not come may not do so for days: it shall not keep the op for that. Only
 * one whose call may have ended for us has something to do then (restart.c), and one
 * that was stopped and has another number now.
 */
static void take_back_work(struct nsa_thread *th)
{
	bool here = READ_ONCE(th->came);

	if (th->op->state == NSA_COMMITTED && th->was_stopped && nsa_pid_has_to_learn(th))
		return;
	if (!here && th->interrupted && has_run_since(th))
		return;
	here = here || !take_back(th, &th->work);
	if (th->nudged)
		here |= !take_back(th, &th->nudge);
	if (!here && th->flagged)
		take_back_interruption(th);
}

void nsa_release_threads(struct nsa_op *op)
{
	struct nsa_proxy *proxy, *next;
	struct nsa_thread *th;
	unsigned int i;

	for (th = nsa_first(op); th; th = nsa_next(th)) {
		take_back_work(th);
		put_task_struct(th->task);
	}
	list_for_each_entry_safe(proxy, next, &op->proxies, node)
		nsa_proxy_free(proxy);
	for (i = 0; i < op->nr_subjects; i++)
		release_subject(&op->subjects[i]);
	kfree(op->stand_in);
}
