/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of targets and subjects
 */
#ifndef NSATTACH_NAMES_H
#define NSATTACH_NAMES_H

#include <limits.h>
#include "internal.h"

/**
 * struct places - where the runtimes keep their state
 * @root:	put before every absolute path ("" outside of tests)
 * @runtime:	$XDG_RUNTIME_DIR, or NULL
 * @home:	$HOME, or NULL
 * @everyone:	look at the rootless state of all users, not only the caller's
 */
struct places {
	const char *root;
	const char *runtime;
	const char *home;
	int everyone;
};

/**
 * struct record - what a runtime's state says of one container
 * @pid:	its first process
 * @start:	when that started, in clock ticks since boot; 0: not recorded
 * @path:	the file it was read from
 */
struct record {
	pid_t pid;
	unsigned long long start;
	char path[PATH_MAX];
};

/*
 * A finder looks for @id and writes the only record of it. Errors as
 * nsattach_name_resolve().
 */
typedef int find_fn(const struct places *places, const char *id, struct record *record);

find_fn find_runc, find_crun, find_docker, find_podman, find_container, find_unit;

/*
 * unit.c: call @fn for each process of the unit @id, with the list that has it; the path of
 * its cgroup goes to @dir. 0, -ENOENT, or -ENOTUNIQ.
 */
typedef void member_fn(pid_t pid, const char *file, void *data);

int unit_members(const struct places *places, const char *id, char dir[PATH_MAX], member_fn *fn,
		 void *data);

/* nsattach_name_resolve() with the places given; @result is initialized by it. */
int name_resolve_in(const struct places *places, const char *name, struct nsattach_name *result);

/* A whole positive number into @pid; 0 or -EINVAL with a hint. */
int number_parse(const char *text, pid_t *pid, char *hint, size_t size);

/* An id must be one path component. */
int id_is_plain(const char *id);

#endif /* NSATTACH_NAMES_H */
