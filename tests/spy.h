/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What root of a container tries on who has just come in
 */
#ifndef NSATTACH_TESTS_SPY_H
#define NSATTACH_TESTS_SPY_H

#include <stdint.h>

/**
 * struct spying - between the spy and the test, in shared memory
 * @stop:	set by the test
 * @tries:	how often everything was tried
 * @won:	bits of what has ever worked
 */
struct spying {
	uint32_t stop;
	uint32_t tries;
	uint32_t won;
};

extern struct spying *spying;

/* What works on one that opens itself: ptrace, descriptors, memory, and that of each thread. */
#define SPY_SEES (1 | 4 | 8 << 2 | 1 << 16)

/* For subject_call(). @text: two numbers of threads, the first and the last of the process. */
long spy(char *text);

#endif
