// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench [NAME]...: measure all, or only these; root, with the module loaded
 */
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "bench.h"

static const struct bench {
	const char *name;
	void (*run)(void);
} benches[] = {
	{ "floor", bench_floor },     { "stop", bench_stop },	  { "freeze", bench_freeze },
	{ "threads", bench_threads },
};

static bool wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(name, argv[i]))
			return true;
	}
	return argc == 1;
}

int main(int argc, char **argv)
{
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < sizeof(benches) / sizeof(*benches); i++) {
		if (wanted(benches[i].name, argc, argv))
			benches[i].run();
	}
	return 0;
}
