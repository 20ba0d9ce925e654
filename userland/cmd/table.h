/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of options
 */
#ifndef NSATTACH_TABLE_H
#define NSATTACH_TABLE_H

#include <stddef.h>

enum option_kind {
	OPTION_VERB, /* @value: enum verb */
	OPTION_PID,
	OPTION_NS,
	OPTION_NS_LETTER, /* @value: CLONE_NEW* */
	OPTION_NS_ALL,
	OPTION_TIMEOUT,
	OPTION_CREDS,
	OPTION_FLAG, /* @value: NSATTACH_F_* */
	OPTION_BOOL, /* @offset: bool in struct options */
	OPTION_TEXT, /* @offset: const char * in struct options */
};

/**
 * struct option - one option
 * @name:	long name, or NULL
 * @letter:	short name, or 0
 * @arg:	what its value is called in the help, or NULL when it takes none
 * @verbs:	1 << enum verb of the actions that it goes with
 * @about:	the type of namespace without which it changes nothing, or 0
 * @kind:	what it does
 * @value:	see enum option_kind
 * @offset:	see enum option_kind
 * @help:	one line; "" keeps it out of the help
 */
struct option {
	const char *name;
	char letter;
	const char *arg;
	unsigned int verbs;
	__u32 about;
	enum option_kind kind;
	unsigned int value;
	size_t offset;
	const char *help;
};

/* Ends with a NULL help; at most 64. */
extern const struct option option_table[];

#endif /* NSATTACH_TABLE_H */
