/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_FUZZ_PROGRAM_H
#define NSATTACH_FUZZ_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CALLS_MAX 24
#define NAME_MAX_LEN 160
/* Mutations of a mutation of ...: longer names are not made. */
#define CHAIN_MAX 12

enum op {
	OP_SPAWN,
	OP_ATTACH,
	OP_ATTACH_ASYNC,
	OP_DETACH,
	OP_DETACH_ASYNC,
	OP_LIST,
	OP_QUERY,
	OP_NOISE,
	OP_SIGNAL,
	OP_SIGNAL_CALLER,
	OP_WAIT_CALLER,
	OP_POKE,
	OP_PTRACE,
	OP_FREEZE,
	OP_CGROUP,
	OP_FAULT,
	OP_SLEEP,
	OP_LOOK,
	OP_COUNT,
};

/* One step. What the numbers mean is the business of who carries it out. */
struct call {
	enum op op;
	uint32_t a, b, c, d;
	uint64_t x, y;
};

struct program {
	unsigned int nr;
	struct call calls[CALLS_MAX];
};

/*
 * A program is a function of its name: "12" is made from seed 12, "12.7" is that one
 * changed with seed 7, and so on. False for what is no name.
 */
bool program_from_name(struct program *p, const char *name);
void program_print(const struct program *p, FILE *out);
/* Seeds in a name. */
unsigned int name_depth(const char *name);

uint64_t random_next(uint64_t *state);

#endif
