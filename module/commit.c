// SPDX-License-Identifier: GPL-2.0-only
/*
 * The point of no return
 *
 * A parked thread is switched like the kernel would: the pointer changes under
 * task_lock, which is what readers of another task's nsproxy and fs take.
 *
 * A stopped thread is switched under siglock, without which it can not be woken
 * (signal_wake_up_state(), ptrace_resume()), so that it can not be in the middle
 * of a system call that holds its old namespaces. task_lock can not nest inside
 * siglock, which is taken in interrupts; a reader that has just read the old
 * pointer under task_lock is waited for before the reference is dropped.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sem.h>

#include "asleep.h"
#include "commit.h"
#include "compat/compat.h"
#include "compat/symbols.h"
#include "creds.h"
#include "fs.h"
#include "thread.h"

void nsa_note_stops(struct nsa_op *op)
{
	struct nsa_thread *th;

	for (th = nsa_first(op); th; th = nsa_next(th)) {
		if (th->state == NSA_STOPPED)
			th->switches = nsa_switches(th->task);
	}
	smp_mb(); /* the counts before the look for new threads */
}

/*
 * A tracer may have let it run from one stop to the next, at the entry and in the
 * middle of a clone() for one: then there is a thread that nobody knows.
 */
static bool same_stop(const struct nsa_thread *th)
{
	const struct task_struct *task = th->task;

	if (!task_is_stopped_or_traced(task))
		return false;
	/* The count of its last switch before it is seen off the CPU. */
	return !smp_load_acquire(&task->on_cpu) && nsa_switches(task) == th->switches;
}

/* Under op->lock and siglock. */
static bool still_stopped(struct nsa_thread *th)
{
	struct task_struct *task = th->task;

	if (same_stop(th) && !fatal_signal_pending(task) && task->nsproxy == th->proxy->old &&
	    rcu_access_pointer(task->real_cred) == th->cred->cred &&
	    (!th->fs || task->fs == th->fs->old))
		return true;
	/* It runs: then it comes by itself. */
	th->state = NSA_QUEUED;
	th->subject->nr_stopped--;
	if (th->fs)
		th->fs->nr_threads--;
	th->op->nr_stopped--;
	th->op->nr_pending++;
	th->op->stale = true;
	return false;
}

static bool leaves_ipc(struct nsa_thread *th)
{
	return th->proxy->old->ipc_ns != th->proxy->new->ipc_ns;
}

static bool changes_clocks(struct nsa_thread *th)
{
	return th->proxy->old->time_ns != th->proxy->new->time_ns;
}

#ifdef CONFIG_SYSVIPC
/* Under siglock, or of a thread that is parked. */
static void take_undo(struct nsa_thread *th)
{
	if (!leaves_ipc(th))
		return;
	th->undo = th->task->sysvsem.undo_list;
	th->task->sysvsem.undo_list = NULL;
}

/*
 * SEM_UNDO belongs to the old ipc namespace. exit_sem() uses these two members of
 * its task and no other (ipc/sem.c); a task that was taken from may exit meanwhile.
 */
static void apply_undo(struct nsa_thread *th)
{
	if (!th->undo)
		return;
	th->op->stand_in->sysvsem.undo_list = th->undo;
	th->op->stand_in->nsproxy = th->proxy->old;
	nsa_exit_sem(th->op->stand_in);
	th->undo = NULL;
}
#else
static void take_undo(struct nsa_thread *th) { }
static void apply_undo(struct nsa_thread *th) { }
#endif

/* Under op->lock and siglock. */
static void switch_stopped(struct nsa_thread *th)
{
	struct task_struct *task = th->task;

	get_nsproxy(th->proxy->new);
	WRITE_ONCE(task->nsproxy, th->proxy->new);
	th->proxy->nr_moved++;
	if (th->fs) {
		WRITE_ONCE(task->fs, th->fs->copy);
		th->fs->nr_moved++;
	}
	take_undo(th);
	th->mm = task->mm;
	if (th->cred->new)
		nsa_cred_switch(task, th->cred);
	if (changes_clocks(th) && !th->subject->mm && task->mm && mmget_not_zero(task->mm))
		th->subject->mm = task->mm;
	th->was_stopped = true;
	th->state = NSA_MOVED;
}

/* What a copy becomes once it is known who moves. Under op->lock. */
static void fill_copies(struct nsa_op *op)
{
	struct nsa_fs *fs;
	unsigned int i;

	for (i = 0; i < op->nr_subjects; i++) {
		list_for_each_entry(fs, &op->subjects[i].fss, node) {
			if (!fs->copy || !fs->nr_threads)
				continue;
			fs->copy->users = fs->nr_threads;
		}
	}
}

/*
 * As many as there are subjects: each would count in preempt_count, which has room
 * for 255, and for lockdep, which has for 48. Preemption is off in any case.
 */
static void siglock_uncounted(struct sighand_struct *sighand)
{
	spin_release(&sighand->siglock.dep_map, _RET_IP_);
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		preempt_enable();
}

static void siglock_done(struct sighand_struct *sighand)
{
	__acquire(&sighand->siglock);
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		preempt_disable();
	spin_acquire(&sighand->siglock.dep_map, 0, 1, _RET_IP_);
	spin_unlock(&sighand->siglock);
}

/* CLONE_SIGHAND without CLONE_THREAD: two processes, one lock. */
static bool is_locked_by_us(struct nsa_op *op, const struct sighand_struct *sighand)
{
	unsigned int i;

	for (i = 0; i < op->nr_subjects; i++) {
		if (op->subjects[i].sighand == sighand)
			return true;
	}
	return false;
}

/*
 * The siglock of a process with stopped threads. As lock_task_sighand(), which
 * is not exported, but it does not wait: several are held at once, and no order
 * among them is known. Interrupts and preemption are off.
 */
static bool lock_sighand(struct nsa_subject *subject)
{
	struct sighand_struct *sighand = rcu_dereference(subject->stopped->sighand);

	if (!sighand)
		return false;
	if (!spin_trylock(&sighand->siglock))
		return is_locked_by_us(subject->op, sighand);
	/* For sparse: held until siglock_done(). */
	__release(&sighand->siglock);
	siglock_uncounted(sighand);
	subject->sighand = sighand;
	return sighand == rcu_access_pointer(subject->stopped->sighand);
}

static bool lock_all(struct nsa_op *op)
{
	unsigned int i;

	for (i = 0; i < op->nr_subjects; i++) {
		if (op->subjects[i].nr_stopped && !lock_sighand(&op->subjects[i]))
			return false;
	}
	return true;
}

static void unlock_all(struct nsa_op *op)
{
	unsigned int i;

	for (i = 0; i < op->nr_subjects; i++) {
		struct sighand_struct *sighand = op->subjects[i].sighand;

		op->subjects[i].sighand = NULL;
		if (sighand)
			siglock_done(sighand);
	}
}

/* Under op->lock: switch all stopped threads of all subjects, or none. */
static bool commit_stopped(struct nsa_op *op)
{
	struct nsa_thread *th;
	unsigned long flags;
	bool all = true;

	for (th = nsa_first(op); th; th = nsa_next(th)) {
		if (th->state == NSA_STOPPED)
			th->subject->stopped = th->task;
	}
	rcu_read_lock();
	/* With PREEMPT_RT these locks sleep, and no interrupt takes them. */
	if (!IS_ENABLED(CONFIG_PREEMPT_RT)) {
		preempt_disable();
		local_irq_save(flags);
	}
	all = lock_all(op);
	for (th = nsa_first(op); th; th = nsa_next(th)) {
		if (all && th->state == NSA_STOPPED)
			all = still_stopped(th);
	}
	if (all) {
		fill_copies(op);
		nsa_creds_close(op);
		for (th = nsa_first(op); th; th = nsa_next(th)) {
			if (th->state == NSA_STOPPED)
				switch_stopped(th);
		}
	}
	unlock_all(op);
	if (!IS_ENABLED(CONFIG_PREEMPT_RT)) {
		local_irq_restore(flags);
		preempt_enable();
	}
	rcu_read_unlock();
	return all;
}

static bool all_asleep(struct nsa_op *op)
{
	struct nsa_thread *th;

	for (th = nsa_first(op); th; th = nsa_next(th)) {
		if (th->state == NSA_ASLEEP && nsa_is_running(th->task))
			return false;
	}
	return true;
}

static bool nothing_changed(struct nsa_op *op)
{
	unsigned int i;

	if (op->nr_pending || op->stale || op->restless || !all_asleep(op))
		return false;
	for (i = 0; i < op->nr_subjects; i++) {
		struct nsa_subject *s = &op->subjects[i];

		if (!s->nr_parked && !s->nr_asleep && !s->nr_stopped)
			return false;
		if (!nsa_fs_ready(s))
			return false;
	}
	return true;
}

/*
 * New root and cwd into every copy, before anybody uses it. The paths the copy
 * had are the caller's.
 */
static void aim_copies(struct nsa_op *op)
{
	struct nsa_fs *fs;
	unsigned int i;

	for (i = 0; i < op->nr_subjects; i++) {
		list_for_each_entry(fs, &op->subjects[i].fss, node) {
			if (!fs->copy)
				continue;
			nsa_set_fs_root(fs->copy, &fs->root);
			nsa_set_fs_pwd(fs->copy, &fs->pwd);
		}
	}
}

bool nsa_commit_begin(struct nsa_op *op)
{
	bool go;

	aim_copies(op);
	spin_lock(&op->lock);
	go = nothing_changed(op);
	if (go && op->nr_stopped && !op->pid_target)
		go = commit_stopped(op);
	if (go)
		WRITE_ONCE(op->state, NSA_COMMITTING);
	spin_unlock(&op->lock);
	return go;
}

bool nsa_commit_with_pids(struct nsa_op *op)
{
	bool go;

	/* Elsewhere it is held with interrupts on, and those take tasklist_lock. */
	if (!spin_trylock(&op->lock))
		return false;
	go = all_asleep(op) && (!op->nr_stopped || commit_stopped(op));
	spin_unlock(&op->lock);
	return go;
}

/* Nobody's exit shall free what switch_fs() will write to. */
static void hold_fs(struct nsa_fs *fs)
{
	if (fs->held)
		return;
	fs->held = true;
	nsa_fs_lock(fs->old);
	fs->old->users++;
	nsa_fs_unlock(fs->old);
}

static void release_fs(struct fs_struct *fs, unsigned int nr)
{
	int left;

	nsa_fs_lock(fs);
	fs->users -= nr;
	left = fs->users;
	nsa_fs_unlock(fs);
	if (!left)
		nsa_free_fs_struct(fs);
}

/*
 * One that is frozen by cgroup v1 at the boundary and then killed and thawed exits
 * without meeting its task_work: it has no nsproxy any more, or will not have.
 */
static void switch_nothing(struct nsa_thread *th)
{
	struct fs_struct *copy = th->fs ? th->fs->copy : NULL;
	int left;

	WARN_ON_ONCE(th->state != NSA_ASLEEP);
	th->state = NSA_GONE;
	if (!copy)
		return;
	nsa_fs_lock(copy);
	left = --copy->users;
	nsa_fs_unlock(copy);
	/* Those who moved to it have exited; without any it is freed with the op. */
	if (!left && th->fs->nr_moved)
		nsa_free_fs_struct(copy);
}

/* Who is parked stays; of a sleeper that dies, exit takes apart what it has. */
static bool dies(struct nsa_thread *th)
{
	struct task_struct *task = th->task;

	return th->state == NSA_ASLEEP &&
	       (READ_ONCE(task->flags) & PF_EXITING || fatal_signal_pending(task) ||
		READ_ONCE(task->signal->flags) & SIGNAL_GROUP_EXIT);
}

/*
 * A sleeper may be woken and killed in this moment, and then exit_sem() is for one of
 * the two. One that dies of a signal takes siglock between that signal and exit_sem()
 * (do_group_exit(), zap_threads(), exit_signals()), so that it is not there while this
 * holds it. Return: false for one that dies and keeps its list.
 */
static bool take_undo_asleep(struct nsa_thread *th)
{
	struct sighand_struct *sighand;
	unsigned long flags;
	bool lives = false;

	rcu_read_lock();
	sighand = rcu_dereference(th->task->sighand);
	if (sighand) {
		spin_lock_irqsave(&sighand->siglock, flags);
		lives = sighand == rcu_access_pointer(th->task->sighand) && !dies(th);
		if (lives)
			take_undo(th);
		spin_unlock_irqrestore(&sighand->siglock, flags);
	}
	rcu_read_unlock();
	return lives;
}

static void switch_parked(struct nsa_thread *th)
{
	struct task_struct *task = th->task;

	if (th->state != NSA_ASLEEP) {
		take_undo(th);
	} else if (!take_undo_asleep(th)) {
		/* Not asked again: killed by another's exec it shows no sign for a moment. */
		switch_nothing(th);
		return;
	}
	apply_undo(th);
	get_nsproxy(th->proxy->new);
	task_lock(task);
	if (dies(th) || task->nsproxy != th->proxy->old || (th->fs && task->fs != th->fs->old)) {
		task_unlock(task);
		nsa_put_nsproxy(th->proxy->new);
		switch_nothing(th);
		return;
	}
	lockdep_assert_held(&task->alloc_lock);
	task->nsproxy = th->proxy->new;
	if (th->fs && th->fs->copy)
		task->fs = th->fs->copy;
	else if (th->fs)
		hold_fs(th->fs);
	task_unlock(task);
	if (th->cred->new)
		nsa_cred_switch(task, th->cred);
	th->proxy->nr_moved++;
	if (th->fs)
		th->fs->nr_moved++;
	th->state = NSA_MOVED;
}

static void settle_stopped(struct nsa_thread *th)
{
	/* Readers that saw the old pointers have taken their references now. */
	task_lock(th->task);
	task_unlock(th->task);
	apply_undo(th);
}

/* The cwd may have changed since it was prepared. */
static void note_old_paths(struct nsa_fs *fs)
{
	struct path root = fs->old_root, pwd = fs->old_pwd;

	if (path_equal(&fs->old->root, &root) && path_equal(&fs->old->pwd, &pwd))
		return;
	get_fs_root(fs->old, &fs->old_root);
	get_fs_pwd(fs->old, &fs->old_pwd);
	path_put(&root);
	path_put(&pwd);
}

static void switch_fs(struct nsa_fs *fs)
{
	if (!fs->nr_moved)
		return;
	note_old_paths(fs);
	if (fs->copy) {
		release_fs(fs->old, fs->nr_moved);
		return;
	}
	nsa_set_fs_root(fs->old, &fs->root);
	nsa_set_fs_pwd(fs->old, &fs->pwd);
	if (fs->held)
		release_fs(fs->old, 1);
	fs->held = false;
}

/*
 * The clocks in the vDSO page of the mm, which all threads share. A stopped
 * thread may run on to its exit or exec meanwhile; timens_commit() uses the mm
 * of its task and nothing else (kernel/time/namespace.c).
 */
static void switch_clocks(struct nsa_thread *th)
{
#ifdef CONFIG_TIME_NS
	struct nsa_subject *subject = th->subject;

	if (!changes_clocks(th))
		return;
	if (!subject->mm)
		subject->mm = get_task_mm(th->task);
	if (!subject->mm)
		return;
	th->op->stand_in->mm = subject->mm;
	nsa_timens_commit(th->op->stand_in, th->proxy->new->time_ns);
	mmput(subject->mm);
	subject->mm = NULL;
#endif
}

/*
 * A thread that was switched in its sleep may have woken just before, and be
 * reading what it had through current->fs or current->nsproxy. Once it is off
 * the CPU, or has come, it holds no such pointer.
 */
static bool may_still_read(struct nsa_thread *th)
{
	if (!th->slept || th->state != NSA_MOVED || th->task == current || READ_ONCE(th->came))
		return false;
	return nsa_is_running(th->task);
}

static void wait_for_readers(struct nsa_op *op)
{
	struct nsa_thread *th;

	/* The new pointers before the look. */
	smp_mb();
	for (th = nsa_first(op); th; th = nsa_next(th)) {
		while (may_still_read(th))
			schedule_timeout_uninterruptible(1);
	}
}

void nsa_commit(struct nsa_op *op)
{
	struct nsa_thread *th;
	struct nsa_fs *fs;
	unsigned int i;

	if (!op->nr_stopped) {
		fill_copies(op);
		nsa_creds_close(op);
	}
	for (th = nsa_first(op); th; th = nsa_next(th)) {
		if (th->state == NSA_PARKED || th->state == NSA_ASLEEP)
			switch_parked(th);
		else if (th->state == NSA_MOVED && th->was_stopped)
			settle_stopped(th);
		else
			continue;
		if (th->state != NSA_MOVED)
			continue;
		if (!th->subject->nr_moved++)
			switch_clocks(th);
		op->nr_moved++;
	}
	nsa_creds_reopen(op);
	wait_for_readers(op);
	for (i = 0; i < op->nr_subjects; i++) {
		list_for_each_entry(fs, &op->subjects[i].fss, node)
			switch_fs(fs);
	}
}
