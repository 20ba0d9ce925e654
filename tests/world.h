/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_WORLD_H
#define NSATTACH_TESTS_WORLD_H

/**
 * struct world - a program that checks its own world
 * @round:	does something and looks whether it was done: NULL, or what was
 *		wrong. Called again and again in one process.
 */
struct world {
	const char *name;
	const char *(*round)(void);
};

extern const struct world world_clocks[], world_talks[];
extern const unsigned int nr_world_clocks, nr_world_talks;

/* Fail with the words of the condition itself. */
#define MUST(cond)                            \
	do {                                  \
		if (!(cond))                  \
			return "not " #cond;  \
	} while (0)

#endif
