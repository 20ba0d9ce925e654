// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Places of the module that were reached, as trace/nsa_trace.c tells them, and results of calls
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../shared.h"
#include "cover.h"

#define TRACE "/sys/kernel/debug/nsattach_trace/"
#define SECTIONS "/sys/module/nsattach/sections/"
#define CODE_MAX (1U << 21)
#define RESULTS 65536

static uint8_t known[CODE_MAX], now[CODE_MAX];
static unsigned int total;
static int trace = -1;

/* Shared with all processes of all programs. */
static struct {
	uint32_t fresh;
	uint8_t seen[RESULTS];
} * results;

bool cover_init(void)
{
	results = shared_alloc(sizeof(*results));
	trace = open(TRACE "seen", O_RDONLY | O_CLOEXEC);
	return trace >= 0;
}

unsigned int cover_collect(void)
{
	unsigned int fresh = __atomic_exchange_n(&results->fresh, 0, __ATOMIC_SEQ_CST);
	ssize_t size = pread(trace, now, sizeof(now), 0);

	for (ssize_t i = 0; i < size; i++) {
		if (!now[i] || known[i])
			continue;
		known[i] = 1;
		total++;
		fresh++;
		printf("nsattach: pc %zx\n", (size_t)i);
	}
	return fresh;
}

unsigned int cover_total(void)
{
	return total;
}

static unsigned long long number_in(const char *path)
{
	char text[64];

	return strtoull(read_at(AT_FDCWD, path, text, sizeof(text)), NULL, 0);
}

void cover_print_sections(void)
{
	static const char *const names[] = { ".text", ".text.unlikely", ".exit.text" };
	unsigned long long base = number_in(TRACE "base");

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[96];
		unsigned long long at;

		snprintf(path, sizeof(path), SECTIONS "%s", names[i]);
		at = number_in(path);
		if (at)
			printf("nsattach: section %s %llx\n", names[i], at - base);
	}
	printf("nsattach: section .init.text %llx\n", number_in(TRACE "stays"));
}

void cover_result(uint64_t what)
{
	uint32_t at = (uint32_t)(what * 0x9e3779b97f4a7c15ULL >> 48);

	if (!__atomic_exchange_n(&results->seen[at], 1, __ATOMIC_RELAXED))
		ADD(results->fresh, 1);
}
