/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The arguments of the command, as a struct
 */
#ifndef NSATTACH_OPTIONS_H
#define NSATTACH_OPTIONS_H

#include <stdbool.h>
#include <libnsattach.h>

#define ERROR_MAX 512

enum verb {
	VERB_ATTACH = 0,
	VERB_DETACH,
	VERB_LIST,
	VERB_FEATURES,
	VERB_HELP,
	VERB_VERSION,
};

/**
 * struct ns_choice - what --ns and the letters named
 * @mask:	types to take from the target
 * @all:	"all" was said
 * @nr_paths:	types that come from a path of their own
 * @paths:	which and where; the path is not NUL-terminated
 */
struct ns_choice {
	__u64 mask;
	bool all;
	unsigned int nr_paths;
	struct ns_path {
		__u64 flag;
		const char *path;
		size_t len;
	} paths[NSATTACH_MAX_NSFDS];
};

/**
 * struct options - what the command was told; pointers go into argv
 * @given:	a bit for each entry of the table of options that was named
 */
struct options {
	enum verb verb;
	__u64 given;
	const char **pids;
	unsigned int nr_pids;
	const char *target;
	struct ns_choice ns;
	__u64 timeout_ns;
	__u32 flags;
	const char *wd;
	const char *columns;
	const char *cgroup;
	bool json;
	bool verbose;
	bool dry_run;
	bool strict;
	bool tree;
	bool join_cgroup;
	bool keep_cgroup;
	bool quarantine;
};

/* 0, or -EINVAL with a sentence in @error. Needs options_free() either way. */
int options_parse(struct options *o, int argc, char **argv, char error[ERROR_MAX]);
void options_free(struct options *o);

/* One list as given to --ns; adds to @choice. 0 or -EINVAL with a sentence. */
int ns_choice_parse(struct ns_choice *choice, const char *list, char error[ERROR_MAX]);

/* No type may come both from the target and from a path. */
int ns_choice_check(const struct ns_choice *choice, char error[ERROR_MAX]);

/* "1.5" seconds as nanoseconds; 0 or -EINVAL with a sentence. */
int timeout_parse(const char *text, __u64 *ns, char error[ERROR_MAX]);

/* The text of --help. */
void options_help(void);

#endif /* NSATTACH_OPTIONS_H */
