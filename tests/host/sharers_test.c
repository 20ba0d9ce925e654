// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who shares with whom among many, against comparing each with each
 */
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/kcmp.h>

#include "../../userland/lib/internal.h"
#include "tap.h"

#define NR 24
#define RESTLESS 3

/* The child at i shares with its own child what the bits of i say. */
static pid_t children[NR], sharers[NR], restless[RESTLESS];
static pid_t *made;

static int wait_for_the_end(void *unused)
{
	(void)unused;
	while (pause())
		continue;
	return 0;
}

static void share(unsigned int bits)
{
	static char stack[4096 * 4];
	int flags = SIGCHLD | (bits & 1 ? CLONE_VM : 0) | (bits & 2 ? CLONE_FS : 0) |
		    (bits & 4 ? CLONE_FILES : 0);

	*made = clone(wait_for_the_end, stack + sizeof(stack), flags, NULL);
	wait_for_the_end(NULL);
}

/* It has another memory at each look. */
static void exec_and_exec(void)
{
	setenv("again", "exec sh -c \"$again\"", 1);
	execlp("sh", "sh", "-c", getenv("again"), NULL);
	_exit(127);
}

static void begin(void)
{
	made = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (unsigned int i = 0; i < NR; i++) {
		*made = 0;
		children[i] = fork();
		if (!children[i])
			share(i);
		for (int n = 0; n < 10000 && !__atomic_load_n(made, __ATOMIC_SEQ_CST); n++)
			usleep(1000);
		sharers[i] = *made;
		CHECK(sharers[i] > 0);
	}
}

static void end(void)
{
	for (unsigned int i = 0; i < NR; i++) {
		/* the parent first: it would be left as a zombie */
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
		kill(sharers[i], SIGKILL);
	}
	munmap(made, 4096);
}

static unsigned int found[3];
static pid_t partner;
static unsigned int strange;

static int count(const struct nsattach_residue *r, void *data)
{
	unsigned int kind = r->kind - NSATTACH_RESIDUE_MM;

	(void)data;
	if (kind > 2)
		return 0;
	found[kind]++;
	strange += r->with != partner;
	return 0;
}

/* Each child has found what it shares with its partner, and nothing else. */
static void are_found(struct nsattach_request *r, struct residue_set *set, size_t index)
{
	static const int types[] = { KCMP_VM, KCMP_FS, KCMP_FILES };
	pid_t pid = nsattach_request_pid(r, index);

	memset(found, 0, sizeof(found));
	strange = 0;
	for (unsigned int i = 0; i < NR; i++)
		partner = pid == children[i] ? sharers[i] : pid == sharers[i] ? children[i] :
										partner;
	CHECK_INT(residue_set_scan(set, index, 0, count, NULL), 0);
	CHECK_INT(strange, 0);
	for (unsigned int t = 0; t < 3; t++)
		CHECK_INT(found[t], !syscall(SYS_kcmp, pid, partner, types[t], 0, 0));
}

/* Every child, and @with_sharers of their partners, are subjects. */
static void compare_all(unsigned int with_sharers)
{
	struct nsattach_request *r;
	struct residue_set *set;

	nsattach_request_new(&r);
	for (unsigned int i = 0; i < RESTLESS && restless[i]; i++)
		CHECK_INT(nsattach_request_add_pid(r, restless[i]), 0);
	for (unsigned int i = 0; i < NR; i++)
		CHECK_INT(nsattach_request_add_pid(r, children[i]), 0);
	for (unsigned int i = 0; i < with_sharers; i++)
		CHECK_INT(nsattach_request_add_pid(r, sharers[i]), 0);
	nsattach_request_set_target(r, getpid());
	nsattach_request_set_namespaces(r, CLONE_NEWUTS);
	CHECK_INT(residue_set_new(r, 0, nsattach_request_count(r), &set), 0);
	for (size_t i = restless[0] ? RESTLESS : 0; i < nsattach_request_count(r); i++)
		are_found(r, set, i);
	residue_set_free(set);
	nsattach_request_free(r);
}

TEST(sharers_among_many_are_found_as_if_each_were_compared_with_each)
{
	begin();
	compare_all(0);
	compare_all(NR / 2);
	compare_all(NR);
	end();
}

TEST(those_that_change_their_memory_meanwhile_hide_nobody)
{
	begin();
	for (unsigned int i = 0; i < RESTLESS; i++) {
		restless[i] = fork();
		if (!restless[i])
			exec_and_exec();
	}
	for (unsigned int round = 0; round < 10; round++)
		compare_all(NR / 2);
	for (unsigned int i = 0; i < RESTLESS; i++) {
		kill(restless[i], SIGKILL);
		waitpid(restless[i], NULL, 0);
		restless[i] = 0;
	}
	end();
}
