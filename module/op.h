/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One attach while it runs: its subjects, their threads, what they move to
 */
#ifndef NSA_OP_H
#define NSA_OP_H

#include <linux/cred.h>
#include <linux/hashtable.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/path.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/task_work.h>

#include <uapi/linux/nsattach.h>

#include "compat/compat.h"
#include "ns.h"

struct nsa_op;
struct nsa_record;
struct nsa_subject;

/*
 * GATHER -> COMMITTING -> COMMITTED, or GATHER -> ABORTED; under nsa_op.lock.
 * Whoever goes to COMMITTING alone carries it to COMMITTED; only the caller may go
 * back from there to GATHER, for steps that can fail while nobody may leave.
 */
enum nsa_op_state {
	NSA_GATHER,
	NSA_COMMITTING,
	NSA_COMMITTED,
	NSA_ABORTED,
};

/* Under nsa_op.lock. */
enum nsa_thread_state {
	NSA_QUEUED,	/* asked to come, counted in nsa_op.nr_pending */
	NSA_PARKED,	/* sleeps in its task_work: holds no namespace pointer */
	NSA_ASLEEP,	/* in a call that can be switched in its sleep, see asleep.c */
	NSA_STOPPED,	/* in a signal or ptrace stop: will meet its task_work first */
	NSA_GONE,	/* exits, or is about to */
	NSA_MOVED,
};

/* One nsproxy that threads of the subjects have, and the one they will get. */
struct nsa_proxy {
	struct list_head node;
	const struct user_namespace *user_ns;	/* of the threads, compared only */
	const struct pid_namespace *pid_ns;	/* of the threads, compared only */
	struct nsproxy *old;		/* reference, and one more per moved thread */
	struct nsproxy *new;		/* reference, and one more per moved thread */
	unsigned int nr_moved;
	struct path root;		/* mnt: where fs_structs of its threads go */
};

/*
 * That a subject has threads with this proxy; when it has moved, what the record
 * of the subject keeps of it.
 */
struct nsa_origin {
	struct list_head node;
	struct nsa_proxy *proxy;	/* during the op */
	struct nsproxy *now, *was;	/* in the record; references */
};

/* One fs_struct that threads of a subject have. Only used when mnt moves. */
struct nsa_fs {
	struct list_head node;
	struct fs_struct *old;		/* no reference: used while its threads are held */
	struct fs_struct *copy;		/* for the subject, when strangers share @old */
	struct fs_struct *now;		/* in the record: what it became; compared only */
	bool held;			/* a reference to @old during the commit */
	unsigned int nr_threads;	/* how many gathered threads have it */
	struct nsa_thread *holder;	/* the last one that was counted */
	unsigned int nr_moved;
	struct path root, pwd;		/* where it goes */
	struct path old_root, old_pwd;	/* where it was; in the record: at first */
};

/*
 * One cred that threads of a subject have and the caller was checked against.
 * In the record of a subject: what it got (new), what it had (cred).
 */
struct nsa_cred {
	struct list_head node;
	const struct cred *cred;	/* reference */
	const struct cred *new;		/* user: reference, else NULL */
	unsigned int nr_moved;
};

struct nsa_thread {
	struct callback_head work;
	struct callback_head nudge;	/* to fetch one that was asleep, or to tell it anew */
	struct nsa_op *op;
	struct nsa_batch *batch;
	struct nsa_subject *subject;
	struct task_struct *task;	/* reference, dropped by the caller */
	struct nsa_proxy *proxy;
	struct nsa_fs *fs;
	struct nsa_cred *cred;
	enum nsa_thread_state state;
	unsigned long switches;		/* of a stopped one, before the last walk */
	const struct mm_struct *mm;	/* of a stopped one, when it moved; compared only */
	int old_nr;			/* before a pid move */
	bool was_stopped;
	bool gently;			/* not interrupted so far */
	unsigned long ran;		/* nsa_switches() before it was interrupted */
	bool interrupted;		/* at once or by @nudge */
	bool flagged;			/* and TIF_NOTIFY_SIGNAL was not set before */
	bool nudged;			/* @nudge was queued */
	bool slept;			/* was counted as asleep */
	bool waits;			/* in park(): to be woken */
	bool came;			/* runs, or has run, its task_work */
	struct sem_undo_list *undo;	/* taken from the thread, until it is applied */
	struct hlist_node known;
};

/* Threads that were found in one walk. */
struct nsa_batch {
	struct list_head node;
	unsigned int nr;
	unsigned int room;
	struct nsa_thread threads[] __counted_by(room);
};

struct nsa_subject {
	struct pid *pid;		/* reference */
	struct task_struct *leader;	/* reference; a zombie leader is as good */
	struct hlist_node busy;		/* in the table of subjects being moved */
	struct nsa_op *op;
	const char *wd_name;		/* working directory inside, the request's, or NULL */
	struct path wd;			/* mnt, attach: the one that it gets, reference */
	struct list_head origins;
	struct list_head fss;
	struct list_head creds;
	unsigned int nr_parked;
	unsigned int nr_asleep;
	unsigned int nr_stopped;
	unsigned int nr_moved;
	struct task_struct *stopped;	/* one of the stopped threads */
	struct sighand_struct *sighand;	/* its siglock is held */
	struct mm_struct *mm;		/* time, of a stopped thread: reference */
	u32 changes;			/* time and user, as CLONE_NEW* bits: do they? */
	int dumpable;			/* user, attach: what its mm was */
	struct pid_namespace *was_in;	/* pid move: reference, for the record */
	struct file *join, *back;	/* cgroup.procs, or NULL: references */
	struct cgroup *was_in_cgroup;	/* reference, for the record */
	bool joined;			/* the number was written to @join */
	struct nsa_record *record;	/* prepared (attach) or found (detach) */
};

/**
 * struct nsa_op - one attach or detach
 * @ref:	the caller, and every task_work that has not returned
 * @lock:	everything below it that changes during the rendezvous
 * @state:	where the rendezvous is; written under @lock
 * @nr_pending:	threads that were asked and have neither arrived nor gone
 * @stale:	a thread arrived with other namespaces, fs or creds than prepared
 * @restless:	a thread left its stop, and may have made another one
 * @slow:	threads were not simply all there: only the caller may commit
 * @in_exec:	a thread came from the middle of an exec: there is nothing to commit
 * @leaving:	threads on their way out still show namespaces
 * @leave_until: how long they are waited for
 * @kicked:	the caller has something to look at
 * @yield:	an older attach waits for our caller: start over
 * @caller:	task in the ioctl, woken under @lock while @state is GATHER
 */
struct nsa_op {
	refcount_t ref;
	spinlock_t lock;		/* state, threads' states, counts of subjects */
	enum nsa_op_state state;
	unsigned int nr_pending;
	unsigned int nr_stopped;
	bool stale;
	bool restless;
	bool yield;
	bool kicked;
	bool detach;
	bool slow;
	bool in_exec;
	bool leaving;
	ktime_t leave_until;
	struct task_struct *caller;
	u64 seq;
	struct list_head active;

	u32 flags;
	u64 asked_for;			/* CLONE_NEW* bits, for audit */
	struct nsa_join join;
	ktime_t deadline;
	ktime_t asked;
	ktime_t released;
	unsigned int rounds;
	struct pid_namespace *pid_target;	/* pid move: reference */
	unsigned int nr_wds;		/* of how many subjects the wd was looked up */
	struct path cgroup_mount;	/* where cgroups are looked up; references */
	bool in_cgroup;			/* the subjects have joined */

	struct nsa_subject *subjects;	/* &one, or an array */
	struct nsa_subject one;
	unsigned int nr_subjects;
	struct list_head batches;
	struct list_head proxies;
	struct task_struct *stand_in;	/* what a thread had that may run again and exit */
	struct hlist_head *known;
	unsigned int known_bits;
	unsigned int nr_moved;
	struct nsattach_error error;
};

/* All threads that are known, in the order in which they were found. */
static inline struct nsa_thread *nsa_first(struct nsa_op *op)
{
	struct nsa_batch *batch = list_first_entry_or_null(&op->batches, struct nsa_batch, node);

	return batch ? batch->threads : NULL;
}

static inline struct nsa_thread *nsa_next(struct nsa_thread *th)
{
	struct nsa_batch *batch = th->batch;

	if (++th < batch->threads + batch->nr)
		return th;
	if (list_is_last(&batch->node, &batch->threads[0].op->batches))
		return NULL;
	return list_next_entry(batch, node)->threads;
}

static inline bool nsa_moves(const struct nsa_op *op, u64 flag)
{
	return op->join.mask & flag;
}

static inline const struct cred *nsa_new_cred(const struct nsa_cred *c)
{
	return c->new ? c->new : c->cred;
}

struct nsa_op *nsa_op_alloc(unsigned int nr_subjects);
void nsa_op_put(struct nsa_op *op);

/**
 * nsa_fail - note what failed, once
 * @op:		attach
 * @err:	negated errno that belongs to @reason
 * @reason:	enum nsattach_reason
 * @ns:		CLONE_NEW* bit at fault, or 0
 * @subject:	subject at fault, or NULL
 * @task:	thread at fault, or NULL
 *
 * Return: @err.
 */
int nsa_fail(struct nsa_op *op, int err, enum nsattach_reason reason, u32 ns,
	     struct nsa_subject *subject, struct task_struct *task);

#endif /* NSA_OP_H */
