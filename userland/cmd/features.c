// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Features: what this kernel and module can do, and why not where they can't
 */
#include <stddef.h>
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
	{ "join-cgroup", 0, NSATTACH_F_CGROUP, "--join-cgroup, and --detach out of it",
	  "needs a newer module" },
	{ "renumber", 0, NSATTACH_F_PID_RENUMBER, "--renumber", "needs pid-move" },
	{ "keep-session", 0, NSATTACH_F_PID_KEEP_SESSION, "--keep-session", "needs pid-move" },
	{ "reparent", 0, NSATTACH_F_PID_REPARENT, "--reparent", "needs pid-move" },
};

/* What a kernel is built with to have a type; mnt is in each. */
static const struct config {
	__u64 flag;
	const char *without;
} configs[] = {
	{ CLONE_NEWUSER, "this kernel is built without CONFIG_USER_NS" },
	{ CLONE_NEWUTS, "this kernel is built without CONFIG_UTS_NS" },
	{ CLONE_NEWIPC, "this kernel is built without CONFIG_IPC_NS" },
	{ CLONE_NEWNET, "this kernel is built without CONFIG_NET_NS" },
	{ CLONE_NEWPID, "this kernel is built without CONFIG_PID_NS" },
	{ CLONE_NEWCGROUP, "this kernel is built without CONFIG_CGROUPS" },
	{ CLONE_NEWTIME, "this kernel is built without CONFIG_TIME_NS" },
};

static const char *without(__u64 flag)
{
	for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++)
		if (configs[i].flag == flag)
			return configs[i].without;
	return "needs a newer module";
}

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

		add(out, ns[i].name, available, available ? "--ns type" : without(ns[i].flag));
	}
}

static void add_features(struct output *out, const struct nsattach_query *query)
{
	bool wds = query->attach_size > offsetof(struct nsattach_attach, wds);

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct feature *f = &table[i];
		bool available = f->feature ? !!(query->features & f->feature)
					    : !!(query->attach_flags & f->flag);

		add(out, f->name, available, available ? f->with : f->without);
	}
	add(out, "wd-of-each", wds,
	    wds ? "of several processes each keeps its working directory"
		: "needs a newer module; several processes get / without --each");
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
