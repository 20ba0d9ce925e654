// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables and JSON
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../userland/cmd/output.h"
#include "tap.h"

enum { PID, NS, GOOD, NOTE };

static const struct column columns[] = {
	[PID] = { "PID", COLUMN_NUMBER, false, "" },
	[NS] = { "NS", COLUMN_LIST, false, "" },
	[GOOD] = { "GOOD", COLUMN_BOOL, true, "" },
	[NOTE] = { "BY-WHOM", COLUMN_TEXT, false, "" },
};

static char text[4096];

/* Print a table of two lines into text. */
static int print(const struct options *o, struct job *job)
{
	FILE *file = tmpfile(), *saved = stdout;
	struct output *out;
	int code;

	*job = (struct job){ .o = o };
	stdout = file;
	out = output_new(job, "things", columns, 4, &code);
	if (out) {
		output_line(out);
		output_text(out, PID, "17");
		output_text(out, NS, "mnt,net");
		output_text(out, GOOD, "1");
		output_printf(out, NOTE, "a \"%s\"", "b");
		output_line(out);
		output_text(out, NS, "");
		output_text(out, GOOD, "0");
		output_text(out, NOTE, "d\xc3\xa4\xff");
		output_end(out);
	}
	stdout = saved;
	rewind(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return code;
}

TEST(a_table_shows_the_usual_columns)
{
	struct options o = { 0 };
	struct job job;

	CHECK_INT(print(&o, &job), 0);
	CHECK_HAS(text, "PID NS      BY-WHOM\n");
	CHECK_HAS(text, " 17 mnt,net a \"b\"\n");
	CHECK(!strstr(text, "GOOD"));
}

TEST(columns_come_in_the_order_asked_for)
{
	struct options o = { .columns = "good,PID" };
	struct job job;

	CHECK_INT(print(&o, &job), 0);
	CHECK_HAS(text, "GOOD PID\n");
	CHECK(!strstr(text, "NS"));
}

TEST(an_unknown_column_is_refused_with_the_list)
{
	struct options o = { .columns = "pid,pud" };
	struct job job;

	CHECK_INT(print(&o, &job), EXIT_USAGE);
	CHECK_STR(job.error, "there is no column 'pud'; there are PID, NS, GOOD, BY-WHOM");
}

TEST(json_has_all_columns_with_their_types)
{
	struct options o = { .json = true };
	struct job job;

	CHECK_INT(print(&o, &job), 0);
	CHECK_HAS(text, "\"things\": [");
	CHECK_HAS(text, "\"pid\": 17");
	CHECK_HAS(text, "\"good\": true");
	CHECK_HAS(text, "\"good\": false");
	CHECK_HAS(text, "\"pid\": null");
	CHECK_HAS(text, "a \\\"b\\\"");
	CHECK_HAS(text, "[\"mnt\", \"net\"]");
	CHECK_HAS(text, "\"ns\": []");
	CHECK_HAS(text, "\"d\xc3\xa4\\\\xff\"");
}
