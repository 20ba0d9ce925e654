// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What is inside: the identities of the namespaces joined, and the mounts in there
 *
 * A mount belongs to one mount namespace, so an open file whose mount is not in the
 * list of the new one reaches out of it.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/sched.h>

#include "residue.h"

static int compare_ids(const void *a, const void *b)
{
	const unsigned long long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int add_mount(struct inside *in, unsigned long long id, size_t *room)
{
	void *more;

	if (in->nr_mounts == *room) {
		*room = *room ? 2 * *room : 64;
		more = reallocarray(in->mounts, *room, sizeof(*in->mounts));
		if (!more)
			return -ENOMEM;
		in->mounts = more;
	}
	in->mounts[in->nr_mounts++] = id;
	return 0;
}

static int read_mounts(struct inside *in, pid_t pid)
{
	char path[64], *line = NULL;
	size_t room = 0, size = 0;
	int err = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (!err && getline(&line, &size, f) > 0)
		err = add_mount(in, strtoull(line, NULL, 10), &room);
	free(line);
	fclose(f);
	if (in->nr_mounts)
		qsort(in->mounts, in->nr_mounts, sizeof(*in->mounts), compare_ids);
	return err;
}

/* Any process in the mount namespace with this inode, or 0. */
static pid_t find_in_mount_namespace(ino_t ino)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	char path[300];
	struct stat st;
	pid_t pid = 0;

	while (dir && !pid && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%s/ns/mnt", entry->d_name);
		if (atoi(entry->d_name) > 0 && !stat(path, &st) && st.st_ino == ino)
			pid = atoi(entry->d_name);
	}
	if (dir)
		closedir(dir);
	return pid;
}

static ino_t identity(const struct nsattach_request *r, const struct nsattach_namespace *ns)
{
	int fd = nsattach_request_nsfd(r, ns->flag);
	char path[64];
	struct stat st;

	if (fd >= 0)
		return fstat(fd, &st) ? 0 : st.st_ino;
	if (!r->target)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", r->target, ns->file);
	return stat(path, &st) ? 0 : st.st_ino;
}

EXPORT int nsattach_request_has_inside(const struct nsattach_request *r, pid_t pid)
{
	__u64 wanted = nsattach_request_namespaces(r);
	size_t count;
	const struct nsattach_namespace *ns = nsattach_namespaces(&count);

	pid = live_task(pid);
	for (size_t i = 0; i < count; i++) {
		char path[64];
		struct stat st;
		ino_t ino;

		if (!(wanted & ns[i].flag))
			continue;
		ino = identity(r, &ns[i]);
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, ns[i].own_file);
		if (!ino || stat(path, &st) || st.st_ino != ino)
			return 0;
	}
	return wanted != 0;
}

int inside_of(const struct nsattach_request *r, struct inside *in)
{
	size_t count;
	const struct nsattach_namespace *ns = nsattach_namespaces(&count);
	pid_t pid;

	*in = (struct inside){ .namespaces = nsattach_request_namespaces(r) };
	for (size_t i = 0; i < count; i++)
		if (in->namespaces & ns[i].flag)
			in->ns_ino[i] = identity(r, &ns[i]);
	if (!(in->namespaces & CLONE_NEWNS))
		return 0;
	pid = nsattach_request_nsfd(r, CLONE_NEWNS) >= 0
		      ? find_in_mount_namespace(inside_namespace(in, CLONE_NEWNS))
		      : r->target;
	/* nobody in there, so nothing that is open can be of it */
	return pid ? read_mounts(in, pid) : 0;
}

void inside_free(struct inside *in)
{
	free(in->mounts);
	in->mounts = NULL;
}

int inside_has_mount(const struct inside *in, unsigned long long id)
{
	return in->nr_mounts &&
	       bsearch(&id, in->mounts, in->nr_mounts, sizeof(id), compare_ids) != NULL;
}

ino_t inside_namespace(const struct inside *in, __u64 flag)
{
	size_t count;
	const struct nsattach_namespace *ns = nsattach_namespaces(&count);

	for (size_t i = 0; i < count; i++)
		if (ns[i].flag == flag)
			return in->ns_ino[i];
	return 0;
}
