/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_COMMAND_H
#define NSATTACH_TESTS_COMMAND_H

#include <sys/types.h>

/**
 * struct command - one run of nsattach
 * @pid:	while it runs
 * @uid:	who runs it, set by the test; 0: the test itself
 * @code:	its exit code, or 1000 + the signal that killed it
 * @out:	what it printed
 * @err:	what it complained about
 */
struct command {
	pid_t pid;
	uid_t uid;
	int out_fd;
	int err_fd;
	int code;
	char out[16384];
	char err[4096];
};

/* Run a line of words, found in PATH, to its end. Yields its exit code. */
__attribute__((format(printf, 2, 3)))
int run(struct command *c, const char *format, ...);
/* The two halves of it. */
__attribute__((format(printf, 2, 3)))
void start(struct command *c, const char *format, ...);
void command_end(struct command *c);

#endif
