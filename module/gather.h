/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rendezvous of all threads of all subjects
 */
#ifndef NSA_GATHER_H
#define NSA_GATHER_H

#include "op.h"

/**
 * nsa_gather - bring every thread to the user-mode boundary and commit
 * @op:		attach whose subjects are claimed
 *
 * Context: the caller of the attach; sleeps until @op->deadline; no locks.
 * Return: 0 when all have moved; else a negated errno, and nothing has changed.
 */
int nsa_gather(struct nsa_op *op);

/**
 * nsa_prepare - build the new state for every thread there is now
 * @op:		attach whose subjects are claimed
 *
 * The part of nsa_gather() that disturbs nobody, for NSATTACH_F_CHECK. What it finds
 * may change before a move.
 */
int nsa_prepare(struct nsa_op *op);

#endif /* NSA_GATHER_H */
