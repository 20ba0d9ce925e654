/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Searching the state of container runtimes
 */
#ifndef NSATTACH_RUNTIME_H
#define NSATTACH_RUNTIME_H

#include "json.h"
#include "names.h"

/**
 * struct layout - how a runtime writes down one container
 * @file:	file in the container's directory
 * @pid:	member with its first process
 * @start:	member with that one's start time
 */
struct layout {
	const char *file;
	const char *pid;
	const char *start;
};

/**
 * struct search - one name looked up in several places
 * @json:	the library
 * @record:	gets the first hit
 * @owner:	who wrote what is read now, 0: root; see state.h
 * @hits:	different processes found
 * @err:	what the first place said that has the name but no process
 */
struct search {
	const struct json *json;
	struct record *record;
	uid_t owner;
	unsigned int hits;
	int err;
};

/* One found by @s->owner, or @err, which says why it was not. */
void search_add(struct search *s, int err, const struct record *found);
int search_result(const struct search *s);

/* Called with each $XDG_RUNTIME_DIR there is; its user is @s->owner then. */
typedef void user_fn(struct search *s, const char *runtime, const char *id);
void each_user_runtime(const struct places *places, struct search *s, user_fn *fn, const char *id);

/* The state of @id in @dir; -ESRCH, or as state_read(). */
int runtime_read(const struct search *s, const struct layout *layout, const char *dir,
		 const char *id, struct record *record);

/*
 * Fill @record->start from the state in @dir of the runtime below, when that has the
 * same pid, else -ENOENT.
 */
int runtime_start_time(const struct search *s, const char *dir, const char *id,
		       struct record *record);

#endif /* NSATTACH_RUNTIME_H */
