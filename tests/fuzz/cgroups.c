// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cgroups of a program: "run" for itself and its callers, one for each actor, and some
 * that can be joined. All are below one, so that everybody is found and killed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../shared.h"
#include "world.h"

/* Inner ones after those that they are in. */
static const char *const joined[] = { "j0", "j1", "j1/in", "j2" };
#define JOINED (sizeof(joined) / sizeof(joined[0]))

const char *cgroup_path(const char *name)
{
	static char path[320];

	snprintf(path, sizeof(path), "%s/%s/%s", cgroup2_dir(), FUZZ_CGROUP, name);
	return path;
}

static const char *file_in(const char *cgroup, const char *file)
{
	char name[64];

	snprintf(name, sizeof(name), "%s/%s", cgroup, file);
	return cgroup_path(name);
}

static bool put_into(const char *cgroup, const char *file, pid_t pid)
{
	char text[16];

	mkdir(cgroup_path(cgroup), 0755);
	snprintf(text, sizeof(text), "%d", pid);
	return write_file(file_in(cgroup, file), text);
}

bool cgroup_start(void)
{
	mkdir(cgroup_path(""), 0755);
	write_file(cgroup_path("cgroup.subtree_control"), "+pids +cpu +cpuset");
	return !access(cgroup_path("cgroup.kill"), W_OK);
}

static const char *slot_name(unsigned int slot)
{
	static char name[8];

	snprintf(name, sizeof(name), "%u", slot % SLOTS);
	return name;
}

void cgroup_put(unsigned int slot, pid_t pid)
{
	put_into(slot < SLOTS ? slot_name(slot) : "run", "cgroup.procs", pid);
}

void cgroup_freeze(unsigned int slot, bool yes)
{
	write_file(file_in(slot_name(slot), "cgroup.freeze"), yes ? "1" : "0");
}

/* Another thread than the first one, or 0. */
static pid_t other_thread(pid_t pid)
{
	char path[64];
	struct dirent *entry;
	pid_t tid = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (atoi(entry->d_name) > 0 && atoi(entry->d_name) != pid)
			tid = atoi(entry->d_name);
	}
	if (dir)
		closedir(dir);
	return tid;
}

void cgroup_change(const struct call *call)
{
	const char *name = joined[call->b % JOINED];
	struct actor *actor = &world.actors[call->c % SLOTS];

	switch (call->a % 8) {
	case 0:
		rmdir(cgroup_path(name));
		break;
	case 1:
		rmdir(cgroup_path(slot_name(call->c)));
		break;
	case 2:
		write_file(file_in(name, "cgroup.freeze"), call->c % 2 ? "1" : "0");
		break;
	case 3:
		write_file(file_in(name, "pids.max"), call->c % 2 ? "1" : "max");
		break;
	case 4:
		write_file(file_in("j1/in", "cgroup.type"), "threaded");
		break;
	case 5:
		actor->wanders = true;
		if (actor->pid && put_into("j1", "cgroup.procs", actor->pid))
			put_into("j1/in", "cgroup.threads", other_thread(actor->pid));
		break;
	default:
		actor->wanders = true;
		if (actor->pid)
			put_into(name, "cgroup.procs", actor->pid);
	}
}

/* Never one that is not below ours: who went there could not be found any more. */
int cgroup_pick(uint32_t n, bool detach)
{
	const char *path = cgroup_path(joined[n / 8 % JOINED]);

	switch (n % 8) {
	case 0:
		path = "/tmp";
		break;
	case 1:
		path = file_in(joined[n / 8 % JOINED], "cgroup.procs");
		break;
	case 2:
		return world.actors[n / 8 % SLOTS].pidfd;
	default:
		if (detach)
			path = cgroup2_dir();
		else
			mkdir(path, 0755);
	}
	return open(path, O_RDONLY | O_CLOEXEC);
}

bool cgroup_is_empty(void)
{
	char events[128];

	return strstr(read_at(AT_FDCWD, cgroup_path("cgroup.events"), events, sizeof(events)),
		      "populated 0");
}

/* @what for each process of all cgroups below ours. */
static void for_each_process(void (*what)(pid_t pid))
{
	static const char *const others[] = { "run", "0",  "1",	 "2",	  "3", "4",
					      "5",   "j0", "j1", "j1/in", "j2" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		static char text[65536];
		char *line = text, *end;

		read_at(AT_FDCWD, file_in(others[i], "cgroup.procs"), text, sizeof(text));
		for (; (end = strchr(line, '\n')); line = end + 1) {
			if (atoi(line) > 0)
				what(atoi(line));
		}
	}
}

static void kill_one(pid_t pid)
{
	kill(pid, SIGKILL);
}

/* cgroup.kill does not end the other threads of a process whose first one has exited. */
void cgroup_kill(void)
{
	write_file(cgroup_path("cgroup.kill"), "1");
	for_each_process(kill_one);
}

static void tell_one(pid_t pid)
{
	char path[300], text[2048];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (atoi(entry->d_name) <= 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%.12s/stat", pid, entry->d_name);
		printf("# %s", read_at(AT_FDCWD, path, text, sizeof(text)));
		snprintf(path, sizeof(path), "/proc/%d/task/%.12s/stack", pid, entry->d_name);
		read_at(AT_FDCWD, path, text, sizeof(text));
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			printf("#    %s\n", line);
	}
	if (dir)
		closedir(dir);
}

void cgroup_tell(void)
{
	for_each_process(tell_one);
}

void cgroup_reset(void)
{
	for (unsigned int i = 0; i < SLOTS; i++)
		cgroup_freeze(i, false);
	for (size_t i = JOINED; i--;)
		rmdir(cgroup_path(joined[i]));
}

const char *cgroup_leak(void)
{
	static char text[80];
	static bool told;
	char stat[256];

	/* Told once. */
	for (int turns = 0; turns < 600 && !told; turns++) {
		if (strstr(read_at(AT_FDCWD, cgroup_path("cgroup.stat"), stat, sizeof(stat)),
			   "nr_dying_descendants 0\n"))
			return NULL;
		usleep(100000);
	}
	if (told)
		return NULL;
	told = true;
	snprintf(text, sizeof(text), "%.60s", stat);
	return text;
}
