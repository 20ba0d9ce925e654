/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_ACTIVE_H
#define NSATTACH_TESTS_ACTIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "nstype.h"

/*
 * Active namespaces (since Linux 6.19): a namespace counts who uses it, tasks
 * and open namespace files, beside the references that keep its memory. One
 * without users can not be listed or opened any more, however long it is kept.
 */

/* Does this kernel count them, so that listns(2) tells? */
bool active_is_counted(void);

/**
 * struct active_ids - the namespaces of a process, by what listns(2) names them
 * @id: 0 where there is none
 */
struct active_ids {
	uint64_t id[NS_COUNT];
};

/* NULL, or what went wrong. */
const char *active_ids_of(pid_t pid, uint64_t mask, struct active_ids *ids);
/* NULL when every one of them has users, or which has none. */
const char *active_missing(const struct active_ids *ids);
/* NULL once none of them has users any more, or which still has. */
const char *active_left(const struct active_ids *ids);

/**
 * struct active_holds - what keeps namespaces of a process without using them
 * @net:	a socket
 * @shm:	an attached segment of SysV shared memory
 * @file:	a file opened with credentials of its user namespace
 */
struct active_holds {
	int net;
	void *shm;
	int file;
};

const char *active_hold(pid_t pid, uint64_t mask, struct active_holds *holds);
/* An fd of the network namespace that is held, which uses it again; or -1. */
int active_revive_net(const struct active_holds *holds);
void active_release(struct active_holds *holds);

#endif
