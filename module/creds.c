// SPDX-License-Identifier: GPL-2.0-only
/*
 * Credentials that follow a process into another user namespace
 *
 * setns(2) gives its caller every capability in the namespace it joins. A
 * process that is moved did not ask and gains nothing: its capability sets,
 * bounding set and securebits stay what they are. The namespace joined is below
 * the one it leaves, so each capability now covers less than it did.
 *
 * Who has power in the new namespace must not get at memory that was filled
 * outside of it. As commit_creds() does, the process becomes undumpable; its mm
 * stays owned by the old user namespace, so that ptrace from inside is refused.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/key.h>
#include <linux/mm.h>
#include <linux/sched/coredump.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "compat/compat.h"
#include "compat/symbols.h"
#include "creds.h"
#include "op.h"
#include "record.h"

static struct user_namespace *joined_user_ns(struct nsa_op *op)
{
	return container_of(op->join.user, struct user_namespace, ns);
}

/* prepare_kernel_cred() leaves the keys out; the process keeps its own. */
static void keep_keys(struct cred *new, const struct cred *old)
{
#ifdef CONFIG_KEYS
	new->session_keyring = key_get(old->session_keyring);
	new->process_keyring = key_get(old->process_keyring);
	new->thread_keyring = key_get(old->thread_keyring);
	new->request_key_auth = key_get(old->request_key_auth);
	new->jit_keyring = old->jit_keyring;
#endif
}

static bool translate_uid(kuid_t *id, struct user_namespace *from, struct user_namespace *to)
{
	*id = make_kuid(to, from_kuid(from, *id));
	return uid_valid(*id);
}

static bool translate_gid(kgid_t *id, struct user_namespace *from, struct user_namespace *to)
{
	*id = make_kgid(to, from_kgid(from, *id));
	return gid_valid(*id);
}

static int translate_groups(struct cred *new, struct user_namespace *from,
			    struct user_namespace *to)
{
	const struct group_info *old = new->group_info;
	struct group_info *groups = groups_alloc(old->ngroups);
	int i;

	if (!groups)
		return -ENOMEM;
	for (i = 0; i < old->ngroups; i++) {
		groups->gid[i] = old->gid[i];
		if (!translate_gid(&groups->gid[i], from, to)) {
			put_group_info(groups);
			return -EOVERFLOW;
		}
	}
	groups_sort(groups);
	set_groups(new, groups);
	put_group_info(groups);
	return 0;
}

static int translate_user(struct cred *new)
{
	struct user_struct *user = nsa_alloc_uid(new->uid);

	if (!user)
		return -ENOMEM;
	nsa_free_uid(new->user);
	new->user = user;
	return 0;
}

/* Id N in the old namespace becomes id N in the new one. */
static int translate(struct cred *new, struct user_namespace *from, struct user_namespace *to)
{
	if (!translate_uid(&new->uid, from, to) || !translate_uid(&new->euid, from, to) ||
	    !translate_uid(&new->suid, from, to) || !translate_uid(&new->fsuid, from, to) ||
	    !translate_gid(&new->gid, from, to) || !translate_gid(&new->egid, from, to) ||
	    !translate_gid(&new->sgid, from, to) || !translate_gid(&new->fsgid, from, to))
		return -EOVERFLOW;
	return translate_groups(new, from, to) ?: translate_user(new);
}

static bool is_below(const struct user_namespace *ns, const struct user_namespace *above)
{
	while (ns && ns->level > above->level)
		ns = ns->parent;
	return ns == above;
}

static int check(struct nsa_op *op, struct nsa_subject *subject, const struct cred *old)
{
	struct user_namespace *to = joined_user_ns(op);

	if (to == old->user_ns)
		return nsa_fail(op, -EINVAL, NSATTACH_R_USER_SAME, CLONE_NEWUSER, subject, NULL);
	if (!is_below(to, old->user_ns))
		return nsa_fail(op, -EINVAL, NSATTACH_R_USER_NOT_BELOW, CLONE_NEWUSER,
				subject, NULL);
	if (!ns_capable(to, CAP_SYS_ADMIN))
		return nsa_fail(op, -EPERM, NSATTACH_R_PERM_NS, CLONE_NEWUSER, subject, NULL);
	return 0;
}

static int enter(struct nsa_op *op, struct nsa_subject *subject, struct cred *new,
		 const struct cred *old)
{
	struct user_namespace *to = joined_user_ns(op);
	int err = 0;

	if (op->flags & NSATTACH_F_CREDS_TRANSLATE)
		err = translate(new, old->user_ns, to);
	if (err == -EOVERFLOW)
		return nsa_fail(op, err, NSATTACH_R_ID_UNMAPPED, CLONE_NEWUSER, subject, NULL);
	if (err)
		return err;
	put_user_ns(new->user_ns);
	new->user_ns = get_user_ns(to);
	err = nsa_set_cred_ucounts(new);
	/* It says so of memory; here it means that others were found (prepare_cred()). */
	if (err == -EAGAIN)
		err = -ENOMEM;
	if (err)
		return nsa_fail(op, err, NSATTACH_R_NS_REFUSED, CLONE_NEWUSER, subject, NULL);
	return 0;
}

static int make(struct nsa_op *op, struct nsa_subject *subject, struct task_struct *task,
		struct nsa_cred *c)
{
	struct cred *new;
	int err = check(op, subject, c->cred);

	if (err)
		return err;
	new = prepare_kernel_cred(task);
	if (!new)
		return -ENOMEM;
	/* c->cred is held: if @task still has it, it is what was copied. */
	err = rcu_access_pointer(task->real_cred) == c->cred ? 0 : -EAGAIN;
	if (!err) {
		keep_keys(new, c->cred);
		err = enter(op, subject, new, c->cred);
	}
	if (err)
		put_cred(new);
	else
		c->new = new;
	return err;
}

int nsa_cred_make(struct nsa_op *op, struct nsa_subject *subject, struct task_struct *task,
		  struct nsa_cred *c)
{
	const struct nsa_cred *was;

	if (!op->detach)
		return make(op, subject, task, c);
	was = nsa_record_cred(subject, c->cred);
	if (!was)
		return nsa_fail(op, -ESTALE, NSATTACH_R_MOVED_ON, CLONE_NEWUSER, subject, task);
	if (!ns_capable(was->cred->user_ns, CAP_SYS_ADMIN))
		return nsa_fail(op, -EPERM, NSATTACH_R_PERM_SUBJECT_CAP, 0, subject, task);
	c->new = get_cred(was->cred);
	return 0;
}

/* With user no thread is switched in its sleep: these do not lose their mm. */
static bool has_new_creds(const struct nsa_thread *th)
{
	return th->cred->new && th->task->mm &&
	       (th->state == NSA_PARKED || th->state == NSA_STOPPED);
}

static bool is_above(const struct user_namespace *ns, const struct user_namespace *of)
{
	while (of && of != ns)
		of = of->parent;
	return of;
}

/* By one who has no power where the process goes back to? */
static bool is_open(struct nsa_thread *th)
{
	const struct cred *tracer;
	bool open;

	/* A stopped one may be on its way out. */
	task_lock(th->task);
	open = th->task->mm && nsa_dumpable(th->task) != NSA_UNDUMPABLE;
	task_unlock(th->task);
	rcu_read_lock();
	tracer = rcu_dereference(th->task->ptracer_cred);
	open |= tracer && !is_above(tracer->user_ns, th->cred->new->user_ns);
	rcu_read_unlock();
	return open;
}

int nsa_creds_check_closed(struct nsa_op *op)
{
	struct nsa_thread *th;

	for (th = nsa_first(op); th; th = nsa_next(th)) {
		if (th->state != NSA_GONE && th->cred->new && is_open(th))
			return nsa_fail(op, -ESTALE, NSATTACH_R_MOVED_ON, CLONE_NEWUSER,
					th->subject, th->task);
	}
	return 0;
}

void nsa_creds_close(struct nsa_op *op)
{
	struct nsa_thread *th;

	if (op->detach)
		return;
	/* First look, then close: several threads show one and the same bits. */
	for (th = nsa_first(op); th; th = nsa_next(th)) {
		if (has_new_creds(th))
			th->subject->dumpable = nsa_dumpable(th->task);
	}
	for (th = nsa_first(op); th; th = nsa_next(th)) {
		if (has_new_creds(th))
			nsa_set_dumpable(th->task, NSA_UNDUMPABLE);
	}
	/* Pairs with __ptrace_may_access(): undumpable before new credentials. */
	smp_wmb();
}

/* One that was stopped may have gone on to an exec: then there is nothing to give back. */
static void reopen(struct nsa_thread *th)
{
	struct task_struct *task = th->task;

	task_lock(task);
	if (task->mm && (!th->was_stopped || task->mm == th->mm))
		nsa_set_dumpable(task, nsa_record_dumpable(th->subject));
	task_unlock(task);
}

void nsa_creds_reopen(struct nsa_op *op)
{
	struct nsa_thread *th;

	if (!op->detach)
		return;
	/*
	 * Who is in the middle of __ptrace_may_access(), under task_lock, has seen the
	 * credentials of inside, and must not go on to see it open.
	 */
	for (th = nsa_first(op); th; th = nsa_next(th)) {
		if (th->state == NSA_MOVED && th->cred->new) {
			task_lock(th->task);
			task_unlock(th->task);
		}
	}
	for (th = nsa_first(op); th; th = nsa_next(th)) {
		if (th->state == NSA_MOVED && th->cred->new)
			reopen(th);
	}
}

/*
 * commit_creds() for another task. Only ever for threads that do not run, and
 * the references of the old credentials are not the last ones.
 */
void nsa_cred_switch(struct task_struct *task, struct nsa_cred *c)
{
	const struct cred *old = c->cred, *new = c->new;

	get_cred(new);
	get_cred(new);
	nsa_cred_subscribers(new, 2);
	nsa_inc_rlimit_ucounts(new->ucounts, UCOUNT_RLIMIT_NPROC, 1);
	rcu_assign_pointer(task->real_cred, new);
	rcu_assign_pointer(task->cred, new);
	nsa_dec_rlimit_ucounts(old->ucounts, UCOUNT_RLIMIT_NPROC, 1);
	nsa_switch_active_user_ns(old, new);
	nsa_cred_subscribers(old, -2);
	put_cred(old);
	put_cred(old);
	c->nr_moved++;
}

void nsa_cred_free(struct nsa_cred *c)
{
	put_cred(c->cred);
	if (c->new)
		put_cred(c->new);
	kfree(c);
}
