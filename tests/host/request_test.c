// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The working directories of a request: each subject's stays with it
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../../userland/lib/internal.h"
#include "tap.h"

/* This process several times, so that the arrays grow and the numbers do not matter. */
#define SUBJECTS 6

static struct nsattach_request *new_request(void)
{
	struct nsattach_request *r;

	CHECK_INT(nsattach_request_new(&r), 0);
	for (int i = 0; i < SUBJECTS; i++)
		CHECK_INT(nsattach_request_add_pidfd(r, nsattach_pidfd_open(getpid()), 0), 0);
	CHECK_INT(nsattach_request_set_wd(r, "/all"), 0);
	CHECK_INT(nsattach_request_set_subject_wd(r, 1, "/one"), 0);
	CHECK_INT(nsattach_request_set_subject_wd(r, 5, "/five"), 0);
	return r;
}

TEST(a_subject_has_its_own_directory_or_that_of_all)
{
	struct nsattach_request *r = new_request();

	CHECK_STR(request_wd(r, 0), "/all");
	CHECK_STR(request_wd(r, 1), "/one");
	CHECK_STR(request_wd(r, 5), "/five");
	CHECK_INT(nsattach_request_set_subject_wd(r, 1, "/other"), 0);
	CHECK_STR(request_wd(r, 1), "/other");
	CHECK_INT(nsattach_request_set_subject_wd(r, 1, NULL), 0);
	CHECK_STR(request_wd(r, 1), "/all");
	CHECK_INT(nsattach_request_set_subject_wd(r, SUBJECTS, "/x"), -EINVAL);
	CHECK_INT(nsattach_request_set_wd(r, NULL), 0);
	CHECK(!request_wd(r, 1));
	nsattach_request_free(r);
}

TEST(a_directory_goes_with_its_subject)
{
	struct nsattach_request *r = new_request(), *copy;

	CHECK_INT(nsattach_request_remove(r, 0), 0);
	CHECK_STR(request_wd(r, 0), "/one");
	CHECK_STR(request_wd(r, 4), "/five");
	CHECK_INT(nsattach_request_remove(r, 0), 0);
	CHECK_STR(request_wd(r, 0), "/all");
	CHECK_INT(nsattach_request_copy(r, 2, 4, &copy), 0);
	CHECK_STR(request_wd(copy, 0), "/all");
	CHECK_STR(request_wd(copy, 1), "/five");
	nsattach_request_free(copy);
	CHECK_STR(request_wd(r, 3), "/five");
	nsattach_request_free(r);
}

TEST(a_failure_names_the_directory_of_its_subject)
{
	struct nsattach_request *r = new_request();
	struct nsattach_failure f;
	char text[512];

	r->attach.error = (struct nsattach_error){ .reason = NSATTACH_R_WD, .subject = 5 };
	nsattach_failure_of(r, NSATTACH_STAGE_ATTACH, ENOENT, &f);
	nsattach_explain(&f, text, sizeof(text));
	CHECK_HAS(text, "the working directory /five can not be entered inside");
	nsattach_request_free(r);
}
