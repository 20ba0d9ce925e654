// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names of processes and of namespaces, and times, in a world without containers
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/options.h"
#include "lib/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void resolve(const char *text)
{
	struct places places = { .root = "/nonexistent", .everyone = 1 };
	struct nsattach_name result;

	if (name_resolve_in(&places, text, &result))
		return;
	if (result.pidfd >= 0)
		close(result.pidfd);
	if (result.nsfd >= 0)
		close(result.nsfd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), error[ERROR_MAX];
	struct ns_choice choice = { 0 };
	__u64 ns;

	memcpy(text, data, size);
	text[size] = '\0';
	resolve(text);
	if (!ns_choice_parse(&choice, text, error) && choice.nr_paths > NSATTACH_MAX_NSFDS)
		abort();
	timeout_parse(text, &ns, error);
	nsattach_namespace_nearest(text, size);
	free(text);
	return 0;
}
