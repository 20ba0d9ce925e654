// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs out of seeds
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

static const struct {
	const char *name;
	unsigned int weight;
} ops[OP_COUNT] = {
	[OP_SPAWN] = { "spawn", 14 },
	[OP_ATTACH] = { "attach", 24 },
	[OP_ATTACH_ASYNC] = { "attach-async", 16 },
	[OP_DETACH] = { "detach", 8 },
	[OP_DETACH_ASYNC] = { "detach-async", 4 },
	[OP_LIST] = { "list", 3 },
	[OP_QUERY] = { "query", 1 },
	[OP_NOISE] = { "noise", 3 },
	[OP_SIGNAL] = { "signal", 8 },
	[OP_SIGNAL_CALLER] = { "signal-caller", 4 },
	[OP_WAIT_CALLER] = { "wait-caller", 3 },
	[OP_POKE] = { "poke", 18 },
	[OP_PTRACE] = { "ptrace", 8 },
	[OP_FREEZE] = { "freeze", 4 },
	[OP_CGROUP] = { "cgroup", 6 },
	[OP_FAULT] = { "fault", 4 },
	[OP_SLEEP] = { "sleep", 4 },
	[OP_LOOK] = { "look", 2 },
};

/* splitmix64 */
uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static enum op random_op(uint64_t *rng)
{
	unsigned int total = 0, at;

	for (int i = 0; i < OP_COUNT; i++)
		total += ops[i].weight;
	at = (unsigned int)(random_next(rng) % total);
	for (int i = 0; i < OP_COUNT; i++) {
		if (at < ops[i].weight)
			return (enum op)i;
		at -= ops[i].weight;
	}
	return OP_LOOK;
}

static struct call random_call(uint64_t *rng, enum op op)
{
	return (struct call){
		.op = op,
		.a = (uint32_t)random_next(rng),
		.b = (uint32_t)random_next(rng),
		.c = (uint32_t)random_next(rng),
		.d = (uint32_t)random_next(rng),
		.x = random_next(rng),
		.y = random_next(rng),
	};
}

/* Without a process there is nothing to do: the first calls make some. */
static void generate(struct program *p, uint64_t seed)
{
	uint64_t rng = seed;
	unsigned int spawns;

	p->nr = 4 + (unsigned int)(random_next(&rng) % (CALLS_MAX - 4));
	spawns = 1 + (unsigned int)(random_next(&rng) % 3);
	for (unsigned int i = 0; i < p->nr; i++)
		p->calls[i] = random_call(&rng, i < spawns ? OP_SPAWN : random_op(&rng));
}

static void insert(struct program *p, unsigned int at, struct call call)
{
	if (p->nr == CALLS_MAX)
		return;
	memmove(&p->calls[at + 1], &p->calls[at], (p->nr - at) * sizeof(p->calls[0]));
	p->calls[at] = call;
	p->nr++;
}

static void change_argument(struct call *call, uint64_t *rng)
{
	uint32_t *small[] = { &call->a, &call->b, &call->c, &call->d };
	uint64_t which = random_next(rng) % 6, value = random_next(rng);

	if (which < 4)
		*small[which] = (uint32_t)value;
	else if (which == 4)
		call->x = value;
	else
		call->y = value;
}

static void change_once(struct program *p, uint64_t *rng)
{
	unsigned int at = (unsigned int)(random_next(rng) % p->nr);
	struct program other;

	switch (random_next(rng) % 8) {
	case 0:
	case 1:
		insert(p, at, random_call(rng, random_op(rng)));
		break;
	case 2:
		if (p->nr > 2) {
			p->nr--;
			memmove(&p->calls[at], &p->calls[at + 1],
				(p->nr - at) * sizeof(p->calls[0]));
		}
		break;
	case 3:
		insert(p, at, p->calls[random_next(rng) % p->nr]);
		break;
	case 4:
		/* The rest of another program. */
		generate(&other, random_next(rng));
		for (; at < p->nr && at < other.nr; at++)
			p->calls[at] = other.calls[at];
		break;
	default:
		change_argument(&p->calls[at], rng);
	}
}

static void change(struct program *p, uint64_t seed)
{
	uint64_t rng = seed ^ 0x5851f42d4c957f2dULL;
	uint64_t times = 1 + random_next(&rng) % 3;

	while (times--)
		change_once(p, &rng);
}

bool program_from_name(struct program *p, const char *name)
{
	bool first = true;
	char *end;

	for (;; name = end + 1, first = false) {
		uint64_t seed;

		if (!isdigit((unsigned char)*name))
			return false;
		seed = strtoull(name, &end, 10);
		if (first)
			generate(p, seed);
		else
			change(p, seed);
		if (!*end)
			return true;
		if (*end != '.')
			return false;
	}
}

unsigned int name_depth(const char *name)
{
	unsigned int depth = 1;

	for (; *name; name++)
		depth += *name == '.';
	return depth;
}

void program_print(const struct program *p, FILE *out)
{
	for (unsigned int i = 0; i < p->nr; i++) {
		const struct call *c = &p->calls[i];

		fprintf(out, "#   %2u %-13s %u %u %u %u %#llx %#llx\n", i, ops[c->op].name, c->a,
			c->b, c->c, c->d, (unsigned long long)c->x, (unsigned long long)c->y);
	}
}
