// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signals during the call
 *
 * The kernel undoes everything when a signal comes while threads are gathered. The
 * handler only makes the call return, so that this can be said.
 */
#include <signal.h>
#include <stddef.h>

#include "job.h"

static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
static volatile sig_atomic_t caught;
static bool held;

static void catch_signal(int number)
{
	caught = number;
}

void signals_catch(void)
{
	/* no SA_RESTART: the call shall end */
	const struct sigaction action = { .sa_handler = catch_signal };

	/* that nobody reads on must not be the end between two rounds */
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct sigaction old;

		sigaction(numbers[i], NULL, &old);
		if (old.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	}
}

/* For good: what has begun is finished and told. */
void signals_hold(void)
{
	sigset_t set;

	held = true;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaddset(&set, numbers[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int signals_caught(void)
{
	return caught;
}

bool signals_end(void)
{
	return caught && !held;
}
