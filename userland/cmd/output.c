// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables and JSON, with libsmartcols opened when it is needed
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <libsmartcols/libsmartcols.h>

#include "output.h"
#include "../lib/internal.h"

#define COLUMNS_MAX 16

#define SCOLS_FUNCTIONS(X)            \
	X(scols_new_table)            \
	X(scols_unref_table)          \
	X(scols_table_enable_json)    \
	X(scols_table_set_name)       \
	X(scols_table_new_column)     \
	X(scols_table_new_line)       \
	X(scols_column_set_json_type) \
	X(scols_line_set_data)        \
	X(scols_line_get_cell)        \
	X(scols_cell_set_color)       \
	X(scols_table_enable_colors)  \
	X(scols_print_table)

/**
 * struct output - a table while it is filled
 * @place:	where each column of the caller's went, or -1
 */
struct output {
#define MEMBER(f) __typeof__(&f) f;
	SCOLS_FUNCTIONS(MEMBER)
#undef MEMBER
	void *handle;
	struct libscols_table *table;
	struct libscols_line *line;
	const struct column *columns;
	struct job *job;
	bool json;
	bool colours;
	int place[COLUMNS_MAX];
};

static const struct dynload_symbol scols_symbols[] = {
#define ENTRY(f) { #f, offsetof(struct output, f) },
	SCOLS_FUNCTIONS(ENTRY)
#undef ENTRY
		{ NULL, 0 }
};

/* A terminal that has them, and nobody who said no (see no-color.org). */
bool output_colours(int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fd) && !(no && *no) && term && strcmp(term, "dumb");
}

static int json_type(enum column_type type)
{
	switch (type) {
	case COLUMN_NUMBER:
	case COLUMN_LIST: /* as we write it: libsmartcols has no empty arrays */
		return SCOLS_JSON_NUMBER;
	case COLUMN_BOOL:
		return SCOLS_JSON_BOOLEAN;
	default:
		return SCOLS_JSON_STRING;
	}
}

/* Not tolower(), which does otherwise with "PID" where people write Turkish. */
static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static int add_column(struct output *out, const struct column *column, bool json)
{
	int flags = column->type == COLUMN_NUMBER ? SCOLS_FL_RIGHT : 0;
	struct libscols_column *c;
	char name[32];

	snprintf(name, sizeof(name), "%s", column->name);
	for (char *p = name; json && *p; p++)
		*p = *p == '-' ? '_' : lower(*p);
	c = out->scols_table_new_column(out->table, name, 0, flags);
	if (!c)
		return -1;
	if (json)
		out->scols_column_set_json_type(c, json_type(column->type));
	return 0;
}

static int unknown_column(struct job *job, const struct column *columns, size_t count,
			  const char *word, size_t len)
{
	char names[ERROR_MAX] = "";
	size_t used = 0;

	for (size_t i = 0; i < count; i++)
		used += snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "",
				 columns[i].name);
	return job_fail(job, EXIT_USAGE, "there is no column '%.*s'; there are %s", (int)len, word,
			names);
}

static bool same_name(const char *name, const char *word, size_t len)
{
	if (strlen(name) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (lower(name[i]) != lower(word[i]))
			return false;
	return true;
}

static int find_column(const struct column *columns, size_t count, const char *word, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (same_name(columns[i].name, word, len))
			return i;
	return -1;
}

/* The columns of --output, in the order they are named. */
static int choose_columns(struct job *job, struct output *out, const struct column *columns,
			  size_t count)
{
	int next = 0;

	for (const char *word = job->o->columns;; word++) {
		size_t len = strcspn(word, ",");
		int i = find_column(columns, count, word, len);

		if (i < 0)
			return unknown_column(job, columns, count, word, len);
		if (out->place[i] < 0) {
			out->place[i] = next++;
			add_column(out, &columns[i], job->o->json);
		}
		word += len;
		if (!*word)
			return 0;
	}
}

static void usual_columns(struct job *job, struct output *out, const struct column *columns,
			  size_t count)
{
	int next = 0;

	for (size_t i = 0; i < count; i++) {
		if (columns[i].extra && !job->o->json)
			continue;
		out->place[i] = next++;
		add_column(out, &columns[i], job->o->json);
	}
}

static void output_free(struct output *out)
{
	out->job->output = NULL;
	if (out->table)
		out->scols_unref_table(out->table);
	if (out->handle)
		dlclose(out->handle);
	free(out);
}

static int start_table(struct job *job, struct output *out, const char *name)
{
	if (dynload_open("libsmartcols.so.1", scols_symbols, out, &out->handle))
		return job_fail(
			job, EXIT_FAILED,
			"libsmartcols.so.1 is needed to print tables; install libsmartcols1");
	out->table = out->scols_new_table();
	if (!out->table)
		return job_fail(job, EXIT_FAILED, "out of memory");
	out->scols_table_set_name(out->table, name);
	out->scols_table_enable_json(out->table, job->o->json);
	out->colours = !job->o->json && output_colours(fileno(stdout));
	out->scols_table_enable_colors(out->table, out->colours);
	return 0;
}

struct output *output_new(struct job *job, const char *name, const struct column *columns,
			  size_t count, int *code)
{
	struct output *out = calloc(1, sizeof(*out));

	if (!out) {
		*code = job_fail(job, EXIT_FAILED, "out of memory");
		return NULL;
	}
	job->output = out;
	out->job = job;
	out->columns = columns;
	out->json = job->o->json;
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		out->place[i] = -1;
	*code = start_table(job, out, name);
	if (!*code && job->o->columns)
		*code = choose_columns(job, out, columns, count);
	else if (!*code)
		usual_columns(job, out, columns, count);
	if (!*code)
		return out;
	output_free(out);
	return NULL;
}

void output_drop(struct job *job)
{
	if (job->output)
		output_free(job->output);
}

bool output_has(const struct output *out, size_t column)
{
	return out->place[column] >= 0;
}

int output_line(struct output *out)
{
	out->line = out->scols_table_new_line(out->table, NULL);
	return out->line ? 0 : -1;
}

static void colour(struct output *out, int place, const char *name)
{
	if (out->colours)
		out->scols_cell_set_color(out->scols_line_get_cell(out->line, place), name);
}

/* "mnt,net" as an array of strings. */
static void format_array(char buf[ESCAPED_MAX], const char *list)
{
	size_t used = snprintf(buf, ESCAPED_MAX, "[");

	while (*list) {
		size_t len = strcspn(list, ",");

		used += snprintf(buf + used, ESCAPED_MAX - used, "%s\"%.*s\"", used > 1 ? ", " : "",
				 (int)len, list);
		list += len + !!list[len];
	}
	snprintf(buf + used, ESCAPED_MAX - used, "]");
}

void output_text(struct output *out, size_t column, const char *text)
{
	char json[ESCAPED_MAX];

	if (!out->line || out->place[column] < 0)
		return;
	if (out->json && text) {
		if (out->columns[column].type == COLUMN_LIST)
			format_array(json, text);
		else
			text_to_json(json, sizeof(json), text);
		text = json;
	}
	if (!out->json && text && out->columns[column].type == COLUMN_BOOL) {
		text = *text == '1' ? "yes" : "no";
		colour(out, out->place[column], *text == 'y' ? "green" : "red");
	}
	out->scols_line_set_data(out->line, out->place[column], text);
}

void output_printf(struct output *out, size_t column, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	output_text(out, column, text);
}

void output_end(struct output *out)
{
	progress_end(out->job);
	out->job->printed = true;
	out->scols_print_table(out->table);
	output_free(out);
}
