// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Text that others chose: names of processes, paths, words of the command line
 *
 * It may be any bytes but NUL, and could drive the terminal of who reads it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "job.h"
#include "../lib/internal.h"

/* How much from the start of @text on is harmless. */
static size_t printable(const char *text)
{
	size_t used = 0;

	while (text[used]) {
		mbstate_t state = { 0 };
		wchar_t c;
		size_t len = mbrtowc(&c, text + used, MB_LEN_MAX, &state);

		if (len > MB_LEN_MAX || !iswprint(c))
			break;
		used += len;
	}
	return used;
}

/* As libsmartcols does it in its tables. */
static void escape(char *to, const char *text)
{
	for (;;) {
		size_t len = printable(text);

		to = mempcpy(to, text, len);
		text += len;
		if (!*text)
			break;
		to += sprintf(to, "\\x%02x", (unsigned char)*text++);
	}
	*to = '\0';
}

/* In one piece, since others may write to the same file. */
void text_line(const char *lead, const char *text)
{
	char *line = malloc(4 * strlen(text) + 1);

	if (line)
		escape(line, text);
	fprintf(stderr, "%s %s\n", lead, line ? line : "out of memory");
	free(line);
}

/* Those controls that JSON does not escape by itself: DEL and C1. */
static bool is_control(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	return *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0);
}

void text_to_json(char *buf, size_t size, const char *text)
{
	size_t used = 0;

	while (*text && used + 5 <= size) {
		size_t len = is_control(text) ? 0 : utf8_length(text);

		if (len)
			memcpy(buf + used, text, len);
		else
			snprintf(buf + used, 5, "\\x%02x", (unsigned char)*text);
		used += len ? len : 4;
		text += len ? len : 1;
	}
	buf[used] = '\0';
}
