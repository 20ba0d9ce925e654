// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From a name to a pidfd or a namespace file
 *
 * The state of a runtime names a process by number. The number is opened first and
 * compared afterwards: when the state still names it, and the process is not younger
 * than the state says, then the pidfd is that process for good.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/sched.h>

#include "names.h"

static int hint(char *buf, size_t size, const char *text)
{
	snprintf(buf, size, "%s", text);
	return -EINVAL;
}

int number_parse(const char *text, pid_t *pid, char *buf, size_t size)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long value;

	if (!*text)
		return hint(buf, size, "is empty: give the number of a process");
	if (*text == '-' && text[1 + strspn(text + 1, "0123456789")] == '\0' && text[1])
		return hint(buf, size, "is negative: processes have positive numbers");
	if (!digits)
		return hint(buf, size,
			    "is neither the number of a process nor a name like docker:web");
	if (text[digits])
		return hint(buf, size, "has something after the number: give only the number");
	errno = 0;
	value = strtoul(text, NULL, 10);
	if (!value)
		return hint(buf, size, "is no process: their numbers start at 1");
	if (errno || value > LARGEST_PID)
		return hint(buf, size, "is larger than any process number (4194304)");
	*pid = value;
	return 0;
}

int id_is_plain(const char *id)
{
	return *id && !strchr(id, '/') && strcmp(id, ".") && strcmp(id, "..");
}

static void number_hint(int err, struct nsattach_name *result)
{
	pid_t leader = err == -ENOTSUP ? nsattach_thread_leader(result->pid) : 0;
	size_t size = sizeof(result->hint);

	if (leader > 0)
		snprintf(result->hint, size, "this is a thread of process %d, not a process",
			 leader);
	else if (leader || err == -ESRCH)
		snprintf(result->hint, size, "there is no process %d", result->pid);
	else
		snprintf(result->hint, size, "%s", errno_words(-err));
}

static int resolve_number(const char *text, struct nsattach_name *result)
{
	int err = number_parse(text, &result->pid, result->hint, sizeof(result->hint));

	if (err)
		return err;
	result->pidfd = nsattach_pidfd_open(result->pid);
	if (result->pidfd >= 0)
		return 0;
	err = result->pidfd;
	/* this text is sound, so EINVAL must not say otherwise */
	if (err == -EINVAL)
		err = -ENOTSUP;
	number_hint(err, result);
	return err;
}

static int resolve_netns(const struct places *places, const char *name,
			 struct nsattach_name *result)
{
	size_t size = sizeof(result->hint);
	char path[PATH_MAX];
	int err;

	path_format(path, "%s/run/netns/%s", places->root, name);
	err = nsattach_namespace_open(path, CLONE_NEWNET, NULL);
	if (err >= 0) {
		result->nsfd = err;
		return 0;
	}
	if (err == -ENOENT || err == -ENOTTY)
		snprintf(result->hint, size,
			 "there is no network namespace /run/netns/%.80s; see ip netns list", name);
	else if (err == -EMEDIUMTYPE)
		snprintf(result->hint, size, "/run/netns/%.80s is a namespace of another type",
			 name);
	else
		snprintf(result->hint, size, "/run/netns/%.80s can not be opened: %s", name,
			 errno_words(-err));
	return err == -ENOTTY ? -ENOENT : err;
}

static int same_process(const struct record *then, const struct record *now)
{
	unsigned long long start;

	if (then->pid != now->pid)
		return 0;
	if (!now->start)
		return 1;
	return !nsattach_start_time(now->pid, &start) && start == now->start;
}

static int resolve_record(const struct places *places, find_fn *find, const char *id,
			  struct nsattach_name *result)
{
	struct record record = { 0 }, again = { 0 };
	int fd, err;

	err = find(places, id, &record);
	if (err)
		return err;
	if (record.pid <= 0)
		return -ESRCH;
	fd = nsattach_pidfd_open(record.pid);
	if (fd < 0)
		return fd == -EINVAL ? -ESTALE : fd;
	err = find(places, id, &again);
	if (!err && !same_process(&record, &again))
		err = -ESTALE;
	if (err) {
		close(fd);
		return err;
	}
	result->pidfd = fd;
	result->pid = record.pid;
	return 0;
}

#define FULL_ID "give its runtime and full id"
#define NUMBER "give the number of one of its processes"

/*
 * @lister: what shows the names there are
 * @unique: what to do when several have the name
 */
static const struct kind {
	const char *prefix;
	const char *thing;
	const char *lister;
	const char *unique;
	find_fn *find;
} kinds[] = {
	{ "runc:", "runc container", "runc list", FULL_ID, find_runc },
	{ "crun:", "crun container", "crun list", FULL_ID, find_crun },
	{ "docker:", "Docker container", "docker ps -a", FULL_ID, find_docker },
	{ "podman:", "Podman container", "podman ps -a", FULL_ID, find_podman },
	{ "container:", "container", "docker ps -a, podman ps -a, runc list", FULL_ID,
	  find_container },
	{ "unit:", "systemd unit", "systemctl list-units: does it run?", NUMBER, find_unit },
};

static const struct kind *kind_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strncmp(name, kinds[i].prefix, strlen(kinds[i].prefix)))
			return &kinds[i];
	return NULL;
}

/* "dokcer:web": the kind whose name looks most like it. */
static int unknown_kind(const char *name, struct nsattach_name *result)
{
	size_t len = strchr(name, ':') - name;
	const char *nearest = NULL;
	unsigned int best = 3;

	for (size_t i = 0; i < ARRAY_SIZE(kinds) + 1; i++) {
		const char *prefix = i < ARRAY_SIZE(kinds) ? kinds[i].prefix : "netns:";
		unsigned int distance = word_distance(prefix, strlen(prefix) - 1, name, len);

		if (distance >= best)
			continue;
		best = distance;
		nearest = prefix;
	}
	if (!nearest)
		return hint(result->hint, sizeof(result->hint),
			    "is neither the number of a process nor a name like docker:web");
	snprintf(result->hint, sizeof(result->hint), "has an unknown prefix; did you mean %s%.60s?",
		 nearest, name + len + 1);
	return -EINVAL;
}

/* Templates with the kind of thing for %s. */
static const char *hint_format(int err)
{
	switch (err) {
	case -ENOENT:
		return "no %s has this name";
	case -ENOTUNIQ:
		return "more than one %s has this name";
	case -ESRCH:
		return "this %s is not running: start it first";
	case -ESTALE:
		return "the recorded state of this %s names a process that has gone";
	case -ELIBACC:
		return "libjson-c.so.5 is needed to find a %s: install libjson-c5";
	case -EBADMSG:
		return "the recorded state of this %s can not be understood";
	case -EPERM:
		return "what a user recorded of this %s is about a process that is not that user's";
	case -EACCES:
		return "the recorded state of this %s may not be read: run nsattach as root";
	default:
		return NULL;
	}
}

static void default_hint(int err, const struct kind *kind, struct nsattach_name *result)
{
	const char *thing = kind ? kind->thing : "network namespace";
	const char *format = hint_format(err);
	size_t size = sizeof(result->hint);
	size_t before = format ? strcspn(format, "%") : 0;

	if (format)
		snprintf(result->hint, size, "%.*s%s%s", (int)before, format, thing,
			 format + before + 2);
	else
		snprintf(result->hint, size, "%s: %s", thing, errno_words(-err));
	before = strlen(result->hint);
	if (err == -ENOENT && kind)
		snprintf(result->hint + before, size - before, "; see %s", kind->lister);
	if (err == -ENOTUNIQ && kind)
		snprintf(result->hint + before, size - before, ": %s", kind->unique);
}

int name_resolve_in(const struct places *places, const char *name, struct nsattach_name *result)
{
	const struct kind *kind = kind_of(name);
	const char *id = strchr(name, ':');
	int netns = !strncmp(name, "netns:", 6);
	int err;

	*result = (struct nsattach_name){ .pidfd = -1, .nsfd = -1 };
	if (!kind && !netns)
		return id ? unknown_kind(name, result) : resolve_number(name, result);
	if (strchr(++id, '/'))
		return hint(result->hint, sizeof(result->hint), "can not be: a name has no slash");
	if (!id_is_plain(id))
		return hint(result->hint, sizeof(result->hint), "has no name after the colon");
	err = netns ? resolve_netns(places, id, result)
		    : resolve_record(places, kind->find, id, result);
	if (err && !*result->hint)
		default_hint(err, kind, result);
	return err < 0 ? err : 0;
}

EXPORT int nsattach_name_resolve(const char *name, struct nsattach_name *result)
{
	struct places places = {
		.root = "",
		.runtime = getenv("XDG_RUNTIME_DIR"),
		.home = getenv("HOME"),
		.everyone = geteuid() == 0,
	};

	return name_resolve_in(&places, name, result);
}
