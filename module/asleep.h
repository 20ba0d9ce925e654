/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NSA_ASLEEP_H
#define NSA_ASLEEP_H

#include <linux/types.h>

struct task_struct;

/**
 * nsa_is_asleep - does a thread sleep where it may be switched without waking it?
 * @task:	thread
 * @ipc:	its ipc namespace is to change
 *
 * Only an answer after a task_work was queued lasts: the thread then stays in
 * that system call until it has run the task_work.
 *
 * Context: any; lockless.
 */
bool nsa_is_asleep(struct task_struct *task, bool ipc);

#endif /* NSA_ASLEEP_H */
