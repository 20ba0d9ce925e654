// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a program acts on, and its calls one after the other
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../shared.h"
#include "../snapshot.h"
#include "world.h"

struct world world;

/* Containers of several kinds, and the namespaces of the fuzzer itself. */
static const uint64_t place_namespaces[PLACES] = {
	NS_BASE, NS_NOPID | CLONE_NEWUSER, NS_BASE | CLONE_NEWTIME, NS_BASE | CLONE_NEWUSER, 0,
};

static uint64_t homes[PLACES];

const char *world_start(void)
{
	const char *bad = NULL;

	for (unsigned int i = 0; i < PLACES && !bad; i++) {
		struct place *place = &world.places[i];

		bad = place_start(place, i + 1, place_namespaces[i]);
		homes[i] = bad ? 0 : world_of(place->pid, place->pid);
	}
	return bad;
}

void world_stop(void)
{
	for (unsigned int i = 0; i < PLACES; i++)
		place_stop(&world.places[i]);
}

/* A semaphore stays when its maker is killed, and has its struct pid, which has a namespace. */
void world_tidy(void)
{
	struct seminfo info;
	int last = semctl(0, 0, SEM_INFO, &info);

	for (int i = 0; i <= last; i++) {
		struct semid_ds ds;
		int id = semctl(i, 0, SEM_STAT, &ds);

		if (id >= 0)
			semctl(id, 0, IPC_RMID);
	}
}

const char *world_damage(void)
{
	static char text[80];

	for (unsigned int i = 0; i < PLACES; i++) {
		uint64_t now = world_of(world.places[i].pid, world.places[i].pid);

		if (now == homes[i])
			continue;
		snprintf(text, sizeof(text), "place %u, which no call names, %s", i + 1,
			 now ? "was moved" : "is dead");
		return text;
	}
	return NULL;
}

void world_complain(const char *format, ...)
{
	va_list args;

	if (world.complaint[0])
		return;
	va_start(args, format);
	vsnprintf(world.complaint, COMPLAINT_MAX, format, args);
	va_end(args);
}

uint64_t world_of(pid_t pid, pid_t tid)
{
	uint64_t all = 0;

	for (int i = 0; i < NS_COUNT; i++) {
		uint64_t ns = task_ns(pid, tid, ns_types[i].member);

		if (!ns)
			return 0;
		all = all * 1000003 + ns;
	}
	return all;
}

/* Threads and children that it makes at once are born in "run", or in a cgroup of its own. */
static void spawn(const struct call *call)
{
	unsigned int slot = call->d % SLOTS;
	struct actor *actor = &world.actors[slot];

	if (actor->pid)
		return;
	actor_spawn(actor, call);
	if (actor->pid)
		cgroup_put(slot, actor->pid);
}

static void send_signal(const struct call *call)
{
	static const int signals[] = { SIGSTOP, SIGCONT, SIGCONT, SIGUSR1,
				       SIGUSR1, SIGKILL, SIGTSTP, SIGTERM };
	struct actor *actor = &world.actors[call->a % SLOTS];

	if (actor->pid)
		syscall(SYS_pidfd_send_signal, actor->pidfd, signals[call->b % 8], NULL, 0);
}

static void signal_caller(const struct call *call)
{
	static const int signals[] = { SIGTERM, SIGKILL, SIGUSR1, SIGSTOP };
	pid_t pid = world.callers[call->a % CALLERS];

	if (pid <= 0)
		return;
	kill(pid, signals[call->b % 4]);
	if (call->b / 4 % 2)
		kill(pid, SIGCONT);
}

static void trace(const struct call *call)
{
	struct actor *actor = &world.actors[call->a % SLOTS];
	unsigned long regs[32];
	struct iovec io = { regs, sizeof(regs) };

	if (!actor->pid)
		return;
	switch (call->b % 8) {
	case 0:
		ptrace(PTRACE_ATTACH, actor->pid, 0, 0);
		break;
	case 1:
		ptrace(PTRACE_SEIZE, actor->pid, 0, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT);
		break;
	case 2:
		ptrace(PTRACE_SEIZE, actor->pid, 0, 0);
		ptrace(PTRACE_INTERRUPT, actor->pid, 0, 0);
		break;
	case 3:
		ptrace(PTRACE_CONT, actor->pid, 0, call->c % 8 ? 0 : SIGUSR1);
		break;
	case 4:
		ptrace(PTRACE_SYSCALL, actor->pid, 0, 0);
		break;
	case 5:
		ptrace(PTRACE_DETACH, actor->pid, 0, 0);
		break;
	case 6:
		ptrace(PTRACE_LISTEN, actor->pid, 0, 0);
		break;
	default:
		ptrace(PTRACE_GETREGSET, actor->pid, 1, &io);
	}
	while (waitpid(actor->pid, NULL, WNOHANG | __WALL) > 0)
		usleep(200);
}

static bool is_over(pid_t *pid)
{
	if (*pid > 0 && waitpid(*pid, NULL, WNOHANG | __WALL))
		*pid = 0;
	return !*pid;
}

static void wait_for_caller(const struct call *call)
{
	for (int turns = 0; turns < 200 && !is_over(&world.callers[call->a % CALLERS]); turns++)
		usleep(2000);
}

bool world_is_calm(void)
{
	bool calm = !world.restless;

	for (unsigned int i = 0; i < CALLERS; i++)
		calm &= is_over(&world.callers[i]);
	return calm;
}

/* The nth allocation of an actor from now on fails. */
static void fail_actor(const struct call *call)
{
	struct actor *actor = &world.actors[call->a % SLOTS];
	char path[64], text[16];

	if (!actor->pid || !world.faults)
		return;
	snprintf(path, sizeof(path), "/proc/%d/fail-nth", actor->pid);
	snprintf(text, sizeof(text), "%u", 1 + call->b % 24);
	write_file(path, text);
}

static void look(void)
{
	for (unsigned int i = 0; i < SLOTS; i++) {
		if (world.actors[i].pid)
			world_of(world.actors[i].pid, world.actors[i].pid);
	}
}

static void run(const struct call *c)
{
	switch (c->op) {
	case OP_SPAWN:
		spawn(c);
		break;
	case OP_ATTACH:
	case OP_DETACH:
		call_attach(c, c->op == OP_DETACH);
		break;
	case OP_ATTACH_ASYNC:
	case OP_DETACH_ASYNC:
		call_async(c, c->op == OP_DETACH_ASYNC);
		break;
	case OP_LIST:
		call_list(c);
		break;
	case OP_QUERY:
	case OP_NOISE:
		call_noise(c);
		break;
	case OP_SIGNAL:
		send_signal(c);
		break;
	case OP_SIGNAL_CALLER:
		signal_caller(c);
		break;
	case OP_WAIT_CALLER:
		wait_for_caller(c);
		break;
	case OP_POKE:
		actor_poke(&world.actors[c->a % SLOTS], c);
		break;
	case OP_PTRACE:
		trace(c);
		break;
	case OP_FREEZE:
		cgroup_freeze(c->a, c->b % 2);
		break;
	case OP_CGROUP:
		cgroup_change(c);
		break;
	case OP_FAULT:
		fail_actor(c);
		break;
	case OP_SLEEP:
		usleep(c->a % 20000);
		break;
	default:
		look();
	}
}

/* Callers are in the kernel, or gone: when they are gone, what they began is over. */
static void end_callers(void)
{
	for (unsigned int i = 0; i < CALLERS; i++) {
		if (world.callers[i] > 0)
			kill_and_reap(world.callers[i]);
		world.callers[i] = 0;
	}
}

void world_run(const struct program *p)
{
	for (unsigned int i = 0; i < p->nr; i++)
		run(&p->calls[i]);
	end_callers();
	judge_wholeness();
}
