// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rendezvous
 *
 * Only current may change its nsproxy, because it reads it without a lock
 * (include/linux/nsproxy.h). A thread at the user-mode boundary holds no pointer
 * to any of its namespaces, and a thread that sleeps in a task_work of ours
 * stays there. So:
 *
 *  1. The caller walks the threads of each subject, builds the new state for
 *     what it finds (ns.c), and queues a task_work to each. The count of the
 *     pending ones is raised before the first one is queued. A thread that runs
 *     is not interrupted (TWA_RESUME): most calls end by themselves within less
 *     than a restart costs. One that has gone to sleep on the way, or takes too
 *     long, gets a second, interrupting task_work later, and one that sleeps
 *     gets an interrupting one at once (TWA_SIGNAL).
 *  2. Each thread runs its task_work at the boundary, compares what it has with
 *     what was prepared, and parks. One that is exiting only says so. One that
 *     sleeps in a call that can be switched in its sleep (asleep.c) is queued a
 *     task_work with TWA_RESUME instead, which does not wake it, and counts as
 *     there; if it wakes, it comes and parks like the others. One in a signal or
 *     ptrace stop can not come, but would meet its task_work before it
 *     runs a single instruction of user code; the caller counts it as stopped.
 *  3. Who brings the pending count to zero looks whether that was everybody.
 *     When every thread that the process counts is there and nothing was stale,
 *     nobody is left who could make a thread, so it commits on the spot
 *     (COMMITTING). Else it wakes the caller, which walks again for threads that
 *     appeared, prepares anew what was stale, and commits or goes back to 1.
 *  4. The commit (commit.c) changes the pointers of all threads, parked and
 *     stopped, from outside: it is one loop that cannot fail. Then (COMMITTED)
 *     all are woken and go on.
 *  5. At the deadline, after a signal to the caller, or any failure, the caller
 *     sets ABORTED instead and wakes all. Nothing was changed. A task_work that
 *     runs later finds that, and does nothing. From those who have not run since
 *     they were asked, and after the commit from the stopped, the task_work is
 *     taken back, and the interruption with it: no other wait must end for it.
 *
 * Permission is checked when a thread is prepared, and again when it arrives
 * with other credentials than were checked: an exec of a setuid program in
 * between always installs new ones (begin_new_exec), and no parked thread can
 * exec; one that comes from the middle of an exec makes the attach fail. This is
 * why exec_update_lock is not held: it would keep an exec'ing thread from ever
 * arriving.
 *
 * References: the caller holds tasks, pids, namespaces and paths until it leaves
 * the ioctl. A task_work touches only current and the op, of which it holds a
 * reference (op.c).
 *
 * Locks: claims_lock > op->lock > siglock (of a subject with stopped threads; of a
 * sleeper in the commit: alone);
 * fs->lock and task_lock nest in op->lock; task_lock never meets siglock. In a
 * pid move the kernel holds tasklist_lock and pidmap_lock around the last look at
 * who is stopped or asleep: op->lock and siglock are tried there, not waited for.
 * The look for children has tasklist_lock (to read) > claims_lock.
 * No allocation and no sleep under any of them, nor under RCU.
 */
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "asleep.h"
#include "cgroup.h"
#include "commit.h"
#include "compat/compat.h"
#include "compat/symbols.h"
#include "gather.h"
#include "meet.h"
#include "pid.h"
#include "subject.h"
#include "thread.h"

/* How long the caller waits before it looks where the pending threads are. */
#define FIRST_LOOK_NS	(NSEC_PER_MSEC / 4)
#define LAST_LOOK_NS	(100 * NSEC_PER_MSEC)
/* With this distance between the looks a thread that runs is interrupted... */
#define PATIENCE_NS	(4 * NSEC_PER_MSEC)
/* ...or after that time, if it has only to return from a wait and gets no processor. */
#define RETURN_NS	NSEC_PER_SEC
/* How long threads are waited for that exit, and would be seen left behind. */
#define LEAVE_NS	(20 * NSEC_PER_MSEC)

static bool let_sleep = true;
module_param(let_sleep, bool, 0600);
MODULE_PARM_DESC(let_sleep, "Leave threads asleep that need not be woken (N: for tests of the calls that are restarted)");

/* The caller itself: in this ioctl it is where it has to be. Under op->lock. */
static void note_self(struct nsa_thread *th)
{
	th->state = NSA_PARKED;
	th->subject->nr_parked++;
	nsa_count_fs(th, 1);
	th->op->nr_pending--;
}

/*
 * A number that is cached in user memory is changed by the thread itself, and one
 * that waits for its children may wait for a group that they are about to leave.
 */
static bool has_to_wake(struct nsa_thread *th)
{
	struct nsa_op *op = th->op;

	return op->pid_target &&
	       (nsa_pid_may_renumber(op, th->task) || nsa_in_child_wait(th->task));
}

static bool can_sleep(struct nsa_thread *th)
{
	return READ_ONCE(let_sleep) && !has_to_wake(th) &&
	       nsa_is_asleep(th->task, th->op->join.mask);
}

/* Under op->lock, after the task_work was queued. */
static void note_asleep(struct nsa_thread *th)
{
	if (th->state != NSA_QUEUED)
		return;
	th->state = NSA_ASLEEP;
	th->slept = true;
	th->subject->nr_asleep++;
	nsa_count_fs(th, 1);
	th->op->nr_pending--;
	if (!nsa_as_prepared(th))
		th->op->stale = true;
}

/* A thread in a stop does not wake for TWA_SIGNAL: see 2. above. Under op->lock. */
static void note_stopped(struct nsa_thread *th)
{
	th->state = NSA_STOPPED;
	th->subject->nr_stopped++;
	nsa_count_fs(th, 1);
	th->op->nr_stopped++;
	th->op->nr_pending--;
}

/* Interrupted, it would cut its core short. It comes to its task_work when it exits. */
static bool is_dumping(const struct nsa_thread *th)
{
	return READ_ONCE(th->task->flags) & PF_DUMPCORE;
}

/* Under op->lock. */
static void nudge(struct nsa_thread *th)
{
	th->gently = false;
	if (!is_dumping(th))
		th->nudged = nsa_queue_work(th, &th->nudge, TWA_SIGNAL);
}

/* Return: true for a thread that is left to itself for some more time. */
static bool is_coming(struct nsa_thread *th, u64 waited_ns)
{
	if (!nsa_is_running(th->task))
		return false;
	if (waited_ns < PATIENCE_NS)
		return true;
	return nsa_in_plain_wait(th->task) &&
	       ktime_before(ktime_get(), ktime_add_ns(th->op->asked, RETURN_NS));
}

/* Where are those who are still to come? @waited_ns: since the last look. */
static void look(struct nsa_op *op, u64 waited_ns)
{
	struct nsa_thread *th;

	spin_lock(&op->lock);
	for (th = nsa_first(op); th; th = nsa_next(th)) {
		if (th->state != NSA_QUEUED)
			continue;
		if (task_is_stopped_or_traced(th->task))
			note_stopped(th);
		else if (!th->gently || is_coming(th, waited_ns))
			continue;
		else if (can_sleep(th))
			note_asleep(th);
		else
			nudge(th);
	}
	spin_unlock(&op->lock);
}

/* Under op->lock. */
static void mark_gone(struct nsa_thread *th)
{
	th->state = NSA_GONE;
	th->op->nr_pending--;
	th->op->slow = true;
}

/*
 * Return: what to do with the thread under op->lock. One that woke between the
 * two looks is on its way to a boundary, see look().
 */
static void (*ask(struct nsa_thread *th))(struct nsa_thread *)
{
	if (th->task == current)
		return note_self;
	if (is_dumping(th))
		return nsa_queue_work(th, &th->work, TWA_NONE) ? NULL : mark_gone;
	/* Once more, for one that went to sleep between the first two. */
	th->gently = can_sleep(th) || nsa_is_running(th->task) || can_sleep(th);
	if (!nsa_queue_work(th, &th->work, th->gently ? TWA_RESUME : TWA_SIGNAL))
		return mark_gone;
	return th->gently && can_sleep(th) ? note_asleep : NULL;
}

static void ask_batch(struct nsa_op *op, struct nsa_batch *batch)
{
	struct nsa_thread *th;

	spin_lock(&op->lock);
	op->nr_pending += batch->nr;
	list_add_tail(&batch->node, &op->batches);
	spin_unlock(&op->lock);
	nsa_remember_batch(batch);
	for (th = batch->threads; th < batch->threads + batch->nr; th++) {
		void (*note)(struct nsa_thread *th) = ask(th);

		if (!note)
			continue;
		spin_lock(&op->lock);
		note(th);
		spin_unlock(&op->lock);
	}
}

static int restless(struct nsa_op *op)
{
	return nsa_fail(op, -EAGAIN, NSATTACH_R_RESTLESS, 0, &op->subjects[0], NULL);
}

static int deadline_passed(struct nsa_op *op)
{
	struct nsa_thread *th;

	for (th = nsa_first(op); th; th = nsa_next(th)) {
		if (th->state == NSA_QUEUED)
			return nsa_fail(op, -ETIMEDOUT, NSATTACH_R_DEADLINE, 0,
					th->subject, th->task);
	}
	return restless(op);
}

/* Why the caller should stop waiting although threads are pending, or 0. */
static int interrupted(struct nsa_op *op)
{
	if (READ_ONCE(op->in_exec))
		return restless(op);
	if (task_sigpending(current))
		return nsa_fail(op, -ERESTARTNOHAND, NSATTACH_R_INTERRUPTED, 0, NULL, NULL);
	if (READ_ONCE(op->yield))
		return -ERESTARTNOINTR;
	if (ktime_after(ktime_get(), op->deadline))
		return deadline_passed(op);
	return 0;
}

/* Sleep until kicked, a signal, or the next look at who has stopped. */
static void nap(struct nsa_op *op, u64 *look_ns)
{
	ktime_t until = ktime_add_ns(ktime_get(), *look_ns);

	if (ktime_after(until, op->deadline))
		until = op->deadline;
	/* TASK_INTERRUPTIBLE would not sleep with a task_work of an elder waiting. */
	set_current_state(test_thread_flag(TIF_NOTIFY_SIGNAL) ? TASK_KILLABLE :
								TASK_INTERRUPTIBLE);
	if (READ_ONCE(op->kicked) || READ_ONCE(op->yield) ||
	    schedule_hrtimeout(&until, HRTIMER_MODE_ABS)) {
		__set_current_state(TASK_RUNNING);
		return;
	}
	look(op, *look_ns);
	*look_ns = min_t(u64, *look_ns * 2, LAST_LOOK_NS);
}

/* Return: 0 when nobody is pending or the commit is done, else a negated errno. */
static int wait_for_threads(struct nsa_op *op)
{
	u64 look_ns = FIRST_LOOK_NS;
	int err;

	for (;;) {
		spin_lock(&op->lock);
		op->kicked = false;
		if (op->state == NSA_COMMITTED ||
		    (op->state == NSA_GATHER && !op->nr_pending)) {
			spin_unlock(&op->lock);
			return 0;
		}
		spin_unlock(&op->lock);
		err = interrupted(op);
		if (err)
			return err;
		nap(op, &look_ns);
	}
}

/*
 * The threads that are not known yet, prepared; @found: how many there were before some
 * of them exited. Return: NULL if none is left, ERR_PTR.
 */
static struct nsa_batch *find_and_prepare(struct nsa_op *op, struct nsa_subject *subject,
					  unsigned int *found)
{
	struct nsa_batch *batch = nsa_find_threads(op, subject);
	int err;

	*found = 0;
	if (IS_ERR_OR_NULL(batch))
		return batch;
	*found = batch->nr;
	err = nsa_prepare_batch(batch);
	if (!err && batch->nr)
		return batch;
	nsa_batch_free(batch);
	return ERR_PTR(err);
}

/* Prepare and ask every thread that is not known yet. Return: how many there were, or -errno. */
static int ask_new(struct nsa_op *op)
{
	struct nsa_batch *batch;
	unsigned int i, found;
	int nr = 0;

	op->leaving = false;
	nsa_note_stops(op);
	for (i = 0; i < op->nr_subjects; i++) {
		batch = find_and_prepare(op, &op->subjects[i], &found);
		if (IS_ERR(batch))
			return PTR_ERR(batch);
		/* One that goes meanwhile may have made another behind the walk. */
		nr += found;
		if (batch)
			ask_batch(op, batch);
	}
	if (nr) {
		look(op, 0);
		nsa_make_callers_yield(op);
	}
	return nr;
}

/*
 * Nobody leaves, so no process is reaped and its number used again, while its cgroup
 * changes. Return: as settle(), 1 when it is done.
 */
static int join_cgroup(struct nsa_op *op)
{
	bool all;
	int err;

	spin_lock(&op->lock);
	all = !op->nr_pending;
	if (all)
		WRITE_ONCE(op->state, NSA_COMMITTING);
	spin_unlock(&op->lock);
	if (!all)
		return 0;
	op->in_cgroup = true;
	err = nsa_cgroup_join(op);
	nsa_finish(op, NSA_GATHER);
	return err ?: 1;
}

static int leave_cgroup(struct nsa_op *op)
{
	int err;

	spin_lock(&op->lock);
	WRITE_ONCE(op->state, NSA_COMMITTING);
	spin_unlock(&op->lock);
	err = nsa_cgroup_back(op);
	nsa_finish(op, NSA_GATHER);
	return err;
}

/*
 * Nobody leaves while the kernel decides about the numbers (COMMITTING); who is
 * stopped is switched when it has (nsa_commit_with_pids()).
 * Return: 0, -EAGAIN, or a negated errno with op->error set.
 */
static int commit_begin(struct nsa_op *op)
{
	int err;

	if (!nsa_commit_begin(op))
		return -EAGAIN;
	err = op->pid_target ? nsa_pid_commit(op) : 0;
	if (err)
		nsa_finish(op, NSA_GATHER);
	return err;
}

/* Return: as settle(). */
static int commit(struct nsa_op *op)
{
	int err = commit_begin(op);

	if (err == -EAGAIN) {
		/* Somebody woke, and is on its way here. */
		usleep_range(10, 30);
		return 0;
	}
	if (err)
		return err;
	nsa_commit(op);
	nsa_finish(op, NSA_COMMITTED);
	return 1;
}

/* Return: true after a moment of waiting for threads that exit. */
static bool wait_for_leaving(struct nsa_op *op)
{
	if (!op->leaving)
		return false;
	if (!op->leave_until)
		op->leave_until = ktime_add_ns(ktime_get(), LEAVE_NS);
	/* Memory is not opened again as long as one has it that is still inside. */
	if (ktime_after(ktime_get(), op->leave_until) &&
	    !(op->detach && nsa_moves(op, CLONE_NEWUSER)))
		return false;
	usleep_range(50, 100);
	return true;
}

/*
 * Everybody known is parked, stopped or gone, and the caller runs.
 * Return: 1 when the attach is committed, 0 to gather again, or -errno.
 */
static int settle(struct nsa_op *op)
{
	int err;

	spin_lock(&op->lock);
	op->slow = true;
	op->restless = false;
	spin_unlock(&op->lock);
	if (op->in_exec)
		return restless(op);
	err = ask_new(op);
	if (err)
		return err < 0 ? err : 0;
	if (wait_for_leaving(op))
		return 0;
	err = nsa_prepare_again(op);
	if (err > 0)
		return 0;
	if (!err && op->flags & NSATTACH_F_WHOLE_TREE)
		err = nsa_check_children(op);
	if (err)
		return err;
	if (op->flags & NSATTACH_F_CGROUP && !op->in_cgroup) {
		err = join_cgroup(op);
		if (err <= 0)
			return err;
	}
	return commit(op);
}

/* If nobody has to come, nobody has to be waited for. */
static bool commit_now(struct nsa_op *op)
{
	bool commit;

	spin_lock(&op->lock);
	commit = op->state == NSA_GATHER && !op->nr_pending && nsa_all_parked(op);
	if (commit)
		WRITE_ONCE(op->state, NSA_COMMITTING);
	spin_unlock(&op->lock);
	if (!commit)
		return false;
	nsa_commit(op);
	nsa_finish(op, NSA_COMMITTED);
	return true;
}

static int gather(struct nsa_op *op)
{
	int err;

	/* Only the caller looks for strangers and children, and joins a cgroup. */
	op->slow = nsa_moves(op, CLONE_NEWTIME | CLONE_NEWUSER) || op->pid_target ||
		   op->flags & (NSATTACH_F_WHOLE_TREE | NSATTACH_F_CGROUP);
	op->rounds = 1;
	if (nsa_moves(op, CLONE_NEWIPC | CLONE_NEWTIME)) {
		op->stand_in = kzalloc(sizeof(*op->stand_in), GFP_KERNEL);
		if (!op->stand_in)
			return -ENOMEM;
	}
	err = ask_new(op);
	if (err < 0)
		return err;
	if (commit_now(op))
		return 0;

	for (;; op->rounds++) {
		err = wait_for_threads(op);
		if (err)
			return err;
		if (READ_ONCE(op->state) == NSA_COMMITTED)
			return 0;
		err = settle(op);
		if (err)
			return err < 0 ? err : 0;
		err = interrupted(op);
		if (err)
			return err;
		cond_resched();
	}
}

/* Let everybody go unchanged, unless the last one to arrive has begun to commit. */
static bool abort_gather(struct nsa_op *op)
{
	bool committed;

	spin_lock(&op->lock);
	while (op->state == NSA_COMMITTING) {
		spin_unlock(&op->lock);
		schedule_timeout_uninterruptible(1);
		spin_lock(&op->lock);
	}
	committed = op->state == NSA_COMMITTED;
	if (!committed)
		nsa_finish_locked(op, NSA_ABORTED);
	spin_unlock(&op->lock);
	return !committed;
}

int nsa_gather(struct nsa_op *op)
{
	int err;

	op->asked = ktime_get();
	err = gather(op);
	if (err && op->in_cgroup)
		err = leave_cgroup(op) ?: err;
	if (err && !abort_gather(op))
		err = 0;
	op->released = ktime_get();
	return err;
}

int nsa_prepare(struct nsa_op *op)
{
	struct nsa_batch *batch;
	unsigned int i, found;
	int err;

	for (i = 0; i < op->nr_subjects; i++) {
		struct nsa_subject *s = &op->subjects[i];

		batch = find_and_prepare(op, s, &found);
		if (IS_ERR(batch))
			return PTR_ERR(batch);
		if (!batch && nsa_subject_is_gone(s))
			return nsa_fail(op, -ESRCH, NSATTACH_R_SUBJECT_GONE, 0, s, NULL);
		if (!batch)
			return nsa_fail(op, -EAGAIN, NSATTACH_R_RESTLESS, 0, s, NULL);
		s->nr_moved = batch->nr;
		op->nr_moved += batch->nr;
		list_add_tail(&batch->node, &op->batches);
	}
	err = nsa_check_sharers(op);
	if (!err && op->flags & NSATTACH_F_WHOLE_TREE)
		err = nsa_check_children(op);
	return err;
}
