// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Templates of sentences: filling in what a failure knows
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sentence.h"

void text_add(struct text *text, const char *format, ...)
{
	size_t left = text->used < text->size ? text->size - text->used : 0;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(left ? text->buf + text->used : NULL, left, format, args);
	va_end(args);
	if (n > 0)
		text->used += n;
}

EXPORT const char *nsattach_state_words(unsigned int state)
{
	switch (state) {
	case 'R':
		return "running";
	case 'S':
		return "sleeping";
	case 'D':
		return "in uninterruptible sleep";
	case 'T':
		return "stopped by a signal";
	case 't':
		return "stopped by its tracer";
	case 'Z':
		return "a zombie";
	case 'X':
		return "dead";
	case 'I':
		return "an idle kernel thread";
	case 'P':
		return "parked";
	default:
		return "in an unknown state";
	}
}

static void add_pid(struct text *text, const struct nsattach_failure *f)
{
	text_add(text, "%d", f->error.pid > 0 ? f->error.pid : f->pid);
}

static void add_target(struct text *text, const struct nsattach_failure *f)
{
	text_add(text, "%d", f->target);
}

static void add_tid(struct text *text, const struct nsattach_failure *f)
{
	text_add(text, "%d", f->error.tid);
}

static void add_thread(struct text *text, const struct nsattach_failure *f)
{
	text_add(text, "thread %d", f->error.tid);
	if (*f->comm)
		text_add(text, " (%s)", f->comm);
}

static void add_leader(struct text *text, const struct nsattach_failure *f)
{
	text_add(text, "%d", f->leader);
}

static void add_ns(struct text *text, const struct nsattach_failure *f)
{
	__u64 mask = f->error.ns ? f->error.ns : f->namespaces;
	char list[64];

	if (!mask) {
		text_add(text, "namespaces");
		return;
	}
	nsattach_namespaces_format(mask, list, sizeof(list));
	text_add(text, "%s namespace%s", *list ? list : "unknown", mask & (mask - 1) ? "s" : "");
}

static void add_state(struct text *text, const struct nsattach_failure *f)
{
	text_add(text, "%s", nsattach_state_words(f->error.state));
}

static void add_where(struct text *text, const struct nsattach_failure *f)
{
	if (*f->wchan)
		text_add(text, " in %s()", f->wchan);
}

static void add_timeout(struct text *text, const struct nsattach_failure *f)
{
	__u64 ns = f->timeout_ns ? f->timeout_ns : NSATTACH_TIMEOUT_DEFAULT_NS;
	locale_t before = uselocale(english());

	text_add(text, "%g s", (double)ns / 1e9);
	uselocale(before);
}

static void add_errno(struct text *text, const struct nsattach_failure *f)
{
	text_add(text, "%s", errno_words(f->err));
}

static void add_name(struct text *text, const struct nsattach_failure *f)
{
	text_add(text, "%s", f->name ? f->name : "?");
}

static void add_role(struct text *text, const struct nsattach_failure *f)
{
	if (f->stage == NSATTACH_STAGE_TARGET)
		text_add(text, ", which should be the target");
}

static const struct place {
	const char *name;
	void (*add)(struct text *text, const struct nsattach_failure *f);
} places[] = {
	{ "pid", add_pid },	  { "target", add_target }, { "tid", add_tid },
	{ "thread", add_thread }, { "leader", add_leader }, { "ns", add_ns },
	{ "state", add_state },	  { "where", add_where },   { "timeout", add_timeout },
	{ "errno", add_errno },	  { "name", add_name },	    { "role", add_role },
};

static const struct place *find_place(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (strlen(places[i].name) == len && !memcmp(places[i].name, name, len))
			return &places[i];
	return NULL;
}

void text_expand(struct text *text, const char *template, const struct nsattach_failure *f)
{
	while (*template) {
		size_t plain = strcspn(template, "{");
		const struct place *place;
		size_t len;

		text_add(text, "%.*s", (int)plain, template);
		template += plain;
		if (!*template)
			break;
		len = strcspn(++template, "}");
		place = find_place(template, len);
		if (place)
			place->add(text, f);
		template += len + !!template[len];
	}
}
