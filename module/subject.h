/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processes that are to move: who may move them, and one attach at a time
 */
#ifndef NSA_SUBJECT_H
#define NSA_SUBJECT_H

#include "op.h"

int nsa_subject_open(struct nsa_op *op, struct nsa_subject *subject, int fd);
/* Has it no thread that could still move? An exec may leave none that was known. */
bool nsa_subject_is_gone(const struct nsa_subject *subject);
void nsa_subject_close(struct nsa_subject *subject);

/**
 * nsa_subject_may - may the caller move a thread that has these credentials?
 * @op:		attach
 * @subject:	the thread's process
 * @task:	the thread
 * @cred:	its credentials
 *
 * Return: 0, or -EPERM with op->error set.
 */
int nsa_subject_may(struct nsa_op *op, struct nsa_subject *subject,
		    struct task_struct *task, const struct cred *cred);

/**
 * nsa_subjects_may - may the caller move these processes, at a first look?
 * @op:		attach with open subjects
 *
 * Who may not shall not hold them up for others by claiming them. Each thread is
 * looked at when it is prepared; for root of the machine that is enough.
 *
 * Return: 0, or -EPERM with op->error set.
 */
int nsa_subjects_may(struct nsa_op *op);

/**
 * nsa_check_children - is every child of a subject a subject?
 * @op:		attach; for good if all threads are held, so that no child is born
 *
 * Or the caller, which nobody forks by accident.
 *
 * Return: 0, or -EAGAIN with the child in op->error.
 */
int nsa_check_children(struct nsa_op *op);

/**
 * nsa_check_fs_sharers - does nobody else use the root and cwd of a subject?
 * @op:		attach; what changes for each subject is known. For good if all are held
 *
 * Linux shares no fs_struct across user namespaces (clone(2), setns(2)): a
 * chroot() by one that is root only inside would be felt outside.
 *
 * Return: 0, or -EBUSY with op->error set.
 */
int nsa_check_fs_sharers(struct nsa_op *op);

/**
 * nsa_count_mm - how many threads of a process use this memory
 * @leader:	its leader, or another of its threads
 * @mm:		memory, only compared
 *
 * Return: the number; those that exit have let go of it.
 */
unsigned int nsa_count_mm(struct task_struct *leader, const struct mm_struct *mm);

/**
 * nsa_check_mm_sharers - does nobody else use the memory of a subject?
 * @op:		attach; for good if all threads are held, so that nobody can begin to share
 * @subject:	one of its subjects, whose changes, as those of all, are known
 *
 * But for those of the set that make the same changes.
 *
 * A vDSO clock page belongs to the mm: a stranger would see its clocks jump. So
 * does the mark that keeps those inside of a user namespace out of memory that was
 * filled outside: who is left inside must not share what is opened again.
 *
 * Return: 0, or -EBUSY with op->error set.
 */
int nsa_check_mm_sharers(struct nsa_op *op, struct nsa_subject *subject);

int nsa_claim(struct nsa_op *op);
void nsa_unclaim(struct nsa_op *op);
void nsa_make_callers_yield(struct nsa_op *op);

#endif /* NSA_SUBJECT_H */
