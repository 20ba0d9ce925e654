// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every combination of namespaces: a process that was moved sees the same world
 * as one that went there by setns(2), which moves a single thread rightly.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#include "ahead.h"
#include "attach.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

/* Bits of a combination: those of ns_types[], user and time among them. */
#define NR_COMBINATIONS ((1U << NS_COUNT) - 1)
#define AHEAD_S 100000U
#define BOX 4096

FIXTURE(differential)
{
	/* The same but for the owner: the first user namespace, or one of its own. */
	struct place plain;
	struct place owned;
	struct ahead ahead;
};

FIXTURE_SETUP(differential)
{
	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start(&self->plain, 1, NS_BASE));
	ASSERT_CLEAN(place_start_mapped(&self->owned, 2, NS_BASE | CLONE_NEWUSER, 100000));
	ASSERT_CLEAN(ahead_start(&self->ahead, AHEAD_S));
}

FIXTURE_TEARDOWN(differential)
{
	place_stop(&self->plain);
	place_stop(&self->owned);
	ahead_stop(&self->ahead);
}

/* Where a process is to go; what setns() is given. */
static struct {
	pid_t place;
	pid_t ahead;
	uint64_t mask;
} goal;

static uint64_t of_place(uint64_t mask)
{
	return mask & ~(uint64_t)CLONE_NEWTIME;
}

static int join_by_itself(struct subject_shared *shared, void *arg)
{
	(void)shared;
	(void)arg;
	/* Afterwards it would not be allowed any more. */
	if (goal.mask & CLONE_NEWTIME && setns(ns_open(goal.ahead, "time"), CLONE_NEWTIME))
		return errno;
	if (of_place(goal.mask) && setns(pidfd_of(goal.place), (int)of_place(goal.mask)))
		return errno;
	return 0;
}

static void add(char *text, const char *format, ...)
{
	size_t len = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + len, SUBJECT_TEXT - len, format, args);
	va_end(args);
}

static int outer_proc = -1;

static void add_file(char *text, const char *name)
{
	char buf[BOX];

	add(text, "%s: %s\n", name, read_at(outer_proc, name, buf, sizeof(buf)));
}

/* Without who was the last to use a segment, and when. */
static void add_segments(char *text)
{
	char buf[BOX], *line, *save, key[16], id[16], mode[16], size[24];

	read_at(outer_proc, "sysvipc/shm", buf, sizeof(buf));
	for (line = strtok_r(buf, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, "%15s %15s %15s %23s", key, id, mode, size) == 4)
			add(text, "segment: %s %s %s %s\n", key, id, mode, size);
}

static void add_credentials(char *text)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };
	uid_t r, e, s;
	gid_t rg, eg, sg;

	getresuid(&r, &e, &s);
	getresgid(&rg, &eg, &sg);
	add(text, "ids: %u %u %u, %u %u %u\n", r, e, s, rg, eg, sg);
	syscall(SYS_capget, &header, data);
	add(text, "caps: %x%08x %x%08x %x%08x\n", data[1].permitted, data[0].permitted,
	    data[1].effective, data[0].effective, data[1].inheritable, data[0].inheritable);
	add(text, "securebits: %d no_new_privs: %d\n", prctl(PR_GET_SECUREBITS),
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

/* Seconds between this clock and the one of the test, to the nearest thousand. */
static long ahead_by(clockid_t clock, time_t since)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (ts.tv_sec - since + 500) / 1000 * 1000;
}

static time_t clock_of_test;

static long look(char *text)
{
	struct timespec ts;

	/* The vDSO and the kernel have to agree as well. */
	view_write(text);
	add(text, "monotonic: %ld boottime: %ld\n", ahead_by(CLOCK_MONOTONIC, clock_of_test),
	    ahead_by(CLOCK_BOOTTIME, clock_of_test));
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
	add(text, "monotonic by call: %ld\n", (ts.tv_sec - clock_of_test + 500) / 1000 * 1000);
	add_credentials(text);
	add_file(text, "self/uid_map");
	add_file(text, "self/gid_map");
	add_file(text, "self/timens_offsets");
	add_file(text, "self/net/route");
	add_segments(text);
	return 0;
}

static const char *view_of(struct subject *s, char *view)
{
	if (subject_call(s, look))
		return "the subject does not answer";
	snprintf(view, SUBJECT_TEXT, "%s", s->shared->text);
	return strlen(view) > 200 ? NULL : "the view is empty";
}

/* The first line of @b that is not the same in @a. */
static const char *first_difference(const char *a, const char *b)
{
	static char text[400];

	while (*a && *b) {
		size_t la = strcspn(a, "\n"), lb = strcspn(b, "\n");

		if (la != lb || memcmp(a, b, la)) {
			snprintf(text, sizeof(text), "setns '%.*s', attach '%.*s'", (int)la, a,
				 (int)lb, b);
			return text;
		}
		a += la + (a[la] == '\n');
		b += lb + (b[lb] == '\n');
	}
	return *a || *b ? "one view is longer" : NULL;
}

static int move(pid_t pid, struct nsattach_error *error)
{
	struct attach a;
	int ret;

	attach_init(&a);
	ret = attach_add_subject(&a, pid);
	if (!ret && of_place(goal.mask))
		ret = attach_set_target(&a, goal.place, of_place(goal.mask));
	if (!ret)
		ret = attach_add_nsfds(&a, goal.ahead, goal.mask & CLONE_NEWTIME);
	if (!ret)
		ret = attach_call(&a);
	*error = a.arg.error;
	attach_done(&a);
	return ret;
}

static const char *differs(struct subject *oracle, struct subject *moved)
{
	static char expected[SUBJECT_TEXT], seen[SUBJECT_TEXT], text[128];
	const char *bad;

	for (int i = 0; i < NS_COUNT; i++) {
		const char *file = ns_types[i].member;

		snprintf(text, sizeof(text), "link of %s", file);
		if (task_ns(oracle->pid, oracle->pid, file) != task_ns(moved->pid, moved->pid, file))
			return text;
	}
	bad = view_of(oracle, expected);
	bad = bad ? bad : view_of(moved, seen);
	return bad ? bad : first_difference(expected, seen);
}

/* NULL, or how the two differ. */
static const char *try_combination(uint64_t mask)
{
	struct subject_options plain = { .threads = 1 };
	struct subject_options joins = { .threads = 1, .setup = join_by_itself };
	struct subject moved = { 0 }, oracle = { 0 };
	struct nsattach_error error = { 0 };
	struct timespec ts;
	const char *bad;

	goal.mask = mask;
	/* What is joined is not the test's own before; what is not, is for both. */
	plain.unshare = mask & NS_NOPID & ~(uint64_t)CLONE_NEWNS;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	clock_of_test = ts.tv_sec;
	bad = subject_start(&oracle, &joins);
	bad = bad ? bad : subject_start(&moved, &plain);
	if (!bad && move(moved.pid, &error))
		bad = attach_error_text(&error);
	bad = bad ? bad : differs(&oracle, &moved);
	subject_stop(&moved);
	subject_stop(&oracle);
	return bad;
}

TEST_F_TIMEOUT(differential, every_combination_looks_as_after_setns, 900)
{
	unsigned int step = full_scale() ? 1 : 5, combinations = 0, differences = 0;

	outer_proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (unsigned int index = 1; index <= NR_COMBINATIONS; index += step) {
		uint64_t mask = ns_mask_of_index(index);
		const char *bad;

		goal.place = mask & CLONE_NEWUSER ? self->owned.pid : self->plain.pid;
		goal.ahead = self->ahead.pid;
		bad = try_combination(mask);
		combinations++;
		differences += bad != NULL;
		EXPECT_EQ(NULL, bad) TH_LOG("%s: %s", ns_mask_name(mask), bad);
	}
	figure("differential.combinations", combinations);
	figure("differential.differences", differences);
}

TEST_HARNESS_MAIN
