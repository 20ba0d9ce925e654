// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The clock, and the lines that the runner reads:
 * "figure:" NAME X MEDIAN MIN MAX RUNS, separated by tabs
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* Caches of the kernel (slabs, dentries) are filled after these. */
#define WARM 3

void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

void note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("note:\t", stdout);
	vprintf(format, args);
	fputc('\n', stdout);
	va_end(args);
}

uint64_t instructions(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void sort(uint64_t *v, unsigned int n)
{
	qsort(v, n, sizeof(*v), by_value);
}

uint64_t percentile(const uint64_t *sorted, unsigned int n, unsigned int per_mille)
{
	unsigned int at = (uint64_t)n * per_mille / 1000;

	return sorted[at < n ? at : n - 1];
}

void report(const char *name, long x, uint64_t *v, unsigned int n)
{
	sort(v, n);
	printf("figure:\t%s\t%ld\t%llu\t%llu\t%llu\t%u\n", name, x,
	       (unsigned long long)percentile(v, n, 500), (unsigned long long)v[0],
	       (unsigned long long)v[n - 1], n);
}

void report_one(const char *name, long x, uint64_t value)
{
	report(name, x, &value, 1);
}

void measure(const char *name, long x, unsigned int runs, bench_op *op, void *arg)
{
	uint64_t *v = calloc(runs, sizeof(*v));
	unsigned int i;

	if (!v)
		die("calloc");
	for (i = 0; i < WARM; i++)
		op(i, arg);
	for (i = 0; i < runs; i++) {
		uint64_t begin = instructions();

		op(i + WARM, arg);
		v[i] = instructions() - begin;
	}
	report(name, x, v, runs);
	free(v);
}
