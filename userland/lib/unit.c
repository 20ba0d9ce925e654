// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Services of systemd, by their cgroup: its processes, and the first of them
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "names.h"

/* slices nest, and units lie below them; so may what a service delegates */
#define DEPTH_MAX 64

/* The types of systemd.unit(5); a name that ends in none of them is a service's. */
static const char *const suffixes[] = { ".service", ".scope",  ".slice",     ".mount",
					".socket",  ".swap",   ".automount", ".device",
					".path",    ".target", ".timer" };

static int ends_in(const char *name, const char *suffix)
{
	size_t len = strlen(name), end = strlen(suffix);

	return len > end && !strcmp(name + len - end, suffix);
}

/* "php8.2-fpm" is php8.2-fpm.service; 0 when it is too long for a file. */
static int unit_format(char unit[NAME_MAX + 1], const char *id)
{
	const char *type = ".service";

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (ends_in(id, suffixes[i]))
			type = "";
	return snprintf(unit, NAME_MAX + 1, "%s%s", id, type) <= NAME_MAX;
}

static const char *const hierarchies[] = {
	"/sys/fs/cgroup",
	"/sys/fs/cgroup/unified",
	"/sys/fs/cgroup/systemd",
};

/* Of one cgroup. */
static void each_member(const char *dir, member_fn *fn, void *data)
{
	char path[PATH_MAX];
	int pid;
	FILE *f;

	path_format(path, "%s/cgroup.procs", dir);
	f = fopen(path, "re");
	while (f && fscanf(f, "%d", &pid) == 1)
		if (pid > 0)
			fn(pid, path, data);
	if (f)
		fclose(f);
}

/* A service may have delegated cgroups below its own. */
static void each_member_below(const char *dir, int depth, member_fn *fn, void *data)
{
	struct dirent *entry;
	char path[PATH_MAX];
	DIR *d;

	each_member(dir, fn, data);
	if (!depth)
		return;
	d = opendir(dir);
	while (d && (entry = readdir(d))) {
		if (entry->d_type != DT_DIR || is_dots(entry->d_name))
			continue;
		if (!path_format(path, "%s/%s", dir, entry->d_name))
			continue;
		each_member_below(path, depth - 1, fn, data);
	}
	if (d)
		closedir(d);
}

/*
 * Number of cgroups called @unit below @dir; the last one's path goes to @found. What
 * lies below a service or scope is the realm of another manager, a user's or a
 * container's, whose units may have the same names: only slices are gone into.
 */
static int search_cgroup(const char *dir, const char *unit, char found[PATH_MAX], int depth)
{
	struct dirent *entry;
	char path[PATH_MAX];
	int hits = 0;
	DIR *d = depth ? opendir(dir) : NULL;

	while (d && (entry = readdir(d))) {
		if (entry->d_type != DT_DIR || is_dots(entry->d_name))
			continue;
		if (!path_format(path, "%s/%s", dir, entry->d_name))
			continue;
		if (!strcmp(entry->d_name, unit)) {
			memcpy(found, path, sizeof(path));
			hits++;
		} else if (ends_in(entry->d_name, ".slice")) {
			hits += search_cgroup(path, unit, found, depth - 1);
		}
	}
	if (d)
		closedir(d);
	return hits;
}

int unit_members(const struct places *places, const char *id, char dir[PATH_MAX], member_fn *fn,
		 void *data)
{
	char unit[NAME_MAX + 1], top[PATH_MAX];

	if (!unit_format(unit, id))
		return -ENOENT;
	for (size_t i = 0; i < ARRAY_SIZE(hierarchies); i++) {
		int hits;

		path_format(top, "%s%s", places->root, hierarchies[i]);
		hits = search_cgroup(top, unit, dir, DEPTH_MAX);
		if (hits > 1)
			return -ENOTUNIQ;
		if (!hits)
			continue;
		each_member_below(dir, DEPTH_MAX, fn, data);
		return 0;
	}
	return -ENOENT;
}

static void take_oldest(pid_t pid, const char *file, void *data)
{
	struct record *record = data;
	unsigned long long start;

	if (nsattach_start_time(pid, &start) || (record->pid && record->start <= start))
		return;
	record->pid = pid;
	record->start = start;
	path_format(record->path, "%s", file);
}

int find_unit(const struct places *places, const char *id, struct record *record)
{
	char dir[PATH_MAX];
	int err;

	*record = (struct record){ 0 };
	err = unit_members(places, id, dir, take_oldest, record);
	return err ? err : record->pid ? 0 : -ESRCH;
}
