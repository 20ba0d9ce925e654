/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sentences about failures
 */
#ifndef NSATTACH_SENTENCE_H
#define NSATTACH_SENTENCE_H

#include "internal.h"

/**
 * struct sentence - why, and what to do
 * @key:	reason, or errno
 * @cause:	template, see expand()
 * @remedy:	template, or NULL when there is nothing to do about it
 */
struct sentence {
	int key;
	const char *cause;
	const char *remedy;
};

/* The entry for @key in a table that ends with a NULL cause; NULL if none. */
const struct sentence *sentence_find(const struct sentence *table, int key);

extern const struct sentence sentences_by_reason[];
extern const struct sentence sentence_claimed; /* DEADLINE, but no thread is in the way */
extern const struct sentence sentence_apart;   /* PIDNS_NOT_BELOW of a detach */
extern const struct sentence sentences_by_errno[];
extern const struct sentence sentences_open[];
extern const struct sentence sentence_no_number; /* EINVAL, but there is no leader */
extern const struct sentence sentences_nsfile[];
extern const struct sentence sentences_load[];
extern const struct sentence sentences_device[];
extern const struct sentence sentences_query[];

/**
 * struct text - a buffer that is written to and cut at its end
 * @buf:	where
 * @size:	its size
 * @used:	what all that was written needs
 */
struct text {
	char *buf;
	size_t size;
	size_t used;
};

void text_add(struct text *text, const char *format, ...) PRINTF(2, 3);

/*
 * Append @template with its places filled in:
 * {pid} {target} {tid} {thread} {leader} {ns} {state} {where} {timeout} {errno} {name} {role}
 */
void text_expand(struct text *text, const char *template, const struct nsattach_failure *failure);

#endif /* NSATTACH_SENTENCE_H */
