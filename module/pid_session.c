// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions, process groups and parents of those who moved to another pid namespace
 *
 * A process that stayed in a session whose leader it can not see would find
 * itself in group 0, and reach strangers with kill(0). So it gets a new one, as
 * by setsid(), unless the caller wants it otherwise.
 */
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>

#include "pid_move.h"

/*
 * Whoever is in a session that does not move gets into the one of the first
 * process, a new one if its own does not move either. Groups that move with
 * their leader stay together.
 */
static void move_sessions(struct pid_move *mv)
{
	struct task_struct *first = NULL;
	struct pid_move_thread *mt;

	list_for_each_entry(mt, &mv->threads, node) {
		struct task_struct *p = mt->task;

		if (mt->gone || !thread_group_leader(p))
			continue;
		if (!first)
			first = p;
		if (nsa_pid_stays(mv, task_session(p))) {
			/* The number of a group that was led inside would stay allocated there. */
			if (mv->back && !nsa_pid_stays(mv, task_pgrp(p)))
				pid_move_session(mt, task_session(p), false);
			continue;
		}
		if (p == first) {
			p->signal->leader = 1;
			mv->session_leader = p;
			pid_move_session(mt, task_pid(p), false);
		} else {
			pid_move_session(mt, task_session(first), nsa_pid_stays(mv, task_pgrp(p)));
		}
	}
}

/* A parent that can not see its child could not wait for it. */
static void move_parents(struct pid_move *mv, bool reparent)
{
	struct pid_move_thread *mt;

	list_for_each_entry(mt, &mv->threads, node) {
		struct task_struct *parent;

		if (mt->gone || !thread_group_leader(mt->task))
			continue;
		parent = rcu_dereference_protected(mt->task->real_parent, true);
		if (pid_is_moving(parent->group_leader))
			continue;
		if (reparent || pid_level(task_pid(parent)) > mv->target->level)
			pid_move_parent(mt->task, mv->target->child_reaper);
	}
}

void nsa_pid_moved(struct pid_move *mv)
{
	const struct nsa_op *op = container_of(mv, struct nsa_pid_move, mv)->op;

	if (!(op->flags & NSATTACH_F_PID_KEEP_SESSION))
		move_sessions(mv);
	move_parents(mv, op->flags & NSATTACH_F_PID_REPARENT);
}
