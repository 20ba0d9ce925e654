/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a detach needs: one record for each process that is attached
 */
#ifndef NSA_RECORD_H
#define NSA_RECORD_H

#include <linux/types.h>

struct cgroup;
struct cred;
struct nsa_cred;
struct nsa_fs;
struct nsa_op;
struct nsa_proxy;
struct nsa_subject;
struct nsattach_list;
struct nsproxy;

/**
 * nsa_record_prepare - make room for records (attach), or find them (detach)
 * @op:		attach whose subjects are claimed
 *
 * Return: 0, -ENOMEM, or -ENOENT with op->error set.
 */
int nsa_record_prepare(struct nsa_op *op);

/**
 * nsa_record_finish - keep what a detach needs, or forget it
 * @op:		attach, over but still claimed
 * @err:	its result
 *
 * Takes the old and new state from the op. Can not fail.
 */
void nsa_record_finish(struct nsa_op *op, int err);

/**
 * nsa_record_proxy - the nsproxy that a thread had before it was attached
 * @subject:	with its record
 * @now:	nsproxy it has now
 *
 * Return: the nsproxy (no reference taken), or NULL if it has moved on by itself.
 */
struct nsproxy *nsa_record_proxy(struct nsa_subject *subject, struct nsproxy *now);

/**
 * nsa_record_root - take root and cwd that were there before from the record
 * @subject:	with its record
 * @fs:		to be filled: fs->root, fs->pwd, with references
 *
 * Return: 0, or -ESTALE if the root is not the one that was attached to.
 */
int nsa_record_root(struct nsa_subject *subject, struct nsa_fs *fs);

/* What is kept of credentials that a thread has now; NULL if it moved on by itself. */
const struct nsa_cred *nsa_record_cred(struct nsa_subject *subject, const struct cred *now);

/* Whether its memory could be read before the attach that changed the user namespace. */
int nsa_record_dumpable(struct nsa_subject *subject);

/* Types of namespaces that attaches have changed. */
u64 nsa_record_mask(const struct nsa_subject *subject);

/* Did the attach change the user namespace? */
bool nsa_record_has_user(struct nsa_subject *subject);

/**
 * nsa_record_pid_ns - the pid namespace that the subjects were moved out of
 * @op:		detach, with its records
 *
 * Fills op->pid_target (a reference), or leaves it NULL.
 *
 * Return: 0, or -EINVAL if the subjects came from different ones.
 */
int nsa_record_pid_ns(struct nsa_op *op);

/* The cgroup that the attach took it out of (no reference taken), or NULL. */
struct cgroup *nsa_record_cgroup(struct nsa_subject *subject);

/* Did the attach change the root? */
bool nsa_record_has_root(struct nsa_subject *subject);

/**
 * nsa_record_list - the records of processes that the caller's pid namespace has
 * @list:	in: room; out: how many there are
 *
 * Return: 0, -ENOMEM or -EFAULT.
 */
int nsa_record_list(struct nsattach_list *list);

int nsa_record_init(void);
/* Module exit: forget all of them. */
void nsa_record_exit(void);

#endif /* NSA_RECORD_H */
