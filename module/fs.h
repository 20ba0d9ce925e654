/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Root and working directory of the subjects
 */
#ifndef NSA_FS_H
#define NSA_FS_H

#include "op.h"

/**
 * nsa_prepare_fs - find the entry for the fs_struct of a thread, or make it
 * @th:		thread that is about to be asked, or is held
 *
 * Context: the caller; sleeps.
 * Return: 0, -ESRCH when the thread is exiting, or a negated errno with op->error
 * set, or -ENOMEM.
 */
int nsa_prepare_fs(struct nsa_thread *th);

/**
 * nsa_prepare_copies - an fs_struct of its own for a subject that needs one
 * @op:		attach; nobody is pending
 * @subject:	shares its fs_struct with strangers, or has threads in a stop
 *
 * Context: the caller; sleeps.
 * Return: 0 or -ENOMEM.
 */
int nsa_prepare_copies(struct nsa_op *op, struct nsa_subject *subject);

/* Under op->lock: can the fs_structs of this subject be switched? */
bool nsa_fs_ready(struct nsa_subject *subject);

void nsa_fs_free(struct nsa_fs *fs);

#endif /* NSA_FS_H */
