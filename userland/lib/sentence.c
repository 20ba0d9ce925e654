// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From a failure to a sentence
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sentence.h"

static const struct sentence fallback = { 0, "{errno}", NULL };

const struct sentence *sentence_find(const struct sentence *table, int key)
{
	for (; table->cause; table++)
		if (table->key == key)
			return table;
	return NULL;
}

/* "process 7 was not moved into the net namespace of process 9: " */
static void lead_attach(struct text *text, const struct nsattach_failure *f)
{
	text_expand(text, "process {pid} was not moved into the {ns}", f);
	if (f->target > 0)
		text_expand(text, " of process {target}", f);
	text_add(text, ": ");
}

static void lead_detach(struct text *text, const struct nsattach_failure *f)
{
	text_expand(text, "process {pid} was not put back: ", f);
}

static void lead_open(struct text *text, const struct nsattach_failure *f)
{
	if (!sentence_find(sentences_open, f->err))
		text_expand(text, "process {name} can not be opened: ", f);
}

static void lead_nsfile(struct text *text, const struct nsattach_failure *f)
{
	if (!sentence_find(sentences_nsfile, f->err))
		text_expand(text, "{name} can not be opened: ", f);
}

static void lead_load(struct text *text, const struct nsattach_failure *f)
{
	if (!sentence_find(sentences_load, f->err))
		text_add(text, "the nsattach module did not start (see the kernel log): ");
}

static void lead_device(struct text *text, const struct nsattach_failure *f)
{
	if (!sentence_find(sentences_device, f->err))
		text_add(text, NSATTACH_DEVICE " can not be opened: ");
}

static void lead_query(struct text *text, const struct nsattach_failure *f)
{
	if (!sentence_find(sentences_query, f->err))
		text_add(text, "the module gives no answer: ");
}

static const struct stage {
	void (*lead)(struct text *text, const struct nsattach_failure *f);
	const struct sentence *by_errno;
} stages[] = {
	[NSATTACH_STAGE_SUBJECT] = { lead_open, sentences_open },
	[NSATTACH_STAGE_TARGET] = { lead_open, sentences_open },
	[NSATTACH_STAGE_NSFILE] = { lead_nsfile, sentences_nsfile },
	[NSATTACH_STAGE_LOAD] = { lead_load, sentences_load },
	[NSATTACH_STAGE_DEVICE] = { lead_device, sentences_device },
	[NSATTACH_STAGE_QUERY] = { lead_query, sentences_query },
	[NSATTACH_STAGE_ATTACH] = { lead_attach, sentences_by_errno },
	[NSATTACH_STAGE_DETACH] = { lead_detach, sentences_by_errno },
};

static const struct sentence *by_reason(const struct nsattach_failure *f)
{
	const struct nsattach_error *error = &f->error;

	if (error->reason == NSATTACH_R_DEADLINE && !error->tid && !error->state)
		return &sentence_claimed;
	if (error->reason == NSATTACH_R_PIDNS_NOT_BELOW && f->stage == NSATTACH_STAGE_DETACH)
		return &sentence_apart;
	return sentence_find(sentences_by_reason, error->reason);
}

static const struct sentence *choose(const struct nsattach_failure *f)
{
	const struct sentence *s = NULL;

	if (f->stage <= NSATTACH_STAGE_TARGET && f->err == EINVAL && f->leader <= 0)
		return &sentence_no_number;
	if (f->stage >= NSATTACH_STAGE_ATTACH && f->error.reason)
		s = by_reason(f);
	if (!s)
		s = sentence_find(stages[f->stage].by_errno, f->err);
	return s ? s : &fallback;
}

EXPORT int nsattach_explain(const struct nsattach_failure *f, char *buf, size_t size)
{
	struct text text = { .buf = buf, .size = size };
	const struct sentence *s;

	if (size)
		*buf = '\0';
	if ((unsigned int)f->stage >= ARRAY_SIZE(stages))
		return 0;
	s = choose(f);
	stages[f->stage].lead(&text, f);
	text_expand(&text, s->cause, f);
	if (f->count > 1 && f->stage >= NSATTACH_STAGE_ATTACH)
		text_add(&text, " (so none of the %zu processes was moved)", f->count);
	if (s->remedy) {
		text_add(&text, "; ");
		text_expand(&text, s->remedy, f);
	}
	return text.used;
}
