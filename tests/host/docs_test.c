// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Man pages and completions say what the command does
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../userland/cmd/options.h"
#include "../../userland/cmd/table.h"
#include "../../userland/lib/sentence.h"
#include "tap.h"

/* A file of userland/, without the backslashes of troff. */
static const char *document(const char *name)
{
	static char text[65536];
	char path[512];
	size_t n = 0;
	FILE *f;
	int c;

	snprintf(path, sizeof(path), "%s/userland/%s", TOP, name);
	f = fopen(path, "r");
	while (f && (c = getc(f)) != EOF && n < sizeof(text) - 1)
		if (c != '\\')
			text[n++] = c;
	text[n] = '\0';
	if (f)
		fclose(f);
	return text;
}

static void names_every_option(const char *file, const char *format)
{
	const char *text = document(file);
	char word[64];

	for (const struct option *p = option_table; p->help; p++) {
		if (!p->name)
			continue;
		snprintf(word, sizeof(word), format, p->name);
		CHECK_HAS(strstr(text, word) ? word : file, word);
	}
}

TEST(the_man_page_has_every_option)
{
	names_every_option("man/nsattach.8", "--%s");
}

TEST(completions_have_every_option)
{
	names_every_option("completion/_nsattach", "--%s");
	names_every_option("completion/nsattach.fish", "-l %s");
}

/* runc: and crun: are made of the names of directories */
TEST(completions_have_every_kind_of_name)
{
	static const char *const files[] = { "completion/nsattach.bash", "completion/_nsattach",
					     "completion/nsattach.fish" };
	static const char *const kinds[] = { "docker:", "podman:", "container:", "unit:", "netns:" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		for (size_t j = 0; j < sizeof(kinds) / sizeof(kinds[0]); j++)
			CHECK_HAS(strstr(document(files[i]), kinds[j]) ? kinds[j] : files[i], kinds[j]);
}

/* CGROUP is no word of "CGROUP_FD, F_CGROUP". */
static bool has_word(const char *text, const char *word)
{
	static const char part[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	size_t len = strlen(word);

	for (const char *p = text; (p = strstr(p, word)); p += len)
		if (!strchr(part, p[-1]) && !(p[len] && strchr(part, p[len])))
			return true;
	return false;
}

/* "NSATTACH_R_DEADLINE" -> "DEADLINE", from the header itself */
static void names_every_reason(const char *file)
{
	static char header[65536];
	const char *text;
	unsigned int count = 0;
	FILE *f = fopen(TOP "/module/include/uapi/linux/nsattach.h", "r");

	header[f ? fread(header, 1, sizeof(header) - 1, f) : 0] = '\0';
	if (f)
		fclose(f);
	text = strstr(document(file), ".SH ERRORS");
	CHECK(text != NULL);
	for (char *p = header; text && (p = strstr(p, "\tNSATTACH_R_"));) {
		char *name = p + strlen("\tNSATTACH_R_");

		p = name + strcspn(name, "\t =");
		*p++ = '\0';
		if (!strcmp(name, "NONE"))
			continue;
		CHECK_HAS(has_word(text, name) ? name : file, name);
		count++;
	}
	CHECK_INT(count, NSATTACH_R_CGROUP_LOST);
}

TEST(the_error_tables_have_every_reason)
{
	names_every_reason("man/nsattach.8");
	names_every_reason("man/nsattach.4");
}

/* Heads of columns as they are JSON keys, from the source: "BY-PID", COLUMN_NUMBER -> "by_pid" in quotes. */
static unsigned int documents_columns(const char *section, const char *file)
{
	char path[512], line[256], head[32], key[40];
	unsigned int count = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/userland/cmd/%s", TOP, file);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, " [%*[A-Z_]] = { \"%31[A-Z-]\", COLUMN_", head) != 1)
			continue;
		for (char *p = head; *p; p++)
			*p = *p == '-' ? '_' : tolower((unsigned char)*p);
		snprintf(key, sizeof(key), "\"%s\"", head);
		CHECK_HAS(strstr(section, key) ? key : file, key);
		count++;
	}
	if (f)
		fclose(f);
	return count;
}

TEST(the_man_page_has_every_key_of_the_json)
{
	static const char *const of_errors[] = { "exit", "errno", "reason",  "ns",
						 "pid",	 "tid",	  "message", "error" };
	const char *section = strstr(document("man/nsattach.8"), ".SH JSON OUTPUT");
	char key[40];

	CHECK(section != NULL);
	if (!section)
		return;
	CHECK_INT(documents_columns(section, "list.c"), 10);
	CHECK_INT(documents_columns(section, "residue.c"), 6);
	CHECK_INT(documents_columns(section, "features.c"), 3);
	CHECK_INT(documents_columns(section, "report.c"), 11);
	for (size_t i = 0; i < sizeof(of_errors) / sizeof(of_errors[0]); i++) {
		snprintf(key, sizeof(key), "\"%s\"", of_errors[i]);
		CHECK_HAS(strstr(section, key) ? key : "", key);
	}
}

static int parse_line(char *line, char error[ERROR_MAX])
{
	char *argv[32];
	struct options o;
	int argc = 0, err;

	for (char *word = strtok(line, " \n"); word && argc < 31; word = strtok(NULL, " \n"))
		argv[argc++] = word;
	err = options_parse(&o, argc, argv, error);
	options_free(&o);
	return err;
}

TEST(the_examples_of_the_man_page_are_valid)
{
	char *example = strstr(document("man/nsattach.8"), ".SH EXAMPLES");
	unsigned int count = 0;

	while (example && (example = strstr(example, "\nnsattach -"))) {
		char line[256], error[ERROR_MAX] = "";

		snprintf(line, sizeof(line), "%.*s", (int)strcspn(example + 1, "\n"), example + 1);
		example += 2;
		CHECK_INT(parse_line(line, error), 0);
		CHECK_STR(error, "");
		count++;
	}
	CHECK(count >= 7);
}

TEST(the_help_fits_a_terminal)
{
	for (const struct option *p = option_table; p->help; p++)
		CHECK(strlen(p->help) < 62);
}
