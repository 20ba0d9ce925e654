/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NSA_ASLEEP_H
#define NSA_ASLEEP_H

#include <linux/types.h>

struct task_struct;

/**
 * nsa_is_asleep - does a thread sleep where it may be switched without waking it?
 * @task:	thread
 * @moves:	CLONE_NEW* of what is to change
 *
 * Only an answer after a task_work was queued lasts: the thread then stays in
 * that system call until it has run the task_work.
 *
 * Context: any; lockless.
 */
bool nsa_is_asleep(struct task_struct *task, u64 moves);

/**
 * nsa_is_running - is a thread on a processor, or waiting for one?
 * @task:	thread
 *
 * It will come to the user-mode boundary by itself, or go to sleep first.
 *
 * Context: any; lockless.
 */
bool nsa_is_running(struct task_struct *task);

/* Is it in one of those calls, asleep or not? A guess for a thread that runs. */
bool nsa_in_plain_wait(struct task_struct *task);

/* Does it wait for children? A guess for a thread that runs. */
bool nsa_in_child_wait(struct task_struct *task);

#endif /* NSA_ASLEEP_H */
