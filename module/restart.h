/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NSA_RESTART_H
#define NSA_RESTART_H

/**
 * nsa_restart_transparently - have an interrupted system call of current restarted
 *
 * Context: a task_work of current.
 */
void nsa_restart_transparently(void);

#endif /* NSA_RESTART_H */
