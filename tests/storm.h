/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_STORM_H
#define NSATTACH_TESTS_STORM_H

#include <stdint.h>

#include "place.h"
#include "subject.h"

#define STORM_SETS 4

/**
 * struct storm - what newborn threads and children are judged by
 * @sets:	namespaces a task may be in: all of one of them, never some of
 *		one and some of another
 * @generation:	odd while an attach is under way
 * @current:	index of the set the subject is in, while @generation is even
 * @threads:	threads born
 * @children:	children born
 * @mixed:	those of them that were in parts of two sets
 * @late:	those that were in one set, but not the current one
 * @told:	what the first of the bad ones saw
 */
struct storm {
	uint64_t sets[STORM_SETS][NS_COUNT];
	uint32_t generation;
	uint32_t current;
	uint32_t threads;
	uint32_t children;
	uint32_t mixed;
	uint32_t late;
	char told[256];
};

/* Made before the subject, which inherits it. */
extern struct storm *storm;

void storm_init(void);
/* Set 0 is where the subject is now. */
void storm_set_from_task(unsigned int set, pid_t pid);
void storm_set_from_place(unsigned int set, const struct place *place);
/* Around every attach; @set is where the subject is now. */
void storm_attach_begins(void);
void storm_attach_ends(unsigned int set);
/* NULL, or what was seen. */
const char *storm_complaint(void);

/* Make one thread or one child that is judged, and wait for its end. */
void storm_make_thread(struct subject_shared *shared);
void storm_make_child(struct subject_shared *shared);

/* Bodies: make threads, children or both in turn until stop. */
void storm_body_threads(struct subject_shared *shared, unsigned int index);
void storm_body_children(struct subject_shared *shared, unsigned int index);
void storm_body_both(struct subject_shared *shared, unsigned int index);

#endif
