// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a detach needs: one record for each process that is attached
 *
 * A record keeps, for every nsproxy that the attach made, the one it was made
 * from, and for every fs_struct root and cwd as they were. A second attach of
 * the same process keeps the first origin, unless the process has moved on by
 * itself: then it starts from what it finds. An nsproxy never changes once a task
 * has it, so "does this thread still have the one we gave it" says whether it
 * moved on by itself, and giving the origin back restores everything at once.
 *
 * The record lives as long as the process: its struct pid wakes wait_pidfd when
 * the last thread has gone, which is what pidfd pollers wait for. Nobody is
 * allowed to sleep there, so a work item drops the references.
 *
 * records_lock protects the table and the contents. One reference belongs to
 * the table, one to each op that uses the record.
 */
#include <linux/capability.h>
#include <linux/cgroup.h>
#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/refcount.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "compat/compat.h"
#include "creds.h"
#include "fs.h"
#include "op.h"
#include "record.h"
#include "thread.h"

struct nsa_record {
	refcount_t ref;
	struct hlist_node node;		/* by pid; unhashed: not in the table (yet) */
	struct pid *pid;
	wait_queue_entry_t exit;	/* on pid->wait_pidfd, while in the table */
	struct work_struct gone;
	struct list_head origins;	/* nsa_origin */
	struct list_head creds;		/* nsa_cred; only after a move of user */
	int dumpable;			/* before that */
	struct list_head fss;		/* nsa_fs: old_root, old_pwd are the origin */
	u64 mask;
	u64 since;
	struct pid_namespace *pid_ns;	/* after a pid move: the one it came from */
	struct cgroup *cgroup;		/* the one it was in before it joined another */
	struct pid *target;
	struct pid *by;
	kuid_t by_uid;
};

static struct workqueue_struct *record_wq;
static DEFINE_MUTEX(records_lock);
static DEFINE_HASHTABLE(records, 8);

static void forget_origins(struct nsa_record *r)
{
	struct nsa_origin *o, *next;

	list_for_each_entry_safe(o, next, &r->origins, node)
		nsa_origin_free(o);
	INIT_LIST_HEAD(&r->origins);
}

static void forget_creds(struct nsa_record *r)
{
	struct nsa_cred *c, *next;

	list_for_each_entry_safe(c, next, &r->creds, node)
		nsa_cred_free(c);
	INIT_LIST_HEAD(&r->creds);
}

static void forget_fss(struct nsa_record *r)
{
	struct nsa_fs *fs, *next;

	list_for_each_entry_safe(fs, next, &r->fss, node)
		nsa_fs_free(fs);
	INIT_LIST_HEAD(&r->fss);
}

/* Where it was before. */
static void forget(struct nsa_record *r)
{
	forget_origins(r);
	forget_creds(r);
	forget_fss(r);
	if (r->pid_ns)
		put_pid_ns(r->pid_ns);
	if (r->cgroup)
		cgroup_put(r->cgroup);
	r->pid_ns = NULL;
	r->cgroup = NULL;
	r->mask = 0;
}

static void put(struct nsa_record *r)
{
	if (!r || !refcount_dec_and_test(&r->ref))
		return;
	forget(r);
	put_pid(r->pid);
	put_pid(r->target);
	put_pid(r->by);
	kfree(r);
}

/* Under records_lock; the caller has a reference of its own. */
static void remove(struct nsa_record *r)
{
	if (hlist_unhashed(&r->node))
		return;
	hash_del(&r->node);
	remove_wait_queue(&r->pid->wait_pidfd, &r->exit);
	put(r);
}

static bool is_gone(struct pid *pid)
{
	struct task_struct *task;
	bool gone;

	rcu_read_lock();
	task = pid_task(pid, PIDTYPE_TGID);
	gone = !task || (task->exit_state && thread_group_empty(task));
	rcu_read_unlock();
	return gone;
}

static void gone(struct work_struct *work)
{
	struct nsa_record *r = container_of(work, struct nsa_record, gone);

	mutex_lock(&records_lock);
	if (is_gone(r->pid))
		remove(r);
	mutex_unlock(&records_lock);
	put(r);
}

/* Called with tasklist_lock held and interrupts off. The work has a reference. */
static int exit_notified(wait_queue_entry_t *entry, unsigned int mode, int sync, void *key)
{
	struct nsa_record *r = container_of(entry, struct nsa_record, exit);

	refcount_inc(&r->ref);
	if (!queue_work(record_wq, &r->gone))
		refcount_dec(&r->ref);
	return 0;
}

/* Under records_lock. */
static struct nsa_record *find(struct pid *pid)
{
	struct nsa_record *r;

	hash_for_each_possible(records, r, node, (unsigned long)pid) {
		if (r->pid == pid)
			return r;
	}
	return NULL;
}

static struct nsa_record *find_get(struct pid *pid)
{
	struct nsa_record *r;

	mutex_lock(&records_lock);
	r = find(pid);
	if (r)
		refcount_inc(&r->ref);
	mutex_unlock(&records_lock);
	return r;
}

static struct nsa_record *new_record(struct pid *pid)
{
	struct nsa_record *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return NULL;
	refcount_set(&r->ref, 1);
	INIT_HLIST_NODE(&r->node);
	INIT_LIST_HEAD(&r->origins);
	INIT_LIST_HEAD(&r->creds);
	INIT_LIST_HEAD(&r->fss);
	INIT_WORK(&r->gone, gone);
	init_waitqueue_func_entry(&r->exit, exit_notified);
	r->pid = get_pid(pid);
	return r;
}

static int prepare_detach(struct nsa_op *op, struct nsa_subject *subject)
{
	subject->record = find_get(subject->pid);
	/* It goes with the process. */
	if (!subject->record && is_gone(subject->pid))
		return nsa_fail(op, -ESRCH, NSATTACH_R_SUBJECT_GONE, 0, subject, NULL);
	if (!subject->record)
		return nsa_fail(op, -ENOENT, NSATTACH_R_NOT_ATTACHED, 0, subject, NULL);
	op->join.mask |= subject->record->mask;
	return 0;
}

static int prepare_attach(struct nsa_op *op, struct nsa_subject *subject)
{
	subject->record = find_get(subject->pid);
	if (!subject->record)
		subject->record = new_record(subject->pid);
	if (op->flags & NSATTACH_F_PID_MOVE)
		subject->was_in = get_pid_ns(ns_of_pid(subject->pid));
	return subject->record ? 0 : -ENOMEM;
}

int nsa_record_prepare(struct nsa_op *op)
{
	unsigned int i;
	int err = 0;

	if (op->flags & NSATTACH_F_CHECK && !op->detach)
		return 0;
	for (i = 0; i < op->nr_subjects && !err; i++)
		err = op->detach ? prepare_detach(op, &op->subjects[i])
				 : prepare_attach(op, &op->subjects[i]);
	return err;
}

struct nsproxy *nsa_record_proxy(struct nsa_subject *subject, struct nsproxy *now)
{
	struct nsa_origin *o;

	list_for_each_entry(o, &subject->record->origins, node) {
		if (o->now == now)
			return o->was;
	}
	return NULL;
}

const struct nsa_cred *nsa_record_cred(struct nsa_subject *subject, const struct cred *now)
{
	struct nsa_cred *c;

	list_for_each_entry(c, &subject->record->creds, node) {
		if (c->new == now)
			return c;
	}
	return NULL;
}

int nsa_record_dumpable(struct nsa_subject *subject)
{
	return subject->record->dumpable;
}

u64 nsa_record_mask(const struct nsa_subject *subject)
{
	return subject->record->mask;
}

bool nsa_record_has_user(struct nsa_subject *subject)
{
	return !list_empty(&subject->record->creds);
}

int nsa_record_pid_ns(struct nsa_op *op)
{
	struct pid_namespace *ns = op->subjects[0].record->pid_ns;
	unsigned int i;

	for (i = 1; i < op->nr_subjects; i++) {
		if (op->subjects[i].record->pid_ns != ns)
			return nsa_fail(op, -EINVAL, NSATTACH_R_PIDNS_NOT_BELOW, CLONE_NEWPID,
					&op->subjects[i], NULL);
	}
	if (!ns)
		return 0;
	/* The origins say where children were born, which need not be the same. */
	if (!ns_capable(ns->user_ns, CAP_SYS_ADMIN))
		return nsa_fail(op, -EPERM, NSATTACH_R_PERM_NS, CLONE_NEWPID, &op->subjects[0],
				NULL);
	op->pid_target = get_pid_ns(ns);
	return 0;
}

struct cgroup *nsa_record_cgroup(struct nsa_subject *subject)
{
	return subject->record->cgroup;
}

bool nsa_record_has_root(struct nsa_subject *subject)
{
	return !list_empty(&subject->record->fss);
}

/* Do all entries with this root come from one and the same place? */
static bool one_origin(struct nsa_record *r, const struct nsa_fs *of)
{
	struct nsa_fs *fs;

	list_for_each_entry(fs, &r->fss, node) {
		if (path_equal(&fs->root, &of->root) &&
		    !path_equal(&fs->old_root, &of->old_root))
			return false;
	}
	return true;
}

/*
 * What is kept of an fs_struct that still has the root that it was given; of
 * another one, if its fs_struct is a new one. NULL if it moved on by itself.
 */
static struct nsa_fs *find_fs(struct nsa_record *r, const struct nsa_fs *now)
{
	struct nsa_fs *fs, *like = NULL;

	list_for_each_entry(fs, &r->fss, node) {
		bool same_root = path_equal(&fs->root, &now->old_root);

		if (fs->now == now->old)
			return same_root ? fs : NULL;
		if (same_root)
			like = fs;
	}
	return like && one_origin(r, like) ? like : NULL;
}

static void copy_origin(const struct nsa_fs *from, struct path *root, struct path *pwd)
{
	*root = from->old_root;
	*pwd = from->old_pwd;
	path_get(root);
	path_get(pwd);
}

int nsa_record_root(struct nsa_subject *subject, struct nsa_fs *fs)
{
	struct nsa_fs *was = find_fs(subject->record, fs);

	if (!was)
		return -ESTALE;
	copy_origin(was, &fs->root, &fs->pwd);
	return 0;
}

/*
 * Make an entry of the op one of the record: what the process had before it was
 * first attached. Under records_lock.
 */
static void keep_origin(struct nsa_subject *subject, struct nsa_origin *o)
{
	struct nsproxy *was = nsa_record_proxy(subject, o->proxy->old);

	o->now = o->proxy->new;
	o->was = was ? was : o->proxy->old;
	o->proxy = NULL;
	get_nsproxy(o->now);
	get_nsproxy(o->was);
}

static void keep_origins(struct nsa_subject *subject)
{
	struct nsa_record *r = subject->record;
	struct nsa_origin *o;

	list_for_each_entry(o, &subject->origins, node)
		keep_origin(subject, o);
	/* Nobody has what the attach before this one gave any more. */
	forget_origins(r);
	list_splice_init(&subject->origins, &r->origins);
}

/* A second move of user goes further down: what counts is the first cred. */
static void keep_creds(struct nsa_op *op, struct nsa_subject *subject)
{
	struct nsa_record *r = subject->record;
	struct nsa_cred *c;

	if (!op->join.user)
		return;
	list_for_each_entry(c, &subject->creds, node) {
		const struct nsa_cred *was = nsa_record_cred(subject, c->cred);

		if (!was)
			continue;
		put_cred(c->cred);
		c->cred = get_cred(was->cred);
	}
	if (list_empty(&r->creds))
		r->dumpable = subject->dumpable;
	forget_creds(r);
	list_splice_init(&subject->creds, &r->creds);
}

static void keep_fs(struct nsa_record *r, struct nsa_fs *fs)
{
	struct nsa_fs *was = find_fs(r, fs);

	fs->now = fs->copy ? fs->copy : fs->old;
	fs->copy = NULL;
	/* It shall not keep busy where the process began inside. */
	path_put(&fs->pwd);
	fs->pwd = (struct path){ };
	if (!was)
		return;
	path_put(&fs->old_root);
	path_put(&fs->old_pwd);
	copy_origin(was, &fs->old_root, &fs->old_pwd);
}

static void keep_fss(struct nsa_subject *subject)
{
	struct nsa_record *r = subject->record;
	struct nsa_fs *fs, *next;
	LIST_HEAD(kept);

	if (list_empty(&subject->fss))
		return;
	list_for_each_entry_safe(fs, next, &subject->fss, node) {
		if (!fs->nr_moved)
			continue;
		keep_fs(r, fs);
		list_move(&fs->node, &kept);
	}
	forget_fss(r);
	list_splice(&kept, &r->fss);
}

/*
 * Has a part of it changed namespaces, credentials or root by itself since it was
 * attached? Only of what this attach has changed, the rest is as it was.
 */
static bool moved_on(struct nsa_op *op, struct nsa_subject *subject)
{
	struct nsa_record *r = subject->record;
	struct nsa_origin *o;
	struct nsa_cred *c;
	struct nsa_fs *fs;

	if (list_empty(&r->origins))
		return false;
	list_for_each_entry(o, &subject->origins, node) {
		if (!nsa_record_proxy(subject, o->proxy->old))
			return true;
	}
	if (op->join.user && !list_empty(&r->creds)) {
		list_for_each_entry(c, &subject->creds, node) {
			if (c->nr_moved && !nsa_record_cred(subject, c->cred))
				return true;
		}
	}
	if (list_empty(&r->fss))
		return false;
	list_for_each_entry(fs, &subject->fss, node) {
		if (fs->nr_moved && !find_fs(r, fs))
			return true;
	}
	return false;
}

/* Under records_lock. */
static void keep(struct nsa_op *op, struct nsa_subject *subject)
{
	struct nsa_record *r = subject->record;

	/*
	 * An origin whose parts belong to different moments would give back more
	 * than its caller was asked about: the old root in a new mount namespace.
	 */
	if (moved_on(op, subject))
		forget(r);
	keep_origins(subject);
	keep_creds(op, subject);
	keep_fss(subject);
	r->mask |= op->join.mask;
	if (!r->pid_ns)
		swap(r->pid_ns, subject->was_in);
	if (!r->cgroup)
		swap(r->cgroup, subject->was_in_cgroup);
	r->since = ktime_get_boottime_ns();
	put_pid(r->target);
	r->target = get_pid(op->join.target);
	put_pid(r->by);
	r->by = get_pid(task_tgid(current));
	r->by_uid = current_uid();
	if (!hlist_unhashed(&r->node))
		return;
	refcount_inc(&r->ref);
	hash_add(records, &r->node, (unsigned long)r->pid);
	add_wait_queue(&r->pid->wait_pidfd, &r->exit);
	if (is_gone(r->pid))
		remove(r);
}

void nsa_record_finish(struct nsa_op *op, int err)
{
	bool forget = op->detach || op->flags & NSATTACH_F_NO_RECORD;
	unsigned int i;

	for (i = 0; i < op->nr_subjects; i++) {
		struct nsa_subject *s = &op->subjects[i];

		if (!s->record)
			continue;
		mutex_lock(&records_lock);
		if (!err && !(op->flags & NSATTACH_F_CHECK) && forget)
			remove(s->record);
		else if (!err && !(op->flags & NSATTACH_F_CHECK))
			keep(op, s);
		mutex_unlock(&records_lock);
		put(s->record);
		s->record = NULL;
	}
}

static void describe(struct nsa_record *r, struct nsattach_record *out)
{
	*out = (struct nsattach_record){
		.pid		= pid_vnr(r->pid),
		.target		= pid_vnr(r->target),
		.namespaces	= r->mask,
		.since_ns	= r->since,
		.by_pid		= pid_vnr(r->by),
		.by_uid		= from_kuid_munged(current_user_ns(), r->by_uid),
	};
}

/* Return: how many there are; as many as there is room for are described. */
static unsigned int describe_all(struct nsattach_record *out, unsigned int room)
{
	struct nsattach_record one;
	struct nsa_record *r;
	unsigned int nr = 0;
	int bucket;

	mutex_lock(&records_lock);
	hash_for_each(records, bucket, r, node) {
		describe(r, &one);
		if (!one.pid)
			continue;
		if (nr < room)
			out[nr] = one;
		nr++;
	}
	mutex_unlock(&records_lock);
	return nr;
}

/* User memory may block for ever: never under the lock. */
int nsa_record_list(struct nsattach_list *list)
{
	unsigned int nr = describe_all(NULL, 0), room = min(nr, list->nr_records);
	struct nsattach_record *out = kvcalloc(room, sizeof(*out), GFP_KERNEL_ACCOUNT);
	int err = 0;

	if (!out)
		return -ENOMEM;
	nr = describe_all(out, room);
	if (copy_to_user(u64_to_user_ptr(list->records), out,
			 min(nr, room) * sizeof(*out)))
		err = -EFAULT;
	kvfree(out);
	list->nr_records = nr;
	return err;
}

int nsa_record_init(void)
{
	record_wq = alloc_workqueue("nsattach", WQ_UNBOUND, 0);
	return record_wq ? 0 : -ENOMEM;
}

void nsa_record_exit(void)
{
	struct hlist_node *next;
	struct nsa_record *r;
	int bucket;

	mutex_lock(&records_lock);
	hash_for_each_safe(records, bucket, next, r, node) {
		refcount_inc(&r->ref);
		remove(r);
		put(r);
	}
	mutex_unlock(&records_lock);
	/* The ones whose process has just gone. */
	flush_workqueue(record_wq);
	destroy_workqueue(record_wq);
}
