/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_SNAPSHOT_H
#define NSATTACH_TESTS_SNAPSHOT_H

#include "nstype.h"
#include "place.h"

/**
 * struct snapshot - a process as the outside sees it, thread by thread
 *
 * Taken from /proc/PID/task: namespace links, root, cwd, the lines of status
 * that tell credentials, confinement and signal masks, and the mount table.
 */
struct snapshot;

struct snapshot *snapshot_take(pid_t pid);
void snapshot_free(struct snapshot *s);
unsigned int snapshot_threads(const struct snapshot *s);

/* All of these: NULL, or a sentence that tells the first difference. */
const char *snapshot_differs(const struct snapshot *before, const struct snapshot *after);
/*
 * Every thread of @after is in @place as far as @mask goes and where it was in
 * @before otherwise, with all the rest unchanged. Threads that are not in
 * @before are compared with its first one.
 */
const char *snapshot_not_moved(const struct snapshot *before, const struct snapshot *after,
			       const struct place *place, uint64_t mask);
/* The same with the state of now as @after. */
const char *not_moved(const struct snapshot *before, pid_t pid, const struct place *place,
		      uint64_t mask);
const char *changed_since(const struct snapshot *before, pid_t pid);
/* Namespace links of one process (all its threads) only. */
const char *not_in(pid_t pid, const struct place *place, uint64_t mask);

uint64_t task_ns(pid_t pid, pid_t tid, const char *file);
/* Its working directory in the words of its mount namespace, in a static buffer; "" if unseen. */
const char *task_cwd(pid_t pid);

#endif
