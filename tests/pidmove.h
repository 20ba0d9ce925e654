/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_PIDMOVE_H
#define NSATTACH_TESTS_PIDMOVE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "attach.h"
#include "place.h"
#include "subject.h"

/* Numbers of a process or thread, outermost first. */
#define MAX_NUMBERS 8

/* Can this kernel move a process into a pid namespace? */
bool pid_move_works(void);

/* First in every test: a skip in the set-up would not keep the test from running. */
#define NEEDS_PID_MOVE()                                                                     \
	do {                                                                                 \
		if (!pid_move_works())                                                       \
			SKIP(return, "this kernel can not move a process into a pid namespace"); \
	} while (0)

/* Into the namespaces of @target, the pid namespace for real. @error may be NULL. */
int move_pid(pid_t subject, const struct place *place, uint64_t namespaces, uint32_t flags,
	     struct nsattach_error *error);
int move_pids(const pid_t *subjects, unsigned int nr, pid_t target, uint64_t namespaces,
	      uint32_t flags, struct nsattach_error *error);
int detach_pids(const pid_t *subjects, unsigned int nr, struct nsattach_error *error);

/* From the line NSpid (or NSpgid, NSsid) of a thread: how many. */
int numbers_of(pid_t pid, pid_t tid, const char *key, int nr[MAX_NUMBERS]);
/* "7 7": the numbers in such a line of a process, in one of some static buffers; a number twice. */
const char *numbers(pid_t pid, const char *key);
const char *twice(int nr);
/* The innermost number of a process, or 0. */
int inner_number(pid_t pid);
/* NULL if every thread has @levels numbers, all of them the one it has outside. */
const char *not_numbered(const struct subject *s, unsigned int threads, int levels);

/* Of those that its leading thread made. */
pid_t first_child(pid_t pid);
/* For subject_call(): the number of its parent as it sees it. */
long own_parent(char *text);

/*
 * A child of ours in the pid namespace of @target, with the number @nr there if
 * it is not 0. It waits until it is killed.
 */
pid_t start_inside(pid_t target, pid_t nr);
/*
 * Pid namespaces inside of each other: @inits[1..levels] are their inits as numbered
 * here, @inits[0] is their maker. 0, or -1.
 */
int start_nested(pid_t inits[], int levels);
/* fork(): the child is the init of a pid namespace of its own. -1: it could not be. */
pid_t fork_below(void);
/* Run @fn inside the pid and mount namespaces of @place: what it returned, or -1. */
int inside(const struct place *place, int (*fn)(void *arg), void *arg);

#endif
