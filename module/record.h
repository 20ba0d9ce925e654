/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NSA_RECORD_H
#define NSA_RECORD_H

struct nsa_op;

static inline int nsa_record_prepare(struct nsa_op *op) { return 0; }
static inline void nsa_record_finish(struct nsa_op *op, int err) { }

#endif /* NSA_RECORD_H */
