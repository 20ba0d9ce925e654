// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The arguments of the command: one per line of the input
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/options.h"

#define ARGUMENTS_MAX 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *argv[ARGUMENTS_MAX + 2] = { (char *)"nsattach" };
	char error[ERROR_MAX] = "";
	struct options options = { 0 };
	int argc = 1;

	memcpy(text, data, size);
	text[size] = '\0';
	for (char *line = strtok(text, "\n"); line && argc <= ARGUMENTS_MAX;
	     line = strtok(NULL, "\n"))
		argv[argc++] = line;
	argv[argc] = NULL;
	/* A refusal has a sentence, and nothing else has. */
	if (!options_parse(&options, argc, argv, error) != !error[0])
		abort();
	options_free(&options);
	free(text);
	return 0;
}
