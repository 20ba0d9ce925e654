// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Services of systemd, by their cgroup: its first process
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "names.h"

/* slices nest, and units lie below them */
#define DEPTH_MAX 8

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

/* The oldest process of one cgroup.procs. */
static int first_process(const char *dir, struct record *record)
{
	unsigned long long start;
	char path[PATH_MAX];
	int pid;
	FILE *f;

	path_format(path, "%s/cgroup.procs", dir);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (fscanf(f, "%d", &pid) == 1) {
		if (pid <= 0 || nsattach_start_time(pid, &start))
			continue;
		if (record->pid && record->start <= start)
			continue;
		record->pid = pid;
		record->start = start;
		path_format(record->path, "%s", path);
	}
	fclose(f);
	return 0;
}

/* A service may have delegated cgroups below its own. */
static void first_process_below(const char *dir, struct record *record, int depth)
{
	struct dirent *entry;
	char path[PATH_MAX];
	DIR *d;

	first_process(dir, record);
	if (!depth)
		return;
	d = opendir(dir);
	while (d && (entry = readdir(d))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if (!path_format(path, "%s/%s", dir, entry->d_name))
			continue;
		first_process_below(path, record, depth - 1);
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
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
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

int find_unit(const struct places *places, const char *id, struct record *record)
{
	char unit[NAME_MAX + 1], dir[PATH_MAX], found[PATH_MAX];

	if (!unit_format(unit, id))
		return -ENOENT;
	*record = (struct record){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(hierarchies); i++) {
		int hits;

		path_format(dir, "%s%s", places->root, hierarchies[i]);
		hits = search_cgroup(dir, unit, found, DEPTH_MAX);
		if (hits > 1)
			return -ENOTUNIQ;
		if (!hits)
			continue;
		first_process_below(found, record, DEPTH_MAX);
		return record->pid ? 0 : -ESRCH;
	}
	return -ENOENT;
}
