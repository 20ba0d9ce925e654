// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The types of namespaces: names, bits, files
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/nsfs.h>
#include <linux/sched.h>

#include "internal.h"

static const struct nsattach_namespace namespaces[] = {
	{ "user", CLONE_NEWUSER, "user", "user" },
	{ "mnt", CLONE_NEWNS, "mnt", "mnt" },
	{ "uts", CLONE_NEWUTS, "uts", "uts" },
	{ "ipc", CLONE_NEWIPC, "ipc", "ipc" },
	{ "net", CLONE_NEWNET, "net", "net" },
	{ "pid", CLONE_NEWPID, "pid", "pid_for_children" },
	{ "cgroup", CLONE_NEWCGROUP, "cgroup", "cgroup" },
	{ "time", CLONE_NEWTIME, "time", "time_for_children" },
};

EXPORT const struct nsattach_namespace *nsattach_namespaces(size_t *count)
{
	if (count)
		*count = ARRAY_SIZE(namespaces);
	return namespaces;
}

EXPORT const struct nsattach_namespace *nsattach_namespace_by_name(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		const char *known = namespaces[i].name;

		if (strlen(known) == len && !memcmp(known, name, len))
			return &namespaces[i];
	}
	return NULL;
}

EXPORT const struct nsattach_namespace *nsattach_namespace_by_flag(__u64 flag)
{
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++)
		if (namespaces[i].flag == flag)
			return &namespaces[i];
	return NULL;
}

EXPORT const struct nsattach_namespace *nsattach_namespace_nearest(const char *name, size_t len)
{
	const struct nsattach_namespace *best = NULL;
	unsigned int best_distance = 3;

	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		const char *known = namespaces[i].name;
		size_t prefix = strlen(known);
		unsigned int distance;

		/* "network", "users": more was said than needed */
		if (len > prefix && !strncmp(known, name, prefix))
			return &namespaces[i];
		distance = word_distance(known, prefix, name, len);
		if (distance < best_distance) {
			best_distance = distance;
			best = &namespaces[i];
		}
	}
	return best;
}

EXPORT int nsattach_namespaces_format(__u64 mask, char *buf, size_t size)
{
	size_t used = 0;

	if (size)
		*buf = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		if (!(mask & namespaces[i].flag))
			continue;
		used += snprintf(used < size ? buf + used : NULL, used < size ? size - used : 0,
				 "%s%s", used ? "," : "", namespaces[i].name);
	}
	return used;
}

static int stat_namespace(pid_t pid, const char *file, struct stat *st)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, file);
	return stat(path, st);
}

EXPORT __u64 nsattach_namespaces_shared(pid_t pid, pid_t target)
{
	__u64 shared = 0;
	struct stat a, b;

	pid = live_task(pid);
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		if (stat_namespace(pid, namespaces[i].own_file, &a) ||
		    stat_namespace(target, namespaces[i].file, &b))
			continue;
		if (a.st_dev == b.st_dev && a.st_ino == b.st_ino)
			shared |= namespaces[i].flag;
	}
	return shared;
}

EXPORT int nsattach_namespace_open(const char *path, __u64 flag, __u64 *type)
{
	/* a fifo or a terminal must not hold us or become ours */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int found;

	if (fd < 0)
		return -errno;
	found = ioctl(fd, NS_GET_NSTYPE);
	if (found < 0) {
		close(fd);
		return -ENOTTY;
	}
	if (type)
		*type = (__u32)found;
	if (flag && flag != (__u32)found) {
		close(fd);
		return -EMEDIUMTYPE;
	}
	return fd;
}
