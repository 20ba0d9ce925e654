/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables and JSON, with libsmartcols opened when it is needed
 */
#ifndef NSATTACH_OUTPUT_H
#define NSATTACH_OUTPUT_H

#include "job.h"

enum column_type {
	COLUMN_TEXT,
	COLUMN_NUMBER,
	COLUMN_LIST, /* short plain words joined by ",": in JSON an array of strings */
	COLUMN_BOOL, /* cells "1" or "0": yes or no, in JSON true or false */
};

/**
 * struct column - one column of a table
 * @name:	its head; in JSON in small letters, with _ for -
 * @type:	how JSON writes it
 * @extra:	only shown when --output names it, or in JSON
 * @help:	what is in it
 */
struct column {
	const char *name;
	enum column_type type;
	bool extra;
	const char *help;
};

struct output;

/*
 * A table of the @count @columns that was asked for by @o. @name is its JSON key.
 * NULL with a sentence and an exit code in @code when a column of --output does not
 * exist or libsmartcols is not installed: so it is made before anything is done.
 * It is the job's, which drops it when it is not printed.
 */
struct output *output_new(struct job *job, const char *name, const struct column *columns,
			  size_t count, int *code);

/* Is it among those that are printed? */
bool output_has(const struct output *output, size_t column);

/* A new line, then its cells; a NULL text is an empty cell. */
int output_line(struct output *output);
void output_text(struct output *output, size_t column, const char *text);
void output_printf(struct output *output, size_t column, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Print it to stdout and free it. */
void output_end(struct output *output);

#endif /* NSATTACH_OUTPUT_H */
