/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Credentials that follow a process into another user namespace
 */
#ifndef NSA_CREDS_H
#define NSA_CREDS_H

struct cred;
struct nsa_cred;
struct nsa_op;
struct nsa_subject;
struct task_struct;

/**
 * nsa_cred_make - the credentials that threads with these will get
 * @op:		attach or detach that moves the user namespace
 * @subject:	their process, for the error
 * @task:	one of them
 * @c:		in: c->cred, what @task has; out: c->new
 *
 * Context: the caller of the attach; sleeps.
 * Return: 0, -EAGAIN when @task has other credentials meanwhile, or a negated
 * errno with op->error set.
 */
int nsa_cred_make(struct nsa_op *op, struct nsa_subject *subject, struct task_struct *task,
		  struct nsa_cred *c);

/**
 * nsa_creds_check_closed - are those who go back to other credentials as closed as on arrival?
 * @op:		detach; for good if all its threads are held
 *
 * One that has made itself dumpable may be open to somebody inside, and one whose
 * tracer has no power over where it goes back to is.
 *
 * Context: the caller.
 * Return: 0, or -ESTALE with op->error set.
 */
int nsa_creds_check_closed(struct nsa_op *op);

/**
 * nsa_creds_close - let nobody of the new user namespace read what is about to come
 * @op:		attach; all its threads are held, none has been switched
 *
 * Notes in each subject what nsa_record_dumpable() will give back.
 *
 * Context: any; does not sleep, can not fail.
 */
void nsa_creds_close(struct nsa_op *op);

/**
 * nsa_creds_reopen - let those who could read a detached process before read it again
 * @op:		detach; every thread has been switched
 *
 * Context: process; takes task_lock, can not fail.
 */
void nsa_creds_reopen(struct nsa_op *op);

/**
 * nsa_cred_switch - give a thread its new credentials
 * @task:	parked, or stopped with its siglock held
 * @c:		the pair; the caller holds both
 *
 * Context: any; does not sleep, can not fail.
 */
void nsa_cred_switch(struct task_struct *task, struct nsa_cred *c);

void nsa_cred_free(struct nsa_cred *c);

#endif /* NSA_CREDS_H */
