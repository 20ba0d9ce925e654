/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads of the subjects: finding them, and preparing what each will get
 */
#ifndef NSA_THREAD_H
#define NSA_THREAD_H

#include <linux/sched.h>
#include <linux/task_work.h>

#include "op.h"

void nsa_thread_work(struct callback_head *work);
void nsa_thread_nudge(struct callback_head *work);

/* How often a thread has left its processor. */
static inline unsigned long nsa_switches(const struct task_struct *task)
{
	return READ_ONCE(task->nvcsw) + READ_ONCE(task->nivcsw);
}

/**
 * nsa_queue_work - queue one of the two task_works of a thread
 * @th:		thread
 * @work:	&th->work or &th->nudge, not queued
 * @mode:	TWA_*
 *
 * Return: false if the thread is behind its last task_work.
 */
bool nsa_queue_work(struct nsa_thread *th, struct callback_head *work,
		    enum task_work_notify_mode mode);

/**
 * nsa_find_threads - the threads of a process that are not known yet
 * @op:		attach
 * @subject:	process
 *
 * Context: the caller; sleeps.
 * Return: a batch with a reference to each, NULL if there are none, or
 * ERR_PTR(-ENOMEM).
 */
struct nsa_batch *nsa_find_threads(struct nsa_op *op, struct nsa_subject *subject);
/* Make the next walk know the threads of a batch. */
void nsa_remember_batch(struct nsa_batch *batch);
void nsa_batch_free(struct nsa_batch *batch);

/**
 * nsa_prepare_batch - check permission and build the new state for each thread
 * @batch:	from nsa_find_threads(); threads that exit meanwhile are taken out
 *
 * Context: the caller; sleeps.
 * Return: 0 or a negated errno, with op->error set.
 */
int nsa_prepare_batch(struct nsa_batch *batch);

/**
 * nsa_prepare_again - after all have come: mend what was prepared
 * @op:		attach; nobody is pending
 *
 * Threads that came with other namespaces or credentials are prepared anew;
 * subjects that share their fs_struct with strangers, or have threads in a
 * stop, get one of their own.
 *
 * Context: the caller; sleeps.
 * Return: 0; 1 to gather again, because a subject has other threads by now; or a
 * negated errno, with op->error set.
 */
int nsa_prepare_again(struct nsa_op *op);

/**
 * nsa_check_sharers - does somebody who stays share what can not be split?
 * @op:		attach whose threads are prepared
 *
 * Memory (time, user), root and cwd (user without mnt); for a detach from user also
 * who has looked in. For good only when all are held.
 *
 * Context: the caller; sleeps.
 * Return: 0 or a negated errno, with op->error set.
 */
int nsa_check_sharers(struct nsa_op *op);

void nsa_origin_free(struct nsa_origin *origin);

/* Drop what the caller holds: tasks, creds, fs copies, proxies. */
void nsa_release_threads(struct nsa_op *op);

#endif /* NSA_THREAD_H */
