// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel logs
 */
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

#define PATTERNS_MAX 64

struct patterns {
	unsigned int nr;
	regex_t re[PATTERNS_MAX];
};

static struct patterns bad, harmless;
static int log_fd = -1;

static bool load(struct patterns *p, const char *path)
{
	FILE *file = fopen(path, "r");
	char line[160];

	while (file && p->nr < PATTERNS_MAX && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] && line[0] != '#' &&
		    !regcomp(&p->re[p->nr], line, REG_EXTENDED | REG_NOSUB))
			p->nr++;
	}
	if (file)
		fclose(file);
	return p->nr > 0;
}

static bool matches(const struct patterns *p, const char *line)
{
	for (unsigned int i = 0; i < p->nr; i++) {
		if (!regexec(&p->re[i], line, 0, NULL, 0))
			return true;
	}
	return false;
}

bool log_start(const char *bad_path, const char *harmless_path)
{
	log_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log_fd < 0 || lseek(log_fd, 0, SEEK_END) < 0)
		return false;
	return load(&bad, bad_path) && load(&harmless, harmless_path);
}

bool log_is_bad(char *line, size_t size)
{
	char record[2048];
	bool found = false;
	ssize_t got;

	while ((got = read(log_fd, record, sizeof(record) - 1)) > 0 ||
	       (got < 0 && errno == EPIPE)) {
		const char *text;

		if (got < 0 || found)
			continue;
		record[got] = '\0';
		record[strcspn(record, "\n")] = '\0';
		text = strchr(record, ';');
		if (!text || !matches(&bad, text + 1) || matches(&harmless, text + 1))
			continue;
		snprintf(line, size, "%s", text + 1);
		found = true;
	}
	return found;
}
