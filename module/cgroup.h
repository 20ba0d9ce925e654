/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Membership in a cgroup (version 2) as part of an attach
 */
#ifndef NSA_CGROUP_H
#define NSA_CGROUP_H

struct nsa_op;
struct nsa_subject;

/**
 * nsa_cgroup_prepare - find where the subjects go
 * @op:		attach or detach with NSATTACH_F_CGROUP, with its records
 * @fd:		attach: directory of the cgroup to join; detach: any directory of that
 *		mount of cgroup2
 *
 * Opens cgroup.procs with the caller's rights, which cgroup2 checks again when
 * it is written to.
 *
 * Context: the caller; sleeps.
 * Return: 0 or a negated errno with op->error set.
 */
int nsa_cgroup_prepare(struct nsa_op *op, int fd);

/**
 * nsa_cgroup_join - move all subjects, or none
 * @op:		attach whose threads are all held, so that none is born elsewhere
 *
 * Context: the caller; sleeps; no locks.
 * Return: 0 or a negated errno with op->error set.
 */
int nsa_cgroup_join(struct nsa_op *op);

/**
 * nsa_cgroup_back - undo nsa_cgroup_join(), as far as it came
 * @op:		attach that fails, whose threads are still held
 *
 * Return: 0, or -EIO with op->error set: a subject stays where it is.
 */
int nsa_cgroup_back(struct nsa_op *op);

void nsa_cgroup_put(struct nsa_subject *subject);

#endif /* NSA_CGROUP_H */
