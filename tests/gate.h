/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_GATE_H
#define NSATTACH_TESTS_GATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "subject.h"

/**
 * struct gate - holds a thread at the entry of a system call
 *
 * Interrupted there it waits on, killably: an attach can neither fetch it nor
 * take it for asleep, and whatever it does behind the gate it does after it was
 * asked and before it comes.
 */
struct gate {
	int listener;
	uint64_t id;
};

/*
 * In the thread: from now on it is held at @nr, or at @other (-1: none). Yields
 * the number to be passed to gate_wait(), or a negated errno.
 */
int gate_shut(long nr, long other);
/* In the test: NULL once the thread of @pid is held, or what went wrong. */
const char *gate_wait(struct gate *gate, pid_t pid, int number);
/*
 * The two for a body of a subject: its number goes by shared->rounds. True if it is shut;
 * NULL once the thread is held, or what went wrong.
 */
bool gate_shut_by(struct subject_shared *shared, long nr, long other);
const char *gate_wait_for(struct gate *gate, const struct subject *s);
/* It goes on with the call. */
void gate_open(struct gate *gate);

/*
 * A connection whose other end does not read, or a negated errno: its last close
 * takes so long, in a work that its thread does before the ones that were queued
 * earlier. By close_range(): close() itself waits, before any work, since 6.6
 * (fs/open.c).
 */
int linger_connect(int seconds);

#endif
