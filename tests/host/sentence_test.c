// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sentences: one for every reason and errno, with everything filled in
 */
#include <errno.h>
#include <string.h>
#include <linux/sched.h>

#include "../../userland/lib/sentence.h"
#include "tap.h"

static char text[1024];

/* As in a program that has set a locale with other words for it. */
char *strerror(int err)
{
	(void)err;
	return "Fehler";
}

static struct nsattach_failure attach_failure(unsigned int reason, int err)
{
	return (struct nsattach_failure){
		.stage = NSATTACH_STAGE_ATTACH,
		.err = err,
		.pid = 3728,
		.target = 1234,
		.namespaces = CLONE_NEWNS | CLONE_NEWNET,
		.count = 1,
		.error = { .reason = reason,
			   .pid = 3728,
			   .tid = 3731,
			   .state = 'D',
			   .ns = reason ? CLONE_NEWNET : 0 },
	};
}

static void explain(const struct nsattach_failure *f)
{
	memset(text, 'x', sizeof(text));
	CHECK(nsattach_explain(f, text, sizeof(text)) == (int)strlen(text));
	CHECK(!strpbrk(text, "{}\n"));
	CHECK(strlen(text) > 20);
	CHECK(text[strlen(text) - 1] != '.');
}

TEST(every_reason_has_a_sentence_of_its_own)
{
	for (unsigned int reason = 1; reason <= NSATTACH_R_CGROUP_LOST; reason++) {
		struct nsattach_failure f = attach_failure(reason, EINVAL);

		explain(&f);
		CHECK_HAS(text,
			  "process 3728 was not moved into the net namespace of process 1234: ");
		CHECK(sentence_find(sentences_by_reason, reason) != NULL);
		CHECK(!strstr(text, "Invalid argument") || reason == NSATTACH_R_NS_REFUSED ||
		      reason == NSATTACH_R_WD || reason == NSATTACH_R_CGROUP);
	}
}

TEST(a_sentence_is_english_in_every_locale)
{
	const struct nsattach_failure f = attach_failure(NSATTACH_R_NS_REFUSED, EINVAL);

	explain(&f);
	CHECK_HAS(text, "Invalid argument");
}

TEST(no_reason_has_two_sentences)
{
	for (const struct sentence *a = sentences_by_reason; a->cause; a++)
		CHECK(sentence_find(sentences_by_reason, a->key) == a);
}

TEST(every_errno_in_every_stage_makes_a_sentence)
{
	for (int stage = NSATTACH_STAGE_SUBJECT; stage <= NSATTACH_STAGE_DETACH; stage++) {
		for (int err = 1; err < 134; err++) {
			struct nsattach_failure f = attach_failure(0, err);

			f.stage = stage;
			f.name = "4711";
			f.leader = 4700;
			explain(&f);
		}
	}
}

TEST(a_deadline_names_thread_state_and_function)
{
	struct nsattach_failure f = attach_failure(NSATTACH_R_DEADLINE, ETIMEDOUT);

	strcpy(f.comm, "nginx");
	strcpy(f.wchan, "nfs_wait_bit");
	f.timeout_ns = 1500000000;
	explain(&f);
	CHECK_STR(text,
		  "process 3728 was not moved into the net namespace of process 1234: "
		  "its thread 3731 (nginx) is in uninterruptible sleep in nfs_wait_bit() and did "
		  "not stop within 1.5 s; nothing was changed; try again when it has finished "
		  "there, or wait longer with --timeout");
	f.comm[0] = f.wchan[0] = '\0';
	f.timeout_ns = 0;
	explain(&f);
	CHECK_HAS(text, "its thread 3731 is in uninterruptible sleep and did not stop within 5 s;");
}

TEST(who_waited_for_another_call_names_no_thread)
{
	struct nsattach_failure f = attach_failure(NSATTACH_R_DEADLINE, ETIMEDOUT);

	f.error.tid = f.error.state = 0;
	explain(&f);
	CHECK_HAS(text, ": it waited for another attach or detach, which did not end within 5 s; "
			"nothing was changed;");
}

TEST(who_asks_is_told_to_let_another_one_do_it)
{
	struct nsattach_failure f = attach_failure(NSATTACH_R_PID_BUSY, EBUSY);

	explain(&f);
	CHECK_HAS(text, ": process 3731 is the one that asks, and can not move itself between pid "
			"namespaces; let another process move it");
}

TEST(a_detach_has_remedies_that_a_detach_can_follow)
{
	struct nsattach_failure f = attach_failure(NSATTACH_R_PIDNS_NOT_BELOW, EINVAL);

	f.stage = NSATTACH_STAGE_DETACH;
	explain(&f);
	CHECK_STR(text, "process 3728 was not put back: it was not moved out of the same pid "
			"namespace as the others; detach them one by one, or give --each");
}

TEST(an_id_that_is_unmapped_need_not_be_translated)
{
	struct nsattach_failure f = attach_failure(NSATTACH_R_ID_UNMAPPED, EOVERFLOW);

	explain(&f);
	CHECK_HAS(text, "; map that id inside, or leave --creds translate out");
}

TEST(without_a_namespace_of_its_own_all_are_named)
{
	struct nsattach_failure f = attach_failure(NSATTACH_R_SUBJECT_KTHREAD, EINVAL);

	f.error.ns = 0;
	explain(&f);
	CHECK_HAS(text, "into the mnt,net namespaces of process 1234: it is a kernel thread");
}

TEST(namespace_files_have_no_target_process)
{
	struct nsattach_failure f = attach_failure(NSATTACH_R_PERM_NS, EPERM);

	f.target = 0;
	explain(&f);
	CHECK_HAS(text, "into the net namespace: you do not have CAP_SYS_ADMIN");
}

TEST(of_a_set_it_is_said_that_none_moved)
{
	struct nsattach_failure f = attach_failure(NSATTACH_R_CHROOTED, EXDEV);

	f.count = 3;
	explain(&f);
	CHECK_HAS(text, "so none of the 3 processes was moved");
}

TEST(an_interrupted_attach_says_that_nothing_changed)
{
	struct nsattach_failure f = attach_failure(0, EINTR);

	explain(&f);
	CHECK_HAS(text, "interrupted by a signal; nothing was changed");
}

TEST(a_thread_is_told_from_a_process)
{
	struct nsattach_failure f = {
		.stage = NSATTACH_STAGE_SUBJECT, .err = EINVAL, .name = "17", .leader = 12
	};

	explain(&f);
	CHECK_STR(text, "17 is a thread of process 12, not a process; "
			"name 12: all its threads count as one");
}

TEST(what_is_no_thread_either_is_no_number_of_a_process)
{
	struct nsattach_failure f = { .stage = NSATTACH_STAGE_TARGET,
				      .err = EINVAL,
				      .name = "12abc" };

	explain(&f);
	CHECK_STR(text, "12abc is not the number of a process; "
			"look for its number with ps or pgrep");
}

TEST(who_shares_the_memory_is_named)
{
	struct nsattach_failure f = attach_failure(NSATTACH_R_MM_SHARED, EBUSY);

	explain(&f);
	CHECK_HAS(text, ": it shares its memory with process 3731; "
			"move both at once: add --pid 3731");
}

TEST(each_way_to_miss_the_module_has_its_own_remedy)
{
	static const struct {
		int err;
		const char *part;
	} ways[] = {
		{ ENOENT, "no nsattach module for the running kernel" },
		{ ENOEXEC, "built for another kernel" },
		{ EPERM, "you may not load it" },
		{ EKEYREJECTED, "not signed with a key" },
		{ EOPNOTSUPP, "kernel.modules_disabled" },
		{ EACCES, "blacklisted" },
		{ ENODEV, "did not appear" },
		{ EINVAL, "did not start (see the kernel log): Invalid argument" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct nsattach_failure f = { .stage = NSATTACH_STAGE_LOAD, .err = ways[i].err };

		explain(&f);
		CHECK_HAS(text, ways[i].part);
	}
}

TEST(a_long_sentence_is_cut_not_overrun)
{
	struct nsattach_failure f = attach_failure(NSATTACH_R_DEADLINE, ETIMEDOUT);
	char small[17];

	small[16] = '!';
	CHECK(nsattach_explain(&f, small, 16) > 16);
	CHECK_INT(strlen(small), 15);
	CHECK_INT(small[16], '!');
	CHECK(nsattach_explain(&f, NULL, 0) > 16);
}

TEST(an_unknown_reason_falls_back_on_its_errno)
{
	struct nsattach_failure f = attach_failure(9999, EXDEV);

	explain(&f);
	CHECK_HAS(text, "Invalid cross-device link");
}
