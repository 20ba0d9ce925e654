// SPDX-License-Identifier: GPL-2.0-only
/*
 * One attach or detach from its arguments to its result
 */
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "attach.h"
#include "audit.h"
#include "cgroup.h"
#include "gather.h"
#include "op.h"
#include "record.h"
#include "subject.h"
#include "thread.h"

static int open_subjects(struct nsa_op *op, const struct nsattach_subject *subjects)
{
	unsigned int i;
	int err;

	for (i = 0; i < op->nr_subjects; i++) {
		err = nsa_subject_open(op, &op->subjects[i], subjects[i].pidfd);
		if (err) {
			op->error.subject = i;
			return err;
		}
	}
	return 0;
}

static int open_join(struct nsa_op *op, const struct nsattach_attach *arg, const int *nsfds)
{
	unsigned int i;
	int err;

	if (arg->namespaces || arg->flags & NSATTACH_F_ROOT) {
		err = nsa_join_target(op, arg->target, arg->namespaces);
		if (err)
			return err;
	}
	for (i = 0; i < arg->nr_nsfds; i++) {
		err = nsa_join_file(op, nsfds[i]);
		if (err)
			return err;
	}
	return 0;
}

/* A real pid move: where to, or back to. */
static int find_pid_target(struct nsa_op *op)
{
	if (op->detach)
		return nsa_record_pid_ns(op);
	if (!(op->flags & NSATTACH_F_PID_MOVE))
		return 0;
	if (!nsa_moves(op, CLONE_NEWPID))
		return nsa_fail(op, -EINVAL, NSATTACH_R_FLAGS, CLONE_NEWPID, NULL, NULL);
	op->pid_target = get_pid_ns(nsa_joined_pid_ns(op));
	return 0;
}

static int open_all(struct nsa_op *op, const struct nsa_request *r,
		    const struct nsattach_subject *subjects)
{
	int err = open_subjects(op, subjects);

	if (!err && !op->detach)
		err = open_join(op, &r->arg, r->nsfds);
	/* Only now, so that the audit record can tell who and where. */
	if (r->foreign)
		return nsa_fail(op, -EPERM, NSATTACH_R_PERM_OPENER, 0, NULL, NULL);
	return err;
}

static int run(struct nsa_op *op, const struct nsa_request *r,
	       const struct nsattach_subject *subjects)
{
	int err = open_all(op, r, subjects);

	if (!err)
		err = nsa_subjects_may(op);
	if (!err)
		err = nsa_claim(op);
	if (err)
		return err;

	err = nsa_record_prepare(op);
	if (!err)
		err = find_pid_target(op);
	if (!err && op->flags & NSATTACH_F_CGROUP)
		err = nsa_cgroup_prepare(op, r->arg.cgroup);
	if (!err && op->flags & NSATTACH_F_CHECK)
		err = nsa_prepare(op);
	else if (!err)
		err = nsa_gather(op);
	nsa_record_finish(op, err);
	nsa_unclaim(op);
	return err;
}

/* @op: NULL, if there was not even memory for it. */
static void report(const struct nsa_op *op, struct nsattach_attach *arg,
		   struct nsattach_subject *subjects, unsigned int nr, int err)
{
	unsigned int i;

	/* Of a call that is not restarted after all. */
	if (err == -ERESTARTNOHAND || err == -ERESTARTNOINTR)
		err = -EINTR;
	arg->error = (struct nsattach_error){ .subject = -1 };
	if (op && err)
		arg->error = op->error;
	arg->stall_ns = op && op->released ?
				ktime_to_ns(ktime_sub(op->released, op->asked)) : 0;
	arg->nr_threads = err ? 0 : op->nr_moved;
	arg->rounds = op ? op->rounds : 0;
	for (i = 0; i < nr; i++) {
		subjects[i].nr_threads = err ? 0 : op->subjects[i].nr_moved;
		subjects[i].result = err && (arg->error.subject == i || nr == 1) ?
					     err : err ? -ECANCELED : 0;
	}
}

/* A restarted call goes on with the time that was left. */
static void keep_deadline(struct nsa_op *op, struct nsattach_attach *arg)
{
	s64 left = ktime_to_ns(ktime_sub(op->deadline, ktime_get()));

	arg->timeout_ns = max_t(s64, left, 1);
}

int nsa_attach_run(struct nsa_request *r, unsigned int first, unsigned int nr)
{
	struct nsattach_subject *subjects = r->subjects + first;
	struct nsa_op *op = nsa_op_alloc(nr);
	unsigned int i;
	int err;

	if (!op) {
		report(NULL, &r->arg, subjects, nr, -ENOMEM);
		return -ENOMEM;
	}
	op->flags = r->arg.flags;
	op->asked_for = r->arg.namespaces;
	op->detach = r->detach;
	for (i = 0; i < nr; i++)
		op->subjects[i].wd_name = r->wds && r->wds[first + i] ? r->wds[first + i] : r->wd;
	op->deadline = ktime_add_ns(ktime_get(), r->arg.timeout_ns);

	err = run(op, r, subjects);
	report(op, &r->arg, subjects, nr, err);
	nsa_audit(op, err);
	if (err == -ERESTARTNOINTR || err == -ERESTARTNOHAND)
		keep_deadline(op, &r->arg);
	if (err == -ERESTARTNOINTR)
		err = restart_syscall();

	nsa_release_threads(op);
	for (i = 0; i < nr; i++)
		nsa_subject_close(&op->subjects[i]);
	nsa_join_put(&op->join);
	path_put(&op->cgroup_mount);
	if (op->pid_target)
		put_pid_ns(op->pid_target);
	nsa_op_put(op);
	return err;
}
