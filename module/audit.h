/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NSA_AUDIT_H
#define NSA_AUDIT_H

struct nsa_op;

/**
 * nsa_audit - one record for an attempt, denied or not
 * @op:		attach, over
 * @err:	its result; a call that will be restarted is not an attempt yet
 */
void nsa_audit(struct nsa_op *op, int err);

#endif /* NSA_AUDIT_H */
