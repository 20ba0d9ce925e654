/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The threads' side of the rendezvous, and what both sides ask
 */
#ifndef NSA_MEET_H
#define NSA_MEET_H

#include "op.h"

/* Is every thread of every subject there, as prepared? Under op->lock. */
bool nsa_all_parked(struct nsa_op *op);

/* Does a thread have what was prepared for? It is current, or asleep: this lasts. */
bool nsa_as_prepared(struct nsa_thread *th);

/* An fs_struct is only switched for all who have it: @n more. Under op->lock. */
void nsa_count_fs(struct nsa_thread *th, int n);

/* COMMITTED or ABORTED: let every parked thread go, and wake the caller. */
void nsa_finish(struct nsa_op *op, enum nsa_op_state state);
void nsa_finish_locked(struct nsa_op *op, enum nsa_op_state state);

#endif /* NSA_MEET_H */
