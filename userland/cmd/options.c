// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading the arguments: one table, one walk
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/sched.h>

#include "options.h"
#include "table.h"
#include "../lib/internal.h"

static int fail(char error[ERROR_MAX], const char *format, ...) PRINTF(2, 3);
static int fail(char error[ERROR_MAX], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, ERROR_MAX, format, args);
	va_end(args);
	return -EINVAL;
}

int timeout_parse(const char *text, __u64 *ns, char error[ERROR_MAX])
{
	char *end;
	double seconds;

	seconds = strtod(text, &end);
	/* it would take "inf", "0x1" and " 1" too */
	if (end == text || *end || text[strspn(text, "0123456789.")])
		return fail(error,
			    "'%s' is no number of seconds; give --timeout 10 or --timeout 0.5",
			    text);
	if (seconds <= 0)
		return fail(error, "the timeout must be more than 0 seconds, not '%s'", text);
	if (seconds * 1e9 > (double)NSATTACH_TIMEOUT_MAX_NS)
		return fail(error, "the longest timeout is %llu seconds, not '%s'",
			    NSATTACH_TIMEOUT_MAX_NS / 1000000000, text);
	*ns = (__u64)(seconds * 1e9);
	/* 0 would mean the default */
	*ns += !*ns;
	return 0;
}

static int once(const char **place, const char *value, const char *option, char error[ERROR_MAX])
{
	if (*place)
		return fail(error, "--%s was given twice: '%s' and '%s'", option, *place, value);
	*place = value;
	return 0;
}

static int apply_text(struct options *o, const struct option *option, const char *value,
		      char error[ERROR_MAX])
{
	const char **place = (const char **)((char *)o + option->offset);

	if (!*value)
		return fail(error, "--%s needs a value", option->name);
	return once(place, value, option->name, error);
}

/* --help is more urgent than any other. */
static int apply_verb(struct options *o, const struct option *option, char error[ERROR_MAX])
{
	if (o->verb == VERB_HELP)
		return 0;
	if (option->value != VERB_HELP && o->verb && o->verb != (enum verb)option->value)
		return fail(error, "--%s does not go with another action", option->name);
	o->verb = option->value;
	return 0;
}

static int apply(struct options *o, const struct option *option, const char *value,
		 char error[ERROR_MAX])
{
	__u64 bit = 1ULL << (option - option_table);

	if (o->given & bit && (option->kind == OPTION_TIMEOUT || option->kind == OPTION_CREDS))
		return fail(error, "--%s was given twice", option->name);
	o->given |= bit;
	switch (option->kind) {
	case OPTION_VERB:
		return apply_verb(o, option, error);
	case OPTION_PID:
		o->pids[o->nr_pids++] = value;
		return 0;
	case OPTION_NS:
		return ns_choice_parse(&o->ns, value, error);
	case OPTION_NS_LETTER:
		o->ns.mask |= (__u32)option->value;
		return 0;
	case OPTION_NS_ALL:
		o->ns.all = true;
		return 0;
	case OPTION_TIMEOUT:
		return timeout_parse(value, &o->timeout_ns, error);
	case OPTION_CREDS:
		if (!strcmp(value, "translate"))
			o->flags |= NSATTACH_F_CREDS_TRANSLATE;
		else if (strcmp(value, "keep"))
			return fail(error, "--creds takes keep or translate, not '%s'", value);
		return 0;
	case OPTION_FLAG:
		o->flags |= option->value;
		return 0;
	case OPTION_BOOL:
		*(bool *)((char *)o + option->offset) = true;
		return 0;
	case OPTION_TEXT:
		return apply_text(o, option, value, error);
	}
	return 0;
}

static const struct option *find_long(const char *name, size_t len)
{
	for (const struct option *p = option_table; p->help; p++)
		if (p->name && strlen(p->name) == len && !memcmp(p->name, name, len))
			return p;
	return NULL;
}

static const struct option *find_letter(char letter)
{
	for (const struct option *p = option_table; p->help; p++)
		if (p->letter == letter)
			return p;
	return NULL;
}

static int unknown_long(const char *name, size_t len, char error[ERROR_MAX])
{
	const char *nearest = NULL;
	unsigned int best = 3;

	for (const struct option *p = option_table; p->help; p++) {
		unsigned int distance;

		if (!p->name)
			continue;
		distance = word_distance(p->name, strlen(p->name), name, len);
		if (distance < best) {
			best = distance;
			nearest = p->name;
		}
	}
	if (nearest)
		return fail(error, "there is no option --%.*s; did you mean --%s?", (int)len, name,
			    nearest);
	return fail(error, "there is no option --%.*s; see nsattach --help", (int)len, name);
}

/**
 * struct walk - where in argv the parser is
 * @only_operands:	"--" was before
 */
struct walk {
	int argc;
	char **argv;
	int at;
	bool only_operands;
	char *error;
};

/* The value of an option: what is attached to it, else the next argument. */
static int take_value(struct walk *w, const struct option *option, const char *attached,
		      const char **value)
{
	*value = attached;
	if (!option->arg) {
		if (attached)
			return fail(w->error, "--%s takes no value", option->name);
		return 0;
	}
	if (attached)
		return 0;
	if (w->at + 1 >= w->argc)
		return fail(w->error, "--%s needs a value: %s", option->name, option->arg);
	*value = w->argv[++w->at];
	return 0;
}

static int walk_long(struct options *o, struct walk *w)
{
	const char *name = w->argv[w->at] + 2;
	const char *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct option *option = find_long(name, len);
	const char *value;
	int err;

	if (!option)
		return unknown_long(name, len, w->error);
	err = take_value(w, option, equals ? equals + 1 : NULL, &value);
	return err ? err : apply(o, option, value, w->error);
}

/* "-vt1234": letters, up to one that takes the rest as its value. */
static int walk_letters(struct options *o, struct walk *w)
{
	for (const char *p = w->argv[w->at] + 1; *p; p++) {
		const struct option *option = find_letter(*p);
		const char *value;
		int err;

		if (!option)
			return fail(w->error, "there is no option -%c; see nsattach --help", *p);
		err = take_value(w, option, option->arg && p[1] ? p + 1 : NULL, &value);
		if (!err)
			err = apply(o, option, value, w->error);
		if (err || option->arg)
			return err;
	}
	return 0;
}

/* Up to its end, or behind the first mistake. */
static int walk_on(struct options *o, struct walk *w)
{
	int err = 0;

	for (; w->at < w->argc && !err; w->at++) {
		const char *word = w->argv[w->at];

		if (w->only_operands || word[0] != '-' || !word[1])
			err = apply(o, find_long("pid", 3), word, w->error);
		else if (!strcmp(word, "--"))
			w->only_operands = true;
		else if (word[1] == '-')
			err = walk_long(o, w);
		else
			err = walk_letters(o, w);
	}
	return err;
}

/* The first mistake is the one to tell; but whoever asks for JSON behind it gets JSON. */
static int walk_all(struct options *o, int argc, char **argv, char error[ERROR_MAX])
{
	struct walk w = { .argc = argc, .argv = argv, .at = 1, .error = error };
	char ignored[ERROR_MAX];
	int err = walk_on(o, &w);

	w.error = ignored;
	while (w.at < argc)
		walk_on(o, &w);
	return err;
}

/* Does what is to be joined include, or may it include, this type? */
static bool names_type(const struct options *o, __u64 type)
{
	bool netns = o->quarantine || (o->target && !strncmp(o->target, "netns:", 6));
	bool in_all = o->ns.all && !netns && !(type & ((__u64)CLONE_NEWUSER | CLONE_NEWTIME));

	for (unsigned int i = 0; i < o->ns.nr_paths; i++)
		if (o->ns.paths[i].flag == type)
			return true;
	return in_all || (o->ns.mask & type) || (netns && type == CLONE_NEWNET);
}

/* An option that would change nothing is no wish that can be met. */
static int check_about(const struct options *o, char error[ERROR_MAX])
{
	for (const struct option *p = option_table; p->help; p++) {
		const char *type;

		if (!p->about || !(o->given >> (p - option_table) & 1) || names_type(o, p->about))
			continue;
		type = nsattach_namespace_by_flag(p->about)->name;
		return fail(error, "--%s is about %s: add %s to --ns", p->name, type, type);
	}
	return 0;
}

static const char *name_of_verb(enum verb verb)
{
	const struct option *p = option_table;

	while (p->help && (p->kind != OPTION_VERB || p->value != verb))
		p++;
	return p->name;
}

static int fail_verb(const struct options *o, const struct option *wrong, char error[ERROR_MAX])
{
	char names[ERROR_MAX / 2] = "";
	size_t used = 0;

	for (const struct option *p = option_table; p->help; p++)
		if (p->name && p->kind != OPTION_VERB && p->verbs & (1U << o->verb))
			used += snprintf(names + used, sizeof(names) - used, "%s--%s",
					 used ? ", " : "", p->name);
	return fail(error, "--%s takes %s%s, not %s%.*s", name_of_verb(o->verb),
		    used ? "only " : "nothing else", names, wrong->name ? "--" : "-",
		    wrong->name ? (int)strlen(wrong->name) : 1, wrong->name ?: &wrong->letter);
}

/* What the action has no use for is refused, not ignored. */
static int check_verb(const struct options *o, char error[ERROR_MAX])
{
	for (const struct option *p = option_table; p->help; p++)
		if (o->given >> (p - option_table) & 1 && !(p->verbs & (1U << o->verb)))
			return fail_verb(o, p, error);
	return 0;
}

static bool names_namespaces(const struct options *o)
{
	return o->ns.mask || o->ns.all || o->ns.nr_paths;
}

/* What comes from a path does not come from the target. */
static int check_paths(const struct options *o, bool netns, char error[ERROR_MAX])
{
	if (o->target && !netns && !o->ns.mask && !o->ns.all && !o->join_cgroup)
		return fail(
			error,
			"--target is of no use when all of --ns has paths: leave it out, or name a type without one");
	for (unsigned int i = 0; o->flags & NSATTACH_F_ROOT && i < o->ns.nr_paths; i++)
		if (o->ns.paths[i].flag == CLONE_NEWNS)
			return fail(
				error,
				"--root is that of the target, whose mnt must be joined too: name mnt without a path");
	return ns_choice_check(&o->ns, error);
}

static int check_attach(const struct options *o, char error[ERROR_MAX])
{
	bool netns = o->target && !strncmp(o->target, "netns:", 6);

	if (o->quarantine) {
		if (o->target || names_namespaces(o))
			return fail(
				error,
				"--quarantine makes its own empty network: it does not go with --target or --ns");
	} else if (!names_namespaces(o) && !netns) {
		return fail(error,
			    "which namespaces? give --ns, for example --ns net,mnt or --ns all");
	} else if (!o->target && (o->ns.mask || o->ns.all)) {
		return fail(error, "where to? give --target with a process that runs inside");
	}
	if (o->strict && (o->flags & NSATTACH_F_EACH))
		return fail(error, "--strict is about all processes: it does not go with --each");
	if (o->keep_cgroup)
		return fail(error, "--keep-cgroup is for --detach: an attach joins none by itself");
	if (o->join_cgroup && !o->target)
		return fail(error, "--join-cgroup takes the cgroup of the target: give --target");
	if (o->join_cgroup && netns)
		return fail(
			error,
			"--join-cgroup takes the cgroup of the target, and a network namespace has none: give a process as --target");
	if (o->cgroup &&
	    (o->flags & (NSATTACH_F_NO_RECORD | NSATTACH_F_EACH)) == NSATTACH_F_NO_RECORD)
		return fail(
			error,
			"--no-record leaves no way back when a process of a cgroup appears that can not be moved: give --each, or leave it out");
	if (check_about(o, error))
		return -EINVAL;
	return check_paths(o, netns, error);
}

static int check_detach(const struct options *o, char error[ERROR_MAX])
{
	if (o->target || names_namespaces(o))
		return fail(
			error,
			"--detach puts all back where it came from: it takes no --target and no --ns");
	return check_verb(o, error);
}

/* What must come together and what must not. */
static int check(const struct options *o, char error[ERROR_MAX])
{
	bool moves = o->verb == VERB_ATTACH || o->verb == VERB_DETACH;

	if (!moves)
		return o->verb == VERB_HELP ? 0 : check_verb(o, error);
	if (!o->nr_pids && !o->cgroup)
		return fail(error,
			    "which process? give --pid with its number, see nsattach --help");
	return o->verb == VERB_DETACH ? check_detach(o, error) : check_attach(o, error);
}

int options_parse(struct options *o, int argc, char **argv, char error[ERROR_MAX])
{
	int err;

	*o = (struct options){ .verb = VERB_ATTACH };
	o->pids = calloc(argc + 1, sizeof(*o->pids));
	if (!o->pids)
		return fail(error, "out of memory");
	err = walk_all(o, argc, argv, error);
	return err ? err : check(o, error);
}

void options_free(struct options *o)
{
	free(o->pids);
	o->pids = NULL;
}
