// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs that check their own world find nothing wrong while they are moved
 * once a second, all of them in one call.
 */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "attach.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"
#include "world.h"

#define MAX_PROGRAMS 40

struct program {
	const struct world *world;
	pid_t pid;
	uint32_t rounds;
	uint32_t wrong;
	char told[128];
};

struct programs {
	uint32_t stop;
	unsigned int nr;
	struct program program[MAX_PROGRAMS];
};

FIXTURE(world)
{
	struct place a;
	struct place b;
	struct programs *programs;
};

FIXTURE_SETUP(world)
{
	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(place_start(&self->b, 2, NS_BASE));
	self->programs = shared_alloc(sizeof(*self->programs));
}

FIXTURE_TEARDOWN(world)
{
	for (unsigned int i = 0; i < self->programs->nr; i++)
		kill_and_reap(self->programs->program[i].pid);
	place_stop(&self->a);
	place_stop(&self->b);
}

static void run(struct programs *all, struct program *p)
{
	while (!GET(all->stop)) {
		const char *bad = p->world->round();

		ADD(p->rounds, 1);
		if (bad && ADD(p->wrong, 1) == 1)
			snprintf(p->told, sizeof(p->told), "%s", bad);
		/* Two processors for all of them. */
		usleep(2000);
	}
	_exit(0);
}

static void start(struct programs *all, const struct world *worlds, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		struct program *p = &all->program[all->nr++];
		pid_t pid;

		p->world = &worlds[i];
		pid = fork_child();
		if (!pid)
			run(all, p);
		p->pid = pid;
	}
}

static int move_all(const struct programs *all, const struct place *to, struct nsattach_error *error)
{
	struct attach a;
	int ret = 0;

	attach_init(&a);
	for (unsigned int i = 0; !ret && i < all->nr; i++)
		ret = attach_add_subject(&a, all->program[i].pid);
	ret = ret ? ret : attach_set_target(&a, to->pid, NS_NOPID);
	a.arg.timeout_ns = 20ULL * 1000 * 1000 * 1000;
	for (int tries = 0; !ret && tries < 3; tries++) {
		ret = attach_call(&a);
		if (ret != -EAGAIN)
			break;
		ret = tries < 2 ? 0 : ret;
	}
	*error = a.arg.error;
	attach_done(&a);
	return ret;
}

static const struct program *who_has_not_gone_on(const struct programs *all, const uint32_t *rounds)
{
	for (unsigned int i = 0; i < all->nr; i++)
		if (GET(all->program[i].rounds) <= rounds[i] + 1)
			return &all->program[i];
	return NULL;
}

TEST_F_TIMEOUT(world, is_right_for_programs_that_are_moved_once_a_second, 1200)
{
	unsigned long moves = scaled(4, 120);
	struct programs *all = self->programs;
	unsigned int wrong = 0;

	start(all, world_clocks, nr_world_clocks);
	start(all, world_talks, nr_world_talks);
	for (unsigned long i = 0; i < moves; i++) {
		const struct place *to = i % 2 ? &self->b : &self->a;
		uint32_t rounds[MAX_PROGRAMS];
		struct nsattach_error error;

		for (unsigned int p = 0; p < all->nr; p++)
			rounds[p] = GET(all->program[p].rounds);
		usleep(1000000);
		ASSERT_ATTACHED(move_all(all, to, &error), error);
		for (unsigned int p = 0; p < all->nr; p++)
			ASSERT_CLEAN(not_in(all->program[p].pid, to, NS_NOPID));
		ASSERT_TRUE(UNTIL(!who_has_not_gone_on(all, rounds)))
		{
			const struct program *p = who_has_not_gone_on(all, rounds);

			TH_LOG("%s: in call %ld, state %c", p->world->name,
			       task_syscall(p->pid, p->pid), task_state(p->pid, p->pid));
		}
	}
	SET(all->stop, 1);
	for (unsigned int p = 0; p < all->nr; p++) {
		const struct program *program = &all->program[p];

		wrong += program->wrong != 0;
		EXPECT_EQ(0, program->wrong)
		{
			TH_LOG("%s: %s, %u of %u", program->world->name, program->told,
			       program->wrong, program->rounds);
		}
	}
	figure("world.programs", all->nr);
	figure("world.moves", (long long)moves);
	figure("world.programs_with_complaints", wrong);
}

TEST_HARNESS_MAIN
