/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The real move into a pid namespace, on kernels that have it
 */
#ifndef NSA_PID_H
#define NSA_PID_H

#include <linux/kconfig.h>

struct nsa_op;
struct nsa_thread;
struct task_struct;

#ifdef CONFIG_NSATTACH_PID_MOVE

/**
 * nsa_pid_commit - give every thread of every subject its numbers
 * @op:		attach with NSATTACH_F_PID_MOVE, or detach of one; all threads held
 *
 * The last step that can fail: afterwards the op has to be carried through.
 *
 * Context: the caller; sleeps.
 * Return: 0; -EAGAIN to gather again; else a negated errno with op->error set,
 * and nothing has changed.
 */
int nsa_pid_commit(struct nsa_op *op);

/* With another number than before: tell the thread's own copy of it. In the thread. */
void nsa_pid_renumbered(struct nsa_thread *th);

/* After the move: has it another number, that it was not told yet? */
bool nsa_pid_has_to_learn(struct nsa_thread *th);

/*
 * May @task see another number than before, which it has to be told awake?
 * Context: any.
 */
bool nsa_pid_may_renumber(struct nsa_op *op, struct task_struct *task);

#else

static inline int nsa_pid_commit(struct nsa_op *op)
{
	return 0;
}

static inline void nsa_pid_renumbered(struct nsa_thread *th)
{
}

static inline bool nsa_pid_has_to_learn(struct nsa_thread *th)
{
	return false;
}

static inline bool nsa_pid_may_renumber(struct nsa_op *op, struct task_struct *task)
{
	return false;
}

#endif
#endif /* NSA_PID_H */
