/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests on the host: named after what they show, told as TAP
 */
#ifndef NSATTACH_TAP_H
#define NSATTACH_TAP_H

#include <stdbool.h>

struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};

void test_add(struct test *test);

/* A check that does not hold fails its test; the test goes on. */
void check_that(bool holds, const char *file, int line, const char *what);
void check_number(long long got, long long want, const char *file, int line, const char *what);
void check_text(const char *got, const char *want, const char *file, int line, const char *what);
void check_contains(const char *got, const char *part, const char *file, int line);

#define CHECK(x) check_that(x, __FILE__, __LINE__, #x)
#define CHECK_INT(got, want) check_number(got, want, __FILE__, __LINE__, #got)
#define CHECK_STR(got, want) check_text(got, want, __FILE__, __LINE__, #got)
#define CHECK_HAS(got, part) check_contains(got, part, __FILE__, __LINE__)

#define TEST(function)                                                   \
	static void function(void);                                      \
	static struct test test_##function = { #function, function, 0 }; \
	__attribute__((constructor)) static void add_##function(void)    \
	{                                                                \
		test_add(&test_##function);                              \
	}                                                                \
	static void function(void)

#endif /* NSATTACH_TAP_H */
