/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NSA_AUDIT_H
#define NSA_AUDIT_H

struct nsa_op;

/**
 * nsa_audit - one record for an attempt, denied or not
 * @op:		attach, over
 * @err:	its result; a call that gives way and will be restarted is not over
 *
 * A set that moves together is one attempt. A request with a form that is wrong
 * is none.
 */
void nsa_audit(struct nsa_op *op, int err);

#endif /* NSA_AUDIT_H */
