// SPDX-License-Identifier: GPL-2.0-only
/*
 * Subjects: what is refused, permission, and the order among attaches
 *
 * Two attaches never gather the same process: each claims all of its subjects
 * at once before it stops anybody, and holds nothing while it waits for them.
 *
 * The caller of one attach may be a subject of another (A attaches B while B
 * attaches A). A caller in the ioctl does not come to the user-mode boundary,
 * so one of the two has to give way: attaches are numbered, and a younger one
 * lets its threads go and starts over when an older one wants its caller. Waits
 * then only lead from younger to older attaches and can not form a ring.
 */
#include <linux/capability.h>
#include <linux/file.h>
#include <linux/fs_struct.h>
#include <linux/hashtable.h>
#include <linux/mm_types.h>
#include <linux/pid_namespace.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/wait.h>

#include "cgroup.h"
#include "compat/compat.h"
#include "compat/symbols.h"
#include "subject.h"

static DEFINE_SPINLOCK(claims_lock);
static DEFINE_HASHTABLE(claims, 12);		/* nsa_subject.busy */
static LIST_HEAD(active);			/* nsa_op.active, oldest first */
static u64 last_seq;
static DECLARE_WAIT_QUEUE_HEAD(claims_wait);

static int refuse(struct nsa_op *op, struct nsa_subject *subject)
{
	struct task_struct *leader = subject->leader;

	if (leader->flags & PF_KTHREAD)
		return nsa_fail(op, -EINVAL, NSATTACH_R_SUBJECT_KTHREAD, 0, subject, NULL);
	if (is_child_reaper(subject->pid))
		return nsa_fail(op, -EBUSY, NSATTACH_R_SUBJECT_INIT, 0, subject, NULL);
	return 0;
}

/**
 * nsa_subject_open - take a process from a pidfd
 * @op:		attach
 * @subject:	to be filled
 * @fd:		pidfd
 *
 * Return: 0 or a negated errno, with op->error set.
 */
int nsa_subject_open(struct nsa_op *op, struct nsa_subject *subject, int fd)
{
	struct file *file = fget(fd);
	struct pid *pid;

	if (!file)
		return nsa_fail(op, -EBADF, NSATTACH_R_SUBJECT_FD, 0, NULL, NULL);
	pid = nsa_pidfd_pid(file);
	if (!IS_ERR(pid))
		subject->pid = get_pid(pid);
	fput(file);
	if (!subject->pid)
		return nsa_fail(op, -EBADF, NSATTACH_R_SUBJECT_FD, 0, NULL, NULL);

	subject->leader = get_pid_task(subject->pid, PIDTYPE_TGID);
	if (!subject->leader)
		return nsa_fail(op, -ESRCH, NSATTACH_R_SUBJECT_GONE, 0, subject, NULL);
	return refuse(op, subject);
}

bool nsa_subject_is_gone(const struct nsa_subject *subject)
{
	const struct signal_struct *signal = subject->leader->signal;

	return !atomic_read(&signal->live) || READ_ONCE(signal->flags) & SIGNAL_GROUP_EXIT;
}

void nsa_subject_close(struct nsa_subject *subject)
{
	if (subject->leader)
		put_task_struct(subject->leader);
	if (subject->was_in)
		put_pid_ns(subject->was_in);
	nsa_cgroup_put(subject);
	path_put(&subject->wd);
	put_pid(subject->pid);
}

int nsa_subject_may(struct nsa_op *op, struct nsa_subject *subject,
		    struct task_struct *task, const struct cred *cred)
{
	if (!nsa_ptrace_may_access(task, PTRACE_MODE_ATTACH_REALCREDS))
		return nsa_fail(op, -EPERM, NSATTACH_R_PERM_SUBJECT, 0, subject, task);
	if (!ns_capable(cred->user_ns, CAP_SYS_ADMIN))
		return nsa_fail(op, -EPERM, NSATTACH_R_PERM_SUBJECT_CAP, 0, subject, task);
	return 0;
}

static struct task_struct *get_live_thread(struct nsa_subject *subject)
{
	struct task_struct *task, *live = NULL;

	rcu_read_lock();
	for_each_thread(subject->leader, task) {
		if (!(READ_ONCE(task->flags) & PF_EXITING)) {
			live = get_task_struct(task);
			break;
		}
	}
	rcu_read_unlock();
	return live;
}

int nsa_subjects_may(struct nsa_op *op)
{
	struct task_struct *task;
	const struct cred *cred;
	unsigned int i;
	int err = 0;

	if (current_user_ns() == &init_user_ns && uid_eq(current_euid(), GLOBAL_ROOT_UID))
		return 0;
	for (i = 0; i < op->nr_subjects && !err; i++) {
		task = get_live_thread(&op->subjects[i]);
		if (!task)
			continue;
		cred = get_task_cred(task);
		err = nsa_subject_may(op, &op->subjects[i], task, cred);
		put_cred(cred);
		put_task_struct(task);
	}
	return err;
}

/* The claim on a process, or NULL. Under claims_lock. */
static struct nsa_subject *claim_of(const struct pid *pid)
{
	struct nsa_subject *s;

	hash_for_each_possible(claims, s, busy, (unsigned long)pid) {
		if (s->pid == pid)
			return s;
	}
	return NULL;
}

static int given_twice(struct nsa_op *op, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		hash_del(&op->subjects[i].busy);
	return nsa_fail(op, -EEXIST, NSATTACH_R_SUBJECT_TWICE, 0, &op->subjects[nr], NULL);
}

/*
 * Claim all subjects, or none. Under claims_lock.
 * Return: 0, -EEXIST, or -EBUSY when another attach has one of them.
 */
static int try_claim(struct nsa_op *op)
{
	unsigned int i;

	for (i = 0; i < op->nr_subjects; i++) {
		struct nsa_subject *other = claim_of(op->subjects[i].pid);

		if (other && other->op != op)
			break;
		if (other)
			return given_twice(op, i);
		hash_add(claims, &op->subjects[i].busy, (unsigned long)op->subjects[i].pid);
	}
	if (i == op->nr_subjects) {
		op->seq = ++last_seq;
		list_add_tail(&op->active, &active);
		return 0;
	}
	while (i--)
		hash_del(&op->subjects[i].busy);
	return -EBUSY;
}

static int locked_try_claim(struct nsa_op *op)
{
	int err;

	spin_lock(&claims_lock);
	err = try_claim(op);
	spin_unlock(&claims_lock);
	return err;
}

static bool claimed(struct nsa_op *op, int *err)
{
	*err = locked_try_claim(op);
	return *err != -EBUSY;
}

/* Is the caller's process a subject of another attach? */
static bool wanted_by_another(struct nsa_op *op)
{
	struct nsa_subject *s;
	bool wanted;

	spin_lock(&claims_lock);
	s = claim_of(task_tgid(current));
	wanted = s && s->op != op;
	spin_unlock(&claims_lock);
	return wanted;
}

/**
 * nsa_claim - make the subjects ours alone, and take a place in the order
 * @op:		attach
 *
 * Waits for other attaches of the same processes; a caller that is wanted by
 * another attach, or gets a signal, leaves (it holds nothing yet).
 *
 * Return: 0, -EEXIST, -ETIMEDOUT, -ERESTARTNOINTR or -ERESTARTNOHAND.
 */
int nsa_claim(struct nsa_op *op)
{
	int err = locked_try_claim(op), ret = 0;

	if (err == -EBUSY) {
		ktime_t left = ktime_sub(op->deadline, ktime_get());

		ret = wait_event_interruptible_hrtimeout(claims_wait, claimed(op, &err), left);
	}
	if (ret == -ERESTARTSYS)
		ret = task_sigpending(current) ? -ERESTARTNOHAND : -ERESTARTNOINTR;
	if (ret && err == -EBUSY) {
		if (ret == -ETIME)
			return nsa_fail(op, -ETIMEDOUT, NSATTACH_R_DEADLINE, 0, &op->subjects[0],
					NULL);
		if (ret == -ERESTARTNOHAND)
			nsa_fail(op, ret, NSATTACH_R_INTERRUPTED, 0, NULL, NULL);
		return ret;
	}
	if (err)
		return err;

	/*
	 * Pairs with nsa_make_callers_yield(): an older attach either finds us
	 * in the list, or its notification is seen here.
	 */
	smp_mb();
	if (task_work_pending(current) && !task_sigpending(current) && wanted_by_another(op)) {
		nsa_unclaim(op);
		return -ERESTARTNOINTR;
	}
	return 0;
}

void nsa_unclaim(struct nsa_op *op)
{
	unsigned int i;

	spin_lock(&claims_lock);
	for (i = 0; i < op->nr_subjects; i++)
		hash_del(&op->subjects[i].busy);
	list_del_init(&op->active);
	spin_unlock(&claims_lock);
	if (wq_has_sleeper(&claims_wait))
		wake_up_all(&claims_wait);
}

/**
 * nsa_make_callers_yield - ask younger attaches for callers that are ours
 * @op:		attach that has queued work to all threads it knows
 *
 * Context: takes claims_lock, then the lock of other attaches inside it.
 */
void nsa_make_callers_yield(struct nsa_op *op)
{
	struct nsa_op *younger = op;
	struct nsa_subject *mine;

	smp_mb(); /* pairs with nsa_claim(): queued before the look at who is there */
	spin_lock(&claims_lock);
	list_for_each_entry_continue(younger, &active, active) {
		mine = claim_of(task_tgid(younger->caller));
		if (!mine || mine->op != op)
			continue;
		spin_lock(&younger->lock);
		younger->yield = true;
		wake_up_process(younger->caller);
		spin_unlock(&younger->lock);
	}
	spin_unlock(&claims_lock);
}

/* Its subject, or NULL of a stranger. */
static struct nsa_subject *ours(struct nsa_op *op, struct task_struct *task)
{
	struct nsa_subject *subject;

	spin_lock(&claims_lock);
	subject = claim_of(task_tgid(task));
	spin_unlock(&claims_lock);
	return subject && subject->op == op ? subject : NULL;
}

static bool is_ours(struct nsa_op *op, struct task_struct *task)
{
	return ours(op, task);
}

/* The caller is none: it may well run below what it moves. Under tasklist_lock. */
static struct task_struct *find_stranger(struct nsa_op *op, struct nsa_subject *subject)
{
	struct task_struct *thread, *child;

	for_each_thread(subject->leader, thread) {
		list_for_each_entry(child, &thread->children, sibling) {
			if (!child->exit_state && !is_ours(op, child) &&
			    !same_thread_group(child, op->caller))
				return child;
		}
	}
	return NULL;
}

int nsa_check_children(struct nsa_op *op)
{
	struct task_struct *child = NULL;
	unsigned int i;
	int err = 0;

	read_lock(&nsa_tasklist_lock);
	for (i = 0; i < op->nr_subjects && !child; i++)
		child = find_stranger(op, &op->subjects[i]);
	if (child)
		err = nsa_fail(op, -EAGAIN, NSATTACH_R_CHILD_LEFT, 0, &op->subjects[i - 1], child);
	read_unlock(&nsa_tasklist_lock);
	return err;
}

/* Would @task keep what goes from the others that share with it? */
static bool keeps_some(struct nsa_op *op, struct task_struct *task, u32 changes)
{
	struct nsa_subject *subject = ours(op, task);

	return !subject || changes & ~subject->changes;
}

/* How many threads change user together with this fs_struct. */
static unsigned int count_fs(struct nsa_op *op, const struct fs_struct *fs)
{
	struct nsa_thread *th;
	unsigned int n = 0;

	for (th = nsa_first(op); th; th = nsa_next(th))
		n += READ_ONCE(th->task->fs) == fs && th->subject->changes & CLONE_NEWUSER;
	return n;
}

/* A number that only a foreign process can make too large. */
static unsigned int fs_users(struct task_struct *task)
{
	unsigned int users = 0;

	task_lock(task);
	if (task->fs) {
		nsa_fs_lock(task->fs);
		users = task->fs->users;
		nsa_fs_unlock(task->fs);
	}
	task_unlock(task);
	return users;
}

typedef bool has_fn(const struct task_struct *task, const void *what);

static bool has_fs(const struct task_struct *task, const void *fs)
{
	return READ_ONCE(task->fs) == fs;
}

/* Kernel threads only borrow it. */
static bool has_mm(const struct task_struct *task, const void *mm)
{
	return !(task->flags & PF_KTHREAD) && READ_ONCE(task->mm) == mm;
}

static unsigned int count_own(struct task_struct *leader, has_fn *has, const void *what)
{
	struct task_struct *t;
	unsigned int n = 0;

	rcu_read_lock();
	for_each_thread(leader, t)
		n += has(t, what);
	rcu_read_unlock();
	return n;
}

unsigned int nsa_count_mm(struct task_struct *leader, const struct mm_struct *mm)
{
	return count_own(leader, has_mm, mm);
}

/* A thread that shares @what and would not make these @changes with it, or NULL. Under RCU. */
static struct task_struct *find_sharer(struct nsa_op *op, has_fn *has, const void *what,
				       u32 changes)
{
	struct task_struct *p, *t;

	for_each_process_thread(p, t) {
		if (has(t, what) && keeps_some(op, t, changes))
			return t;
	}
	return NULL;
}

int nsa_check_fs_sharers(struct nsa_op *op)
{
	const struct fs_struct *fs, *seen = NULL;
	struct task_struct *sharer;
	struct nsa_thread *th;
	unsigned int users;
	int err = 0;

	for (th = nsa_first(op); th && !err; th = nsa_next(th)) {
		cond_resched();
		fs = READ_ONCE(th->task->fs);
		/* With mnt they get one of their own. */
		if (!fs || fs == seen || th->fs || !(th->subject->changes & CLONE_NEWUSER))
			continue;
		seen = fs;
		users = fs_users(th->task);
		if (users <= 1 || users <= count_own(th->subject->leader, has_fs, fs) ||
		    users <= count_fs(op, fs))
			continue;
		rcu_read_lock();
		sharer = find_sharer(op, has_fs, fs, CLONE_NEWUSER);
		if (sharer)
			err = nsa_fail(op, -EBUSY, NSATTACH_R_FS_SHARED, CLONE_NEWUSER,
				       th->subject, sharer);
		rcu_read_unlock();
	}
	return err;
}

/* How many use this mm, or 0: a number that others can only make too large. */
static unsigned int mm_users(struct task_struct *task, struct mm_struct **mm)
{
	unsigned int users = 0;

	task_lock(task);
	*mm = task->mm;
	if (*mm)
		users = atomic_read(&(*mm)->mm_users);
	task_unlock(task);
	return users;
}

int nsa_check_mm_sharers(struct nsa_op *op, struct nsa_subject *subject)
{
	u32 changes = subject->changes;
	struct task_struct *sharer = NULL, *t;
	struct mm_struct *mm = NULL;
	unsigned int users = 0;
	int err = 0;

	rcu_read_lock();
	for_each_thread(subject->leader, t) {
		users = mm_users(t, &mm);
		if (mm)
			break;
	}
	if (users > nsa_count_mm(subject->leader, mm))
		sharer = find_sharer(op, has_mm, mm, changes);
	if (sharer)
		err = nsa_fail(op, -EBUSY, NSATTACH_R_MM_SHARED,
			       changes & CLONE_NEWTIME ?: CLONE_NEWUSER, subject, sharer);
	rcu_read_unlock();
	return err;
}
