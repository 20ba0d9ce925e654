// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A root directory with the state of container runtimes in it
 */
#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "staged.h"
#include "tap.h"

char root[64];
struct places places;
struct nsattach_name name;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void drop_root(void)
{
	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A fresh, empty world. */
void begin(void)
{
	if (*root)
		drop_root();
	else
		atexit(drop_root);
	strcpy(root, "/tmp/nsattach-names-XXXXXX");
	if (!mkdtemp(root))
		abort();
	places = (struct places){ .root = root };
}

unsigned long long start_of(pid_t pid)
{
	unsigned long long ticks = 0;

	nsattach_start_time(pid, &ticks);
	return ticks;
}

unsigned long long my_start(void)
{
	return start_of(getpid());
}

static void make_parents(char *path)
{
	for (char *p = path + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(path, 0755);
		*p = '/';
	}
}

void put(const char *where, const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	FILE *f;

	path_format(path, "%s%s", root, where);
	make_parents(path);
	f = fopen(path, "w");
	if (!f)
		abort();
	va_start(args, format);
	vfprintf(f, format, args);
	va_end(args);
	fclose(f);
}

void put_runc(const char *where, pid_t pid, unsigned long long start)
{
	put(where, "{\"id\":\"x\",\"init_process_pid\":%d,\"init_process_start\":%llu}", pid,
	    start);
}

void put_config(const char *data, const char *id, const char *called, pid_t pid)
{
	char where[256];

	snprintf(where, sizeof(where), "%s/containers/%s/config.v2.json", data, id);
	put(where, "{\"ID\":\"%s\",\"Name\":\"/%s\",\"State\":{\"Running\":%s,\"Pid\":%d}}", id,
	    called, pid ? "true" : "false", pid);
}

/* What runc below Docker keeps while a container runs. */
void put_below(const char *run, const char *id, pid_t pid)
{
	char where[256];

	snprintf(where, sizeof(where), "%s/docker/runtime-runc/moby/%s/state.json", run, id);
	put_runc(where, pid, start_of(pid));
}

void put_docker(const char *id, const char *called, pid_t pid)
{
	put_config("/var/lib/docker", id, called, pid);
	if (pid)
		put_below("/run", id, pid);
}

int resolve(const char *text)
{
	int err = name_resolve_in(&places, text, &name);

	if (name.pidfd >= 0)
		close(name.pidfd);
	if (name.nsfd >= 0)
		close(name.nsfd);
	return err;
}

void resolves_to_me(const char *text)
{
	CHECK_INT(resolve(text), 0);
	CHECK_INT(name.pid, getpid());
	CHECK(name.pidfd >= 0);
}

void fails(const char *text, int err, const char *part)
{
	CHECK_INT(resolve(text), err);
	CHECK_HAS(name.hint, part);
}
