// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * After thousands of attaches and detaches the kernel has as many objects as
 * before: namespaces by their budgets, everything else by its slabs.
 */
#include <errno.h>
#include <fcntl.h>
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

FIXTURE(slab)
{
	struct place a;
	struct place b;
	struct subject subject;
	struct budgets used;
	struct slabs before;
	struct slabs after;
};

FIXTURE_SETUP(slab)
{
	ASSERT_LE(0, device_fd());
	budgets_take(&self->used);
}

FIXTURE_TEARDOWN(slab)
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

/* Stacks of threads that have ended are unmapped many at a time (mm/vmalloc.c, lazy_max_pages()). */
static bool is_emptied_late(const struct slab *slab)
{
	return !strcmp(slab->name, "vmap_area");
}

/* How many more objects the cache has that has grown most, and which it is. */
static long most_grown(const struct slabs *before, const struct slabs *after, const char **which)
{
	long most = 0;

	for (unsigned int i = 0; i < after->nr; i++) {
		const struct slab *was = find(before, after->slab[i].name);
		long more = (long)after->slab[i].objects - (long)(was ? was->objects : 0);

		if (more > most && !is_emptied_late(&after->slab[i])) {
			most = more;
			*which = after->slab[i].name;
		}
	}
	return most;
}

/* All that is copied in, for two who do not exist: -EBADF. */
static int ask_in_vain(void)
{
	static char path[3000];
	struct attach a;

	memset(path, '/', sizeof(path) - 1);
	attach_init(&a);
	a.arg.namespaces = CLONE_NEWUTS;
	a.arg.nr_subjects = 2;
	a.arg.wd = (uintptr_t)path;
	a.arg.wds = (uintptr_t)a.wds;
	for (int i = 0; i < 2; i++) {
		a.subjects[i].pidfd = -1;
		a.wds[i] = (uintptr_t)path;
	}
	return attach_call(&a);
}

static void cycle(struct __test_metadata *_metadata, FIXTURE_DATA(slab) *self, unsigned long i)
{
	const struct place *to = i % 2 ? &self->b : &self->a;
	struct nsattach_error error;

	for (int n = 0; n < 4; n++)
		ASSERT_EQ(-EBADF, ask_in_vain());

	/* In turn: there and back, there and on, with processes that end inside. */
	ASSERT_ATTACHED(attach_pid(self->subject.pid, to->pid, NS_NOPID, &error), error);
	if (i % 3)
		ASSERT_ATTACHED(detach_pid(self->subject.pid, &error), error);
	if (i % 50 == 49) {
		subject_stop(&self->subject);
		/* So many threads that what a refusal keeps of each is seen. */
		ASSERT_CLEAN(subject_start_plain(&self->subject, 100));
		ASSERT_EQ(-ENOENT, attach_pid_with(self->subject.pid, to->pid, NS_NOPID, 0,
						   "/missing", NULL));
		ASSERT_EQ(-ENOENT, attach_pid_with(self->subject.pid, to->pid, NS_NOPID,
						   NSATTACH_F_CHECK, "/missing", NULL));
		/* And what a second walk needs, which is as large as they are many. */
		for (int j = 0; j < 50; j++)
			ASSERT_EQ(0, attach_pid_with(self->subject.pid, to->pid, NS_NOPID,
						     NSATTACH_F_WHOLE_TREE, NULL, NULL));
		subject_stop(&self->subject);
		ASSERT_CLEAN(subject_start_plain(&self->subject, 4));
	}
	if (i % 200 == 199) {
		place_stop(&self->a);
		ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	}
}

static void cycles(struct __test_metadata *_metadata, FIXTURE_DATA(slab) *self,
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

TEST_F_TIMEOUT(slab, nothing_is_left_of_many_cycles, 1200)
{
	unsigned long rounds = scaled(400, 10000);
	const char *which = "";
	bool grows = true;
	long more = 0;

	/* What is made once and kept is not a leak. */
	cycles(_metadata, self, 400);
	ASSERT_CLEAN(budgets_not_back(&self->used));
	slabs_take(&self->after);
	/* A leak grows each time, the noise of the rest of the system does not. */
	for (int turn = 0; turn < 3 && grows; turn++) {
		self->before = self->after;
		cycles(_metadata, self, rounds);
		ASSERT_CLEAN(budgets_not_back(&self->used));
		slabs_take(&self->after);
		more = most_grown(&self->before, &self->after, &which);
		/* One object in fifty cycles, and as much noise as a quick run has. */
		grows = (long)rounds / 50 + 500 <= more ||
			kilobytes(&self->before) * 102 / 100 < kilobytes(&self->after);
		TH_LOG("most grown: %s by %ld", which, more);
	}
	figure("leak.cycles", (long long)rounds);
	figure("leak.slab_kilobytes_before", (long long)kilobytes(&self->before));
	figure("leak.slab_kilobytes_after", (long long)kilobytes(&self->after));
	figure("leak.objects_of_worst_slab", more);
	ASSERT_LT(0, kilobytes(&self->before));
	EXPECT_FALSE(grows);
}

TEST_HARNESS_MAIN
