// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "freezer.h"
#include "place.h"
#include "shared.h"

static const char v1_dir[] = "/tmp/freezer-v1";

/* Where version 1 is mounted, or NULL. */
static const char *v1_mount(void)
{
	mkdir(v1_dir, 0755);
	if (!mount("freezer", v1_dir, "cgroup", 0, "freezer") || errno == EBUSY)
		return v1_dir;
	return NULL;
}

bool freezer_has_v1(void)
{
	return v1_mount();
}

/* A file of the cgroup. */
static const char *file(const struct freezer *f, const char *name)
{
	static char path[400];

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	return path;
}

const char *freezer_make(struct freezer *f, int version, pid_t pid)
{
	const char *parent = version == 1 ? v1_mount() : cgroup2_dir();
	char text[16];

	if (!parent)
		return "mount of the freezer";
	f->version = version;
	snprintf(f->dir, sizeof(f->dir), "%s/frozen-%d", parent, pid);
	if (mkdir(f->dir, 0755))
		return "mkdir of a cgroup";
	snprintf(text, sizeof(text), "%d", pid);
	return write_file(file(f, "cgroup.procs"), text) ? NULL : "cgroup.procs";
}

bool freezer_ask(const struct freezer *f, bool freeze)
{
	if (f->version == 1)
		return write_file(file(f, "freezer.state"), freeze ? "FROZEN" : "THAWED");
	return write_file(file(f, "cgroup.freeze"), freeze ? "1" : "0");
}

bool freezer_frozen(const struct freezer *f)
{
	char text[256];

	if (f->version == 1)
		return !strcmp(read_at(AT_FDCWD, file(f, "freezer.state"), text, sizeof(text)),
			       "FROZEN\n");
	return strstr(read_at(AT_FDCWD, file(f, "cgroup.events"), text, sizeof(text)),
		      "frozen 1");
}

int freezer_end(struct freezer *f)
{
	if (!*f->dir)
		return 0;
	if (rmdir(f->dir))
		return errno;
	*f->dir = 0;
	return 0;
}
