// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests: each subject keeps what is its own, and its number
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "../../userland/lib/internal.h"
#include "tap.h"

/* This process several times, under numbers that are not its own, so that the arrays grow. */
#define SUBJECTS 6

static struct nsattach_request *new_request(void)
{
	struct nsattach_request *r;

	CHECK_INT(nsattach_request_new(&r), 0);
	for (int i = 0; i < SUBJECTS; i++)
		CHECK_INT(nsattach_request_add_pidfd(r, nsattach_pidfd_open(getpid()), 100 + i),
			  0);
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

TEST(a_process_without_a_number_gets_its_own)
{
	struct nsattach_request *r;

	CHECK_INT(nsattach_request_new(&r), 0);
	CHECK_INT(nsattach_request_add_pidfd(r, nsattach_pidfd_open(getpid()), 0), 0);
	CHECK_INT(nsattach_request_pid(r, 0), getpid());
	CHECK_INT(nsattach_request_add_pidfd(r, nsattach_pidfd_open(getpid()), 0), -EEXIST);
	CHECK_INT(nsattach_request_add_pid(r, getpid()), -EEXIST);
	CHECK_INT(nsattach_request_set_target_pidfd(r, nsattach_pidfd_open(getpid()), 0), 0);
	CHECK_INT(nsattach_request_target(r), getpid());
	nsattach_request_set_namespaces(r, CLONE_NEWNET);
	CHECK_INT(nsattach_request_has_inside(r, getpid()), 1);
	nsattach_request_free(r);
}

TEST(a_failure_stays_with_its_subject)
{
	struct nsattach_request *r = new_request();

	r->attach.error.subject = 4;
	CHECK_INT(nsattach_request_remove(r, 5), 0);
	CHECK_INT(r->attach.error.subject, 4);
	CHECK_INT(nsattach_request_remove(r, 1), 0);
	CHECK_INT(r->attach.error.subject, 3);
	CHECK_INT(nsattach_request_pid(r, r->attach.error.subject), 104);
	CHECK_INT(nsattach_request_remove(r, 3), 0);
	CHECK_INT(r->attach.error.subject, (__u32)-1);
	CHECK_INT(nsattach_request_remove(r, 0), 0);
	CHECK_INT(r->attach.error.subject, (__u32)-1);
	CHECK(nsattach_request_subject(r, 1) != NULL);
	CHECK(nsattach_request_subject(r, 2) == NULL);
	nsattach_request_free(r);
}
