/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_AHEAD_H
#define NSATTACH_TESTS_AHEAD_H

#include <stdint.h>
#include <sys/types.h>

/**
 * struct ahead - a process in a time namespace of its own
 * @maker:	only its children are in the namespace that it made
 * @pid:	such a child
 * @ns:		inode number of the namespace
 */
struct ahead {
	pid_t maker;
	pid_t pid;
	uint64_t ns;
};

/* @seconds ahead of the test; NULL or what went wrong. */
const char *ahead_start(struct ahead *ahead, unsigned int seconds);
void ahead_stop(struct ahead *ahead);

#endif
