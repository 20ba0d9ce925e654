// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What container runtimes write down: the input is one of their files. The first byte
 * chooses which.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static const struct {
	const char *file;
	const char *name;
} states[] = {
	{ "run/runc/box/state.json", "runc:box" },
	{ "run/crun/box/status", "crun:box" },
	{ "var/lib/docker/containers/box/config.v2.json", "docker:box" },
	{ "etc/docker/daemon.json", "docker:box" },
	{ "var/lib/containers/storage/overlay-containers/containers.json", "podman:box" },
	{ "run/containers/storage/overlay-containers/box/userdata/pidfile", "podman:box" },
};
#define NR_STATES (sizeof(states) / sizeof(states[0]))

/* What makes the other files be looked at. */
static const char stored[] = "[{\"id\":\"box\",\"names\":[\"box\"]}]";

static char root[64] = "/tmp/nsattach-fuzz.XXXXXX";

static void write_state(const char *file, const void *data, size_t size)
{
	char path[256], *slash;
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", root, file);
	for (slash = path + strlen(root); (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	out = fopen(path, "w");
	if (!out || fwrite(data, 1, size, out) != size || fclose(out))
		abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (!mkdtemp(root))
		abort();
	write_state(states[4].file, stored, sizeof(stored) - 1);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct places places = { .root = root };
	struct nsattach_name result;
	unsigned int which;
	char path[256];

	if (!size)
		return 0;
	which = data[0] % NR_STATES;
	write_state(states[which].file, data + 1, size - 1);
	if (!name_resolve_in(&places, states[which].name, &result) && result.pidfd >= 0)
		close(result.pidfd);
	if (which == 4) {
		write_state(states[4].file, stored, sizeof(stored) - 1);
	} else {
		snprintf(path, sizeof(path), "%s/%s", root, states[which].file);
		unlink(path);
	}
	return 0;
}
