// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "place.h"
#include "place_facts.h"
#include "shared.h"
#include "subject.h"

/* /proc of the outside: "self" works through it wherever the caller is. */
static int outer_proc = -1;

static void __attribute__((constructor)) open_outer_proc(void)
{
	outer_proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void line(char *text, const char *format, ...)
{
	size_t len = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + len, SUBJECT_TEXT - len, format, args);
	va_end(args);
}

/* Long tables go in as a hash: equality is all that is asked of them. */
static unsigned long long hash_of(const char *path)
{
	static char buf[256 * 1024];
	unsigned long long hash = 14695981039346656037ULL;

	for (const char *c = read_at(outer_proc, path, buf, sizeof(buf)); *c; c++)
		hash = (hash ^ (unsigned char)*c) * 1099511628211ULL;
	return hash;
}

static void line_file(char *text, const char *key, int dir, const char *path)
{
	char buf[256];
	size_t len;

	read_at(dir, path, buf, sizeof(buf));
	len = strcspn(buf, "\n");
	buf[len] = '\0';
	line(text, "%s: %s\n", key, buf[0] ? buf : "-");
}

static void line_stat(char *text, const char *key, const char *path)
{
	struct stat st = { 0 };

	stat(path, &st);
	line(text, "%s: %lx:%lu\n", key, (unsigned long)st.st_dev, (unsigned long)st.st_ino);
}

/* Path in the cgroup2 hierarchy, as the caller's cgroup namespace shows it. */
static const char *cgroup2_path(char *buf, size_t size)
{
	char *path = strstr(read_at(outer_proc, "self/cgroup", buf, size), "0::");

	if (!path)
		return "-";
	path[strcspn(path, "\n")] = '\0';
	return path;
}

long view_write(char *text)
{
	char answer[2048] = "";

	text[0] = '\0';
	gethostname(answer, sizeof(answer));
	line(text, "hostname: %s\n", answer);
	line_file(text, "file", AT_FDCWD, PLACE_FILE);
	line_stat(text, "root", "/");
	line_stat(text, "cwd", ".");
	line(text, "cwd path: %s\n", getcwd(answer, sizeof(answer)) ? answer : "?");
	line(text, "cgroup: %s\n", cgroup2_path(answer, sizeof(answer)));
	facts_ask_abstract(answer, sizeof(answer));
	line(text, "abstract: %s\n", answer);
	facts_ask_tcp(answer, sizeof(answer));
	line(text, "tcp: %s\n", answer);
	facts_ask_shm(answer, sizeof(answer));
	line(text, "shm: %s\n", answer);
	line(text, "routes: %llx\n", hash_of("self/net/route"));
	line(text, "interfaces: %llx\n", hash_of("self/net/dev_snmp6"));
	line(text, "mountinfo: %llx\n", hash_of("self/mountinfo"));
	return 0;
}

const char *subject_view(struct subject *s)
{
	s->shared->text[0] = '\0';
	subject_call(s, view_write);
	return s->shared->text;
}

const char *view_get(const char *view, const char *key)
{
	static char value[256];
	size_t len = strlen(key);

	for (const char *at = view; at && *at; at = strchr(at, '\n'), at = at ? at + 1 : at) {
		if (strncmp(at, key, len) || at[len] != ':')
			continue;
		snprintf(value, sizeof(value), "%.*s", (int)strcspn(at + len + 2, "\n"),
			 at + len + 2);
		return value;
	}
	return "";
}
