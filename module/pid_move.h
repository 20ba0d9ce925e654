/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One pid move while the kernel asks what we decide
 */
#ifndef NSA_PID_MOVE_H
#define NSA_PID_MOVE_H

#include <linux/nsattach.h>

#include "op.h"

/**
 * struct nsa_pid_move - a move, and who stands in its way
 * @mv:		the kernel's part
 * @op:		attach or detach
 * @subject:	which was added, or refused
 * @who:	in the way (reference), or NULL
 * @reason:	why it was refused, or 0
 */
struct nsa_pid_move {
	struct pid_move mv;
	struct nsa_op *op;
	struct nsa_subject *subject;
	struct pid *who;
	enum nsattach_reason reason;
};

extern const struct pid_move_ops nsa_pid_ops;

/* Note why @mover can not move; any context. Return: @err. */
int nsa_pid_refuse(struct nsa_pid_move *move, int err, enum nsattach_reason reason,
		   struct task_struct *mover, struct pid *who);

/* Can processes that have moved still see and use this group or session? */
bool nsa_pid_stays(struct pid_move *mv, struct pid *pid);

/* Sessions, groups and parents of those who have moved; see struct pid_move_ops. */
void nsa_pid_moved(struct pid_move *mv);

#endif /* NSA_PID_MOVE_H */
