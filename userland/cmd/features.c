// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Features: what this kernel and module can do, and why not where they can't
 */
#include <linux/sched.h>

#include "output.h"

enum { FEATURE, AVAILABLE, NOTE };

static const struct column columns[] = {
	[FEATURE] = { "FEATURE", COLUMN_TEXT, false, "what" },
	[AVAILABLE] = { "AVAILABLE", COLUMN_BOOL, false, "whether it can be used" },
	[NOTE] = { "NOTE", COLUMN_TEXT, false, "what it means, or why it can not be used" },
};

/* Kernel features and flags: what they mean, and why they may be missing. */
static const struct feature {
	const char *name;
	__u64 feature;
	__u64 flag;
	const char *with;
	const char *without;
} table[] = {
	{ "linked", NSATTACH_FEAT_LINKED, 0, "patched kernel: the module is linked against it",
	  "stock kernel: the module looks its functions up" },
	{ "detach", NSATTACH_FEAT_DETACH, 0, "--detach and --list", "needs a newer module" },
	{ "pid-move", NSATTACH_FEAT_PID_MOVE, 0,
	  "pid moves the process itself, under a number of its own inside",
	  "needs a kernel with the nsattach patches; pid is where later children are born" },
	{ "each", 0, NSATTACH_F_EACH, "--each", "needs a newer module" },
	{ "root", 0, NSATTACH_F_ROOT, "--root", "needs a newer module" },
	{ "chrooted", 0, NSATTACH_F_CHROOTED, "--chrooted", "needs a newer module" },
	{ "wd-optional", 0, NSATTACH_F_WD_OPTIONAL, "the working directory is kept by name",
	  "needs a newer module" },
	{ "creds-translate", 0, NSATTACH_F_CREDS_TRANSLATE, "--creds translate",
	  "needs a newer module" },
	{ "no-record", 0, NSATTACH_F_NO_RECORD, "--no-record", "needs a newer module" },
	{ "check", 0, NSATTACH_F_CHECK, "--dry-run asks the kernel", "needs a newer module" },
	{ "whole-tree", 0, NSATTACH_F_WHOLE_TREE, "--tree leaves no child behind",
	  "needs a newer module; --tree looks again after the move instead" },
	{ "renumber", 0, NSATTACH_F_PID_RENUMBER, "--renumber", "needs pid-move" },
	{ "keep-session", 0, NSATTACH_F_PID_KEEP_SESSION, "--keep-session", "needs pid-move" },
	{ "reparent", 0, NSATTACH_F_PID_REPARENT, "--reparent", "needs pid-move" },
};

static void add(struct output *out, const char *name, bool available, const char *note)
{
	if (output_line(out))
		return;
	output_text(out, FEATURE, name);
	output_text(out, AVAILABLE, available ? "1" : "0");
	output_text(out, NOTE, note);
}

static void add_namespaces(struct output *out, const struct nsattach_query *query)
{
	size_t count;
	const struct nsattach_namespace *ns = nsattach_namespaces(&count);

	for (size_t i = 0; i < count; i++) {
		bool available = query->namespaces & ns[i].flag;

		add(out, ns[i].name, available,
		    available ? "--ns type"
			      : "this kernel is built without it, or the module can not attach it");
	}
}

static void add_features(struct output *out, const struct nsattach_query *query)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct feature *f = &table[i];
		bool available = f->feature ? !!(query->features & f->feature)
					    : !!(query->attach_flags & f->flag);

		add(out, f->name, available, available ? f->with : f->without);
	}
}

int run_features(struct job *job)
{
	struct output *out;
	int code;

	out = output_new(job, "features", columns, sizeof(columns) / sizeof(columns[0]), &code);
	if (!code)
		code = job_open_device(job);
	if (!code)
		code = job_query(job);
	if (code)
		return code;
	add_namespaces(out, &job->query);
	add_features(out, &job->query);
	output_end(out);
	return 0;
}
