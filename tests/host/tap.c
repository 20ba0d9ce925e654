// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Running the tests and telling what came out
 */
#include <stdio.h>
#include <string.h>

#include "tap.h"

static struct test *first;
static bool failed;

void test_add(struct test *test)
{
	struct test **end = &first;

	while (*end)
		end = &(*end)->next;
	*end = test;
}

void check_that(bool holds, const char *file, int line, const char *what)
{
	if (holds)
		return;
	failed = true;
	printf("# %s:%d: does not hold: %s\n", file, line, what);
}

void check_number(long long got, long long want, const char *file, int line, const char *what)
{
	if (got == want)
		return;
	failed = true;
	printf("# %s:%d: %s is %lld, not %lld\n", file, line, what, got, want);
}

void check_text(const char *got, const char *want, const char *file, int line, const char *what)
{
	if (got && !strcmp(got, want))
		return;
	failed = true;
	printf("# %s:%d: %s is\n#   %s\n# not\n#   %s\n", file, line, what, got, want);
}

void check_contains(const char *got, const char *part, const char *file, int line)
{
	if (got && strstr(got, part))
		return;
	failed = true;
	printf("# %s:%d: '%s' is not in\n#   %s\n", file, line, part, got);
}

int main(void)
{
	unsigned int count = 0, bad = 0;

	for (struct test *t = first; t; t = t->next)
		count++;
	printf("TAP version 13\n1..%u\n", count);
	count = 0;
	for (struct test *t = first; t; t = t->next) {
		failed = false;
		t->run();
		bad += failed;
		printf("%sok %u %s\n", failed ? "not " : "", ++count, t->name);
	}
	return !!bad;
}
