/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process that execs itself for ever. The program is the suite itself: its
 * constructor takes over from the tests when it was exec'ed that way.
 */
#ifndef NSATTACH_TESTS_EXEC_LOOP_H
#define NSATTACH_TESTS_EXEC_LOOP_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct lives - what the generations of exec'ing processes tell
 * @execs:	generations so far
 * @failed:	exec calls that came back
 * @stop:	set by the test
 * @others:	threads that each generation starts and that only wait
 * @by_thread:	exec from a thread that is not the leader
 * @rest_ms:	pause in each generation, unless @hot
 * @hot:	futex: set for no pauses
 * @fd:		this very memory, kept open over exec
 * @exe:	the program
 */
struct lives {
	uint32_t execs;
	int32_t failed;
	uint32_t stop;
	uint32_t others;
	uint32_t by_thread;
	uint32_t rest_ms;
	uint32_t hot;
	int fd;
	int exe;
};

/* Made before the processes, which inherit it; NULL if it can not be. */
struct lives *lives_alloc(uint32_t others, bool by_thread);
/* Pause, unless it is to be quick. */
void lives_rest(const struct lives *lives);
void lives_heat(struct lives *lives, bool hot);
/* The first exec of the loop; comes back only when it fails. */
void exec_for_ever(const struct lives *lives);

#endif
