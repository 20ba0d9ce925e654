/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_HARNESS_H
#define NSATTACH_TESTS_HARNESS_H

/*
 * The kernel's harness, once in every suite, with timeouts for emulated
 * machines (the macros use it where a test is defined) and one more check.
 */
#include <kselftest_harness.h>

#include "shared.h"

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 300

/* Timeouts are for the plain kernel. */
static int run_in_time(int argc, char **argv)
{
	for (struct __fixture_metadata *f = __fixture_list; f; f = f->next)
		for (struct __test_metadata *t = f->tests; t; t = t->next)
			t->timeout *= (int)slowness();
	return test_harness_run(argc, argv);
}

#define test_harness_run run_in_time

/* Functions that check something return NULL or a sentence with what is wrong. */
#define ASSERT_CLEAN(sentence)                                     \
	do {                                                       \
		const char *sentence_ = (sentence);                \
		if (sentence_)                                     \
			TH_LOG("%s: %s", #sentence, sentence_);    \
		ASSERT_EQ(NULL, sentence_);                        \
	} while (0)

#define EXPECT_CLEAN(sentence)                                     \
	do {                                                       \
		const char *sentence_ = (sentence);                \
		if (sentence_)                                     \
			TH_LOG("%s: %s", #sentence, sentence_);    \
		EXPECT_EQ(NULL, sentence_);                        \
	} while (0)

/* An attach that has to fail with exactly this errno and reason. */
#define EXPECT_REFUSED(err, why, ret, error)                                  \
	do {                                                                  \
		int ret_ = (ret);                                             \
		EXPECT_EQ(-(err), ret_);                                      \
		EXPECT_EQ((__u32)(why), (error).reason)                       \
		{                                                             \
			TH_LOG("ret %d, %s", ret_, attach_error_text(&(error))); \
		}                                                             \
	} while (0)

#define ASSERT_ATTACHED(ret, error)                                           \
	do {                                                                  \
		int ret_ = (ret);                                             \
		if (ret_)                                                     \
			TH_LOG("ret %d, %s", ret_, attach_error_text(&(error))); \
		ASSERT_EQ(0, ret_);                                           \
	} while (0)

#endif
