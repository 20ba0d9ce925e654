// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How many more namespaces of a type the test's user may make: the limit is
 * lowered until one more is refused. What still counts has not been freed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "budget.h"
#include "nstype.h"
#include "shared.h"

static const struct {
	const char *name;
	int type;
} types[NR_BUDGETS] = {
	{ "mnt", CLONE_NEWNS }, { "net", CLONE_NEWNET }, { "uts", CLONE_NEWUTS },
	{ "ipc", CLONE_NEWIPC }, { "cgroup", CLONE_NEWCGROUP }, { "pid", CLONE_NEWPID },
	{ "user", CLONE_NEWUSER }, { "time", CLONE_NEWTIME },
};

static bool one_more_fits(const char *knob, unsigned int limit, int type)
{
	char text[16];
	pid_t pid;
	int status;

	snprintf(text, sizeof(text), "%u", limit);
	if (!write_file(knob, text))
		return false;
	pid = fork_child();
	if (!pid)
		_exit(unshare(type) != 0);
	return waitpid(pid, &status, 0) == pid && !status;
}

static const char *knob_of(int type, char *was, size_t size)
{
	static char knob[64];

	snprintf(knob, sizeof(knob), "/proc/sys/user/max_%s_namespaces", types[type].name);
	read_at(AT_FDCWD, knob, was, size);
	return knob;
}

/* From below: what is refused makes no namespace that counts until it is freed. */
static unsigned int used(int type)
{
	char was[16];
	const char *knob = knob_of(type, was, sizeof(was));
	unsigned int n = 0;

	while (!one_more_fits(knob, n + 1, types[type].type) && n < 1024)
		n++;
	write_file(knob, was);
	return n;
}

/*
 * Namespaces of before may not be freed yet, and the one that was made by the
 * look is not: look again until nothing has become less.
 */
void budgets_take(struct budgets *b)
{
	bool less = true;

	for (int i = 0; i < NR_BUDGETS; i++)
		b->used[i] = used(i);
	while (less) {
		usleep(300000);
		less = false;
		for (int i = 0; i < NR_BUDGETS; i++) {
			unsigned int n = used(i);

			less |= n < b->used[i];
			b->used[i] = n;
		}
	}
}

static const char *first_above(const struct budgets *b)
{
	for (int i = 0; i < NR_BUDGETS; i++) {
		char was[16];
		const char *knob = knob_of(i, was, sizeof(was));
		bool fits = one_more_fits(knob, b->used[i] + 1, types[i].type);

		write_file(knob, was);
		if (!fits)
			return types[i].name;
	}
	return NULL;
}

const char *budgets_not_back(const struct budgets *b)
{
	const char *above;

	for (int turns = 0; turns < 600; turns++) {
		above = first_above(b);
		if (!above)
			return NULL;
		usleep(100000);
	}
	return above;
}
