// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Residue: what is shared with other processes, and the terminal
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/kcmp.h>
#include <linux/sched.h>

#include "residue.h"

static const struct shared {
	int type;
	enum nsattach_residue_kind kind;
	const char *what;
} shared[] = {
	{ KCMP_VM, NSATTACH_RESIDUE_MM, "memory is shared" },
	{ KCMP_FS, NSATTACH_RESIDUE_FS, "root and working directory are shared" },
	{ KCMP_FILES, NSATTACH_RESIDUE_FILES, "open files are shared" },
};

/**
 * struct process - one of the machine, as far as it matters who shares with whom
 * @pid:	its number
 * @task:	of its thread that still has something
 * @err:	errno of comparing with it, 0: it can be compared
 * @as:		for each thing that can be shared: the first of the subjects that has the
 *		same, by its place among the processes; -1: none has
 */
struct process {
	pid_t pid;
	pid_t task;
	int err;
	ssize_t as[ARRAY_SIZE(shared)];
};

/**
 * struct order - subjects that do not share a thing, in the order of kcmp(2)
 * @at:		their places among the processes
 * @nr:		their number
 * @thing:	which thing, an index into the table
 * @every:	compare with every one: they do not keep their order
 * @doubt:	one of them had another place than before
 */
struct order {
	size_t *at;
	size_t nr;
	size_t thing;
	int every;
	int doubt;
};

static int by_pid(const void *a, const void *b)
{
	const struct process *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static struct process *process_of(const struct sharers *s, pid_t pid)
{
	struct process key = { .pid = pid };

	return s->nr ? bsearch(&key, s->processes, s->nr, sizeof(key), by_pid) : NULL;
}

static int read_processes(struct sharers *s)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	size_t room = 0;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		pid_t pid = atoi(entry->d_name);
		void *more;

		if (pid <= 0)
			continue;
		if (s->nr == room) {
			room = room ? 2 * room : 256;
			more = reallocarray(s->processes, room, sizeof(*s->processes));
			if (!more)
				break;
			s->processes = more;
		}
		s->processes[s->nr++] = (struct process){ .pid = pid, .task = live_task(pid) };
	}
	closedir(dir);
	if (entry)
		return -ENOMEM;
	qsort(s->processes, s->nr, sizeof(*s->processes), by_pid);
	return 0;
}

/* 0: the same, 1 or 2: the first is before or behind, 3: different, -1 with errno. */
static long compare(const struct process *a, const struct process *b, size_t thing)
{
	return syscall(SYS_kcmp, a->task, b->task, shared[thing].type, 0, 0);
}

/* Who can be compared with itself can be compared with all others that can. */
static void look_who_can_be_compared(struct sharers *s)
{
	for (size_t i = 0; i < s->nr; i++)
		s->processes[i].err =
			compare(&s->processes[i], &s->processes[i], 0) < 0 ? errno : 0;
}

static int is_before(const struct sharers *s, const struct order *order, size_t at,
		     const struct process *p)
{
	return compare(&s->processes[order->at[at]], p, order->thing) == 1;
}

/* Who has the same as @p? Else -1, and where in the order @p would be. */
static ssize_t find_same(const struct sharers *s, struct order *order, const struct process *p,
			 size_t *where)
{
	size_t low = 0, high = order->nr;

	while (low < high) {
		size_t middle = order->every ? low : low + (high - low) / 2;
		long is = compare(&s->processes[order->at[middle]], p, order->thing);

		if (!is)
			return order->at[middle];
		if (is == 1 || order->every)
			low = middle + 1;
		else
			high = middle;
	}
	*where = low;
	/* one that leads astray is next to where the search ends; those behind it tell */
	if (!order->every && ((low > 1 && !is_before(s, order, low - 2, p)) ||
			      (low + 1 < order->nr && is_before(s, order, low + 1, p))))
		order->doubt = 1;
	return -1;
}

static void order_subject(struct sharers *s, struct order *order, struct process *p)
{
	size_t where;

	p->as[order->thing] = find_same(s, order, p, &where);
	if (p->as[order->thing] >= 0)
		return;
	memmove(order->at + where + 1, order->at + where,
		(order->nr++ - where) * sizeof(*order->at));
	order->at[where] = p - s->processes;
	p->as[order->thing] = p - s->processes;
}

/* One that execs or exits meanwhile has another place. */
static int is_in_order(const struct sharers *s, const struct order *order)
{
	for (size_t i = 1; i < order->nr; i++)
		if (compare(&s->processes[order->at[i - 1]], &s->processes[order->at[i]],
			    order->thing) != 1)
			return 0;
	return 1;
}

static int try_to_order(struct sharers *s, const struct nsattach_request *r, size_t first,
			size_t end, struct order *order)
{
	size_t where;

	order->nr = 0;
	order->doubt = 0;
	for (size_t i = 0; i < s->nr; i++)
		s->processes[i].as[order->thing] = -1;
	for (size_t i = first; i < end; i++) {
		struct process *p = process_of(s, nsattach_request_pid(r, i));

		if (p && !p->err)
			order_subject(s, order, p);
	}
	for (size_t i = 0; i < s->nr; i++) {
		struct process *p = &s->processes[i];

		if (!p->err && p->as[order->thing] < 0)
			p->as[order->thing] = find_same(s, order, p, &where);
	}
	return order->every || (!order->doubt && is_in_order(s, order));
}

/* How often subjects may come into disorder before each is compared with each. */
#define TRIES_MAX 3

int sharers_of(const struct nsattach_request *r, size_t first, size_t end, struct sharers *s)
{
	struct order order = { 0 };
	int err = read_processes(s);

	if (err)
		return err;
	order.at = calloc(end - first + 1, sizeof(*order.at));
	if (!order.at)
		return -ENOMEM;
	look_who_can_be_compared(s);
	for (; order.thing < ARRAY_SIZE(shared); order.thing++) {
		order.every = 0;
		for (int tries = 1; !try_to_order(s, r, first, end, &order); tries++) {
			look_who_can_be_compared(s);
			order.every = tries == TRIES_MAX;
		}
	}
	free(order.at);
	return 0;
}

void sharers_free(struct sharers *s)
{
	free(s->processes);
	s->processes = NULL;
}

static int tell_shared(struct scan *s, const struct process *self, const struct process *p)
{
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(shared) && !ret; i++)
		if (self->as[i] >= 0 && self->as[i] == p->as[i])
			ret = residue_found(s, shared[i].kind, 0, -1, p->pid, "%s", shared[i].what);
	return ret;
}

int residue_sharers(struct scan *s)
{
	const struct process *self = process_of(s->sharers, s->pid);
	size_t unseen = 0;
	char more[40] = "";
	pid_t first = 0;
	int why = 0, ret = 0;

	for (size_t i = 0; self && i < s->sharers->nr && !ret; i++) {
		const struct process *p = &s->sharers->processes[i];
		int err = self->err ?: p->err;

		if (p == self)
			continue;
		if (!err)
			ret = tell_shared(s, self, p);
		/* one that has gone shares nothing */
		else if (err != ESRCH && !unseen++) {
			first = p->pid;
			why = err;
		}
	}
	if (ret || !unseen)
		return ret;
	if (unseen > 1)
		snprintf(more, sizeof(more), " and %zu more", unseen - 1);
	return residue_found(s, NSATTACH_RESIDUE_UNSEEN, 0, -1, first,
			     "sharing with process %d%s (%s)", first, more, errno_words(why));
}

/* Field 7 of stat: the device number of the controlling terminal. */
int residue_tty(struct scan *s)
{
	char buf[STAT_MAX], *state, *p;
	unsigned int tty;

	if (read_stat(s->task, buf, &state))
		return -ESRCH;
	p = stat_field(state, 7);
	tty = p ? strtol(p, NULL, 10) : 0;
	if (!tty)
		return 0;
	return residue_found(s, NSATTACH_RESIDUE_TTY, 0, -1, 0, "controlling terminal %u:%u",
			     (tty >> 8) & 0xfff, (tty & 0xff) | ((tty >> 12) & 0xfff00));
}
