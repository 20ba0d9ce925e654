// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Residue: program, mapped files, shared memory, directories
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/sched.h>

#include "residue.h"

static int read_link(const char *path, char *link, size_t size)
{
	ssize_t n = readlink(path, link, size - 1);

	link[n < 0 ? 0 : n] = '\0';
	return n < 0 ? -errno : 0;
}

static int scan_link(struct scan *s, enum nsattach_residue_kind kind, const char *path)
{
	struct place_of place;
	char link[PATH_MAX];

	if (!place_of_link(path, &place) && inside_has_mount(&s->inside, place.mount))
		return 0;
	if (read_link(path, link, sizeof(link)))
		return 0;
	return residue_found(s, kind, CLONE_NEWNS, -1, 0, "%s", link);
}

int residue_exe(struct scan *s)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/exe", s->task);
	return scan_link(s, NSATTACH_RESIDUE_EXE, path);
}

int residue_directories(struct scan *s)
{
	char path[64];
	int ret;

	snprintf(path, sizeof(path), "/proc/%d/cwd", s->task);
	ret = scan_link(s, NSATTACH_RESIDUE_CWD, path);
	if (ret)
		return ret;
	snprintf(path, sizeof(path), "/proc/%d/root", s->task);
	return scan_link(s, NSATTACH_RESIDUE_ROOT, path);
}

/**
 * struct map - one line of maps
 * @start:	first address
 * @end:	the one behind it
 * @file:	what is mapped, or ""
 */
struct map {
	unsigned long start;
	unsigned long end;
	unsigned int major;
	unsigned int minor;
	unsigned long inode;
	char file[256];
};

static int parse_map(const char *line, struct map *map)
{
	*map->file = '\0';
	return sscanf(line, "%lx-%lx %*s %*s %x:%x %lu %255[^\n]", &map->start, &map->end,
		      &map->major, &map->minor, &map->inode, map->file) >= 5;
}

static int same_file(const struct map *a, const struct map *b)
{
	return a->inode == b->inode && a->major == b->major && a->minor == b->minor;
}

static int scan_shm(struct scan *s, const struct map *map)
{
	if (!(s->inside.namespaces & CLONE_NEWIPC))
		return 0;
	/* the inode of a segment is its id */
	return residue_found(s, NSATTACH_RESIDUE_SHM, CLONE_NEWIPC, -1, 0, "segment %lu",
			     map->inode);
}

static int scan_map(struct scan *s, const struct map *map)
{
	struct place_of place;
	char path[128];

	if (is_of_the_kernel(s->kernel, map->file, map->major, map->minor))
		return starts_with(map->file, "/SYSV") ? scan_shm(s, map) : 0;
	if (!(s->inside.namespaces & CLONE_NEWNS) || *map->file != '/')
		return 0;
	/* without the leading zeroes that maps has */
	snprintf(path, sizeof(path), "/proc/%d/map_files/%lx-%lx", s->task, map->start, map->end);
	/* without the right to look it is taken for what it most likely is */
	if (!place_of_link(path, &place) && inside_has_mount(&s->inside, place.mount))
		return 0;
	return residue_found(s, NSATTACH_RESIDUE_MAP, CLONE_NEWNS, -1, 0, "%s", map->file);
}

/* The parts of one file follow each other: each file is told once. */
int residue_maps(struct scan *s)
{
	struct map map, last = { .inode = 0 };
	char path[64], *line = NULL;
	size_t size = 0;
	int ret = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", s->task);
	f = fopen(path, "re");
	if (!f)
		return errno == ENOENT ? -ESRCH : -errno;
	while (!ret && getline(&line, &size, f) > 0) {
		/* segment 0 is a SysV id like any other */
		if (!parse_map(line, &map) || !*map.file || *map.file == '[')
			continue;
		if (same_file(&map, &last) && !strcmp(map.file, last.file))
			continue;
		ret = scan_map(s, &map);
		last = map;
	}
	free(line);
	fclose(f);
	return ret;
}
