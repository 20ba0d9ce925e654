// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * After thousands of attaches and detaches the kernel has as many objects as
 * before: namespaces by their budgets, everything else by its slabs.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "attach.h"
#include "budget.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

#define MAX_SLABS 400

/* One line of /proc/slabinfo. */
struct slab {
	char name[40];
	unsigned long objects;
	unsigned long size;
};

/* @unreclaimable: what /proc/meminfo says, for kernels that do not tell more. */
struct slabs {
	unsigned long unreclaimable;
	unsigned int nr;
	struct slab slab[MAX_SLABS];
};

FIXTURE(leak)
{
	struct place a;
	struct place b;
	struct subject subject;
	struct budgets used;
	struct slabs before;
	struct slabs after;
};

FIXTURE_SETUP(leak)
{
	ASSERT_LE(0, device_fd());
	budgets_take(&self->used);
}

FIXTURE_TEARDOWN(leak)
{
	subject_stop(&self->subject);
	place_stop(&self->a);
	place_stop(&self->b);
}

/* Empty caches, and what is freed by workers and after grace periods, first. */
static void slabs_take(struct slabs *s)
{
	static char text[256 * 1024];
	char *line, *save;

	for (int i = 0; i < 3; i++) {
		write_file("/proc/sys/vm/drop_caches", "3");
		usleep(300000);
	}
	slabs_shrink();
	read_at(AT_FDCWD, "/proc/meminfo", text, sizeof(text));
	line = strstr(text, "SUnreclaim:");
	s->unreclaimable = line ? strtoul(line + strlen("SUnreclaim:"), NULL, 10) : 0;
	s->nr = 0;
	read_at(AT_FDCWD, "/proc/slabinfo", text, sizeof(text));
	for (line = strtok_r(text, "\n", &save); line && s->nr < MAX_SLABS;
	     line = strtok_r(NULL, "\n", &save)) {
		struct slab *slab = &s->slab[s->nr];

		if (sscanf(line, "%39s %lu %*u %lu", slab->name, &slab->objects, &slab->size) == 3)
			s->nr++;
	}
}

static const struct slab *find(const struct slabs *s, const char *name)
{
	for (unsigned int i = 0; i < s->nr; i++)
		if (!strcmp(s->slab[i].name, name))
			return &s->slab[i];
	return NULL;
}

static unsigned long kilobytes(const struct slabs *s)
{
	unsigned long bytes = 0;

	if (!s->nr)
		return s->unreclaimable;
	for (unsigned int i = 0; i < s->nr; i++)
		bytes += s->slab[i].objects * s->slab[i].size;
	return bytes / 1024;
}

/* How many more objects the cache has that has grown most, and which it is. */
static long most_grown(const struct slabs *before, const struct slabs *after, const char **which)
{
	long most = 0;

	for (unsigned int i = 0; i < after->nr; i++) {
		const struct slab *was = find(before, after->slab[i].name);
		long more = (long)after->slab[i].objects - (long)(was ? was->objects : 0);

		if (more > most) {
			most = more;
			*which = after->slab[i].name;
		}
	}
	return most;
}

static void cycle(struct __test_metadata *_metadata, FIXTURE_DATA(leak) *self, unsigned long i)
{
	const struct place *to = i % 2 ? &self->b : &self->a;
	struct nsattach_error error;

	/* In turn: there and back, there and on, with processes that end inside. */
	ASSERT_ATTACHED(attach_pid(self->subject.pid, to->pid, NS_NOPID, &error), error);
	if (i % 3)
		ASSERT_ATTACHED(detach_pid(self->subject.pid, &error), error);
	if (i % 50 == 49) {
		subject_stop(&self->subject);
		ASSERT_CLEAN(subject_start_plain(&self->subject, 4));
	}
	if (i % 200 == 199) {
		place_stop(&self->a);
		ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	}
}

static void cycles(struct __test_metadata *_metadata, FIXTURE_DATA(leak) *self,
		   unsigned long rounds)
{
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(place_start(&self->b, 2, NS_BASE));
	ASSERT_CLEAN(subject_start_plain(&self->subject, 4));
	for (unsigned long i = 0; i < rounds; i++)
		cycle(_metadata, self, i);
	subject_stop(&self->subject);
	place_stop(&self->a);
	place_stop(&self->b);
}

TEST_F_TIMEOUT(leak, nothing_is_left_of_many_cycles, 1200)
{
	unsigned long rounds = scaled(400, 10000);
	const char *which = "";
	long more;

	/* What is made once and kept is not a leak. */
	cycles(_metadata, self, 400);
	ASSERT_CLEAN(budgets_not_back(&self->used));
	slabs_take(&self->before);
	cycles(_metadata, self, rounds);
	EXPECT_CLEAN(budgets_not_back(&self->used));
	figure("leak.cycles", (long long)rounds);
	slabs_take(&self->after);
	more = most_grown(&self->before, &self->after, &which);
	figure("leak.slab_kilobytes_before", (long long)kilobytes(&self->before));
	figure("leak.slab_kilobytes_after", (long long)kilobytes(&self->after));
	figure("leak.objects_of_worst_slab", more);
	TH_LOG("most grown: %s by %ld", which, more);
	ASSERT_LT(0, kilobytes(&self->before));
	/* One object in fifty cycles, and as much noise as a quick run has. */
	EXPECT_GT((long)rounds / 50 + 500, more);
	EXPECT_GE(kilobytes(&self->before) * 102 / 100, kilobytes(&self->after));
}

TEST_HARNESS_MAIN
