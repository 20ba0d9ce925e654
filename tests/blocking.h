/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_BLOCKING_H
#define NSATTACH_TESTS_BLOCKING_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/**
 * struct blocking - what the functions of one kind share, inside the subject
 * @fds:	whatever the kind waits on
 * @id:		of a SysV object, or a child
 * @word:	of a futex
 * @timeout:	how long the call may wait, for kinds that have a timeout
 * @tid:	thread that blocks
 * @stop:	for kinds that spin
 * @memory:	free use
 */
struct blocking {
	int fds[3];
	long id;
	uint32_t word;
	struct timespec timeout;
	pid_t tid;
	uint32_t *stop;
	void *memory;
};

/**
 * struct blocking_kind - one way to wait in the kernel
 * @name:	of the call
 * @nr:		number of the system call it sleeps in; -1: it does not sleep
 * @setup:	in the subject, before the thread is made; an errno
 * @block:	in the thread: the call; what it returned, or -errno
 * @wake:	in another thread: end the wait as the program expects it
 * @woken:	what @block has to return then
 * @expired:	what @block has to return after the timeout, if @timed
 * @timed:	it has a relative or absolute timeout
 * @not:	namespaces that can not be joined without changing the call's
 *		meaning: a SysV id names something else in another ipc namespace
 */
struct blocking_kind {
	const char *name;
	long nr;
	int (*setup)(struct blocking *b);
	long (*block)(struct blocking *b);
	void (*wake)(struct blocking *b);
	long woken;
	long expired;
	bool timed;
	uint64_t not;
};

/* The tables of the files, each ended by a kind without a name. */
extern const struct blocking_kind blocking_files[];
extern const struct blocking_kind blocking_sockets[];
extern const struct blocking_kind blocking_others[];

const struct blocking_kind *blocking_find(const char *name);

/* For @block: what the call returned, or -errno. */
#define RESULT(call)                      \
	({                                \
		long ret_ = (call);       \
		ret_ < 0 ? -errno : ret_; \
	})

/* SIGUSR1 has a handler without SA_RESTART; it counts here. */
extern volatile int blocking_signals;
int blocking_catch_signal(void);
void blocking_wake_by_signal(struct blocking *b);
/* The absolute time on @clock at which the timeout is over. */
struct timespec blocking_deadline(const struct blocking *b, clockid_t clock);

#endif
