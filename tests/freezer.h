/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cgroup in which a process is frozen, version 1 or 2.
 */
#ifndef NSATTACH_TESTS_FREEZER_H
#define NSATTACH_TESTS_FREEZER_H

#include <stdbool.h>
#include <sys/types.h>

struct freezer {
	int version;
	char dir[300];
};

/* Whether this kernel has the freezer of version 1. */
bool freezer_has_v1(void);
/* NULL, or what went wrong: a new cgroup with this process in it. */
const char *freezer_make(struct freezer *f, int version, pid_t pid);
/* Ask for it; it takes effect later. */
bool freezer_ask(const struct freezer *f, bool freeze);
/* Are all of its processes frozen by now? */
bool freezer_frozen(const struct freezer *f);
/* 0, or the errno of a cgroup that is not empty. */
int freezer_end(struct freezer *f);

#endif
