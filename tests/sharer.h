/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes that share something with the subject
 */
#ifndef NSATTACH_TESTS_SHARER_H
#define NSATTACH_TESTS_SHARER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "subject.h"

/**
 * struct sharer - a process that waits, and what it shares; in shared memory
 * @flags:	CLONE_* bits of what it shares
 * @pid:	the process, or a negated errno
 */
struct sharer {
	unsigned long flags;
	pid_t pid;
};

/* One that shares what @flags say with the caller and waits; its pid, or a negated errno. */
pid_t share(unsigned long flags);

/* For struct subject_options: have the subject make one. @arg: struct sharer */
int setup_sharer(struct subject_shared *shared, void *arg);

/* In shared memory, with @flags. */
struct sharer *sharer_alloc(unsigned long flags);

/*
 * The parent of a vfork: killable, not interruptible, until end_vfork(). For a body; in
 * shared->rounds it counts itself when it is let go.
 */
void body_vfork(struct subject_shared *shared, unsigned int index);
/* A subject of which thread 1 is one: NULL when that is stuck, or what went wrong. */
const char *start_vfork(struct subject *s, unsigned int threads, uint64_t unshare);
/* Its child ends: was it told? */
bool end_vfork(void);

#endif
