/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The point of no return
 */
#ifndef NSA_COMMIT_H
#define NSA_COMMIT_H

#include "op.h"

/**
 * nsa_note_stops - remember the stops that threads are in
 * @op:		attach whose processes are about to be walked for new threads
 *
 * Who has left its stop since may have made a thread behind the walk.
 *
 * Context: the caller.
 */
void nsa_note_stops(struct nsa_op *op);

/**
 * nsa_commit_begin - go to COMMITTING if everything is still as it has to be
 * @op:		attach, nobody pending, all prepared
 *
 * Threads in a stop are switched here, under the lock that a wake-up of them
 * has to take, unless numbers of a pid namespace come first.
 *
 * Context: the caller; takes op->lock and siglock.
 * Return: true when nsa_commit() has to follow; false to gather again.
 */
bool nsa_commit_begin(struct nsa_op *op);

/**
 * nsa_commit_with_pids - the last look of a pid move, and the stopped threads with it
 * @op:		attach in state COMMITTING
 *
 * Context: the kernel's locks over numbers are held (tasklist_lock), interrupts are
 * off; waits for nobody.
 * Return: true when nothing can fail any more; false when a thread has left its stop
 * or its sleep, and nothing has changed.
 */
bool nsa_commit_with_pids(struct nsa_op *op);

/**
 * nsa_commit - switch every parked thread
 * @op:		attach in state COMMITTING
 *
 * Context: the task that went to COMMITTING; may sleep; no locks.
 */
void nsa_commit(struct nsa_op *op);

#endif /* NSA_COMMIT_H */
