/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_FUZZ_WORLD_H
#define NSATTACH_FUZZ_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../attach.h"
#include "../place.h"
#include "program.h"

#define PLACES 5
#define SLOTS 6
#define CALLERS 4
#define FUZZ_CGROUP "fuzz"

/**
 * struct order - what an actor is to do, and how far it is; shared with it
 * @word:	counts orders; a futex
 * @what:	index of one in actor.c
 * @ready:	it has become what its kind is
 */
struct order {
	uint32_t word;
	uint32_t what;
	uint32_t ready;
	uint64_t x;
};

/**
 * struct actor - a process that a program has made
 * @pid:	0: the slot is free
 * @pidfd:	-1: the slot is free
 * @wanders:	it may change its own namespaces, root, ids or cgroup
 */
struct actor {
	pid_t pid;
	int pidfd;
	struct order *order;
	bool wanders;
};

/**
 * struct world - all that a program can name
 * @places:	namespaces to go to; they stay from program to program
 * @actors:	processes
 * @callers:	processes that are in an ioctl, or were
 * @restless:	somebody else attaches, too: when it is over is not known
 * @lost:	the program's own process may have been moved
 * @faults:	this kernel injects them
 * @verbose:	tell each call and what came of it
 * @complaint:	shared: the first thing that was wrong
 */
struct world {
	struct place places[PLACES];
	struct actor actors[SLOTS];
	pid_t callers[CALLERS];
	bool restless;
	bool lost;
	bool faults;
	bool verbose;
	char *complaint;
};

#define COMPLAINT_MAX 240

extern struct world world;

/* NULL, or what went wrong. */
const char *world_start(void);
void world_stop(void);
/* The namespaces that a task of the fuzzer itself is in, as one number; 0 if it is gone. */
uint64_t world_of(pid_t pid, pid_t tid);
/* What is left of a program but its processes. */
void world_tidy(void);
/* NULL, or that a place is not what it was. */
const char *world_damage(void);

/* Carry out one program; its processes are left to the caller, in the cgroup. */
void world_run(const struct program *p);
void world_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Are all attaches over, except for those that are called right now? */
bool world_is_calm(void);

void actor_spawn(struct actor *actor, const struct call *call);
void actor_poke(struct actor *actor, const struct call *call);
bool actor_init(void);

/* The ioctls. Whoever calls these is the caller. */
void call_attach(const struct call *call, bool detach);
void call_noise(const struct call *call);
void call_list(const struct call *call);
/* In a process of its own. */
void call_async(const struct call *call, bool detach);

/* cgroups.c: where the processes of a program are */
const char *cgroup_path(const char *name);
bool cgroup_start(void);
/* Number @slot is the one where that actor is born. */
void cgroup_put(unsigned int slot, pid_t pid);
void cgroup_freeze(unsigned int slot, bool yes);
/* Make, remove, fill those that can be joined. */
void cgroup_change(const struct call *call);
/* An fd for NSATTACH_F_CGROUP. */
int cgroup_pick(uint32_t n, bool detach);
bool cgroup_is_empty(void);
void cgroup_kill(void);
void cgroup_tell(void);
/* Like before the first program. */
void cgroup_reset(void);
/* NULL, or that removed ones are not freed. */
const char *cgroup_leak(void);

/* judge.c: what a call in a calm world must have done */
struct judge *judge_begin(const struct attach *a);
void judge_end(struct judge *judge, const struct attach *a, bool detach, long ret);
/* All threads of the actors that do not change by themselves are together. */
void judge_wholeness(void);

#endif
