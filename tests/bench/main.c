// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench NAME...: measure these; as root, with the module loaded (but for others)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "bench.h"

static const struct bench {
	const char *name;
	void (*run)(void);
} benches[] = {
	{ "floor", bench_floor },
	{ "stop", bench_stop },
	{ "freeze", bench_freeze },
	{ "inject", bench_inject },
	{ "threads", bench_threads },
	{ "woken", bench_woken },
	{ "processes", bench_processes },
	{ "fds", bench_fds },
	{ "mounts", bench_mounts },
	{ "memory", bench_memory },
	{ "namespaces", bench_namespaces },
	{ "commands", bench_commands },
	{ "restart", bench_restart },
	{ "stall", bench_stall },
	{ "stall-one-cpu", bench_stall_one_cpu },
	{ "others", bench_others },
};

static const struct bench *find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(benches) / sizeof(*benches); i++) {
		if (!strcmp(name, benches[i].name))
			return &benches[i];
	}
	fprintf(stderr, "bench: there is no measurement '%s'\n", name);
	exit(2);
}

int main(int argc, char **argv)
{
	int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 2 && !strcmp(argv[1], "daemon"))
		be_daemon();
	/* A mount of a subject's must not come back to us. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		die("mount");
	for (i = 1; i < argc; i++)
		find(argv[i])->run();
	return 0;
}
