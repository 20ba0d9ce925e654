// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared.h"
#include "snapshot.h"
#include "storm.h"

struct storm *storm;
static int outer_proc = -1;

/* pid is left out: who joins a pid namespace can not make threads. */
static const int judged[] = { NS_MNT, NS_NET, NS_UTS, NS_IPC, NS_CGROUP };
#define NR_JUDGED (sizeof(judged) / sizeof(*judged))

void storm_init(void)
{
	storm = shared_alloc(sizeof(*storm));
	outer_proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* The one that bodies wait for comes last: from then on the set is judged by. */
void storm_set_from_task(unsigned int set, pid_t pid)
{
	uint64_t *ns = storm->sets[set];

	for (size_t i = 0; i < NR_JUDGED; i++)
		if (judged[i] != NS_UTS)
			ns[judged[i]] = task_ns(pid, pid, ns_types[judged[i]].member);
	SET(ns[NS_UTS], task_ns(pid, pid, ns_types[NS_UTS].member));
}

void storm_set_from_place(unsigned int set, const struct place *place)
{
	memcpy(storm->sets[set], place->ns, sizeof(place->ns));
}

void storm_attach_begins(void)
{
	ADD(storm->generation, 1);
}

void storm_attach_ends(unsigned int set)
{
	SET(storm->current, set);
	ADD(storm->generation, 1);
}

const char *storm_complaint(void)
{
	static char text[400];

	if (!GET(storm->mixed) && !GET(storm->late))
		return NULL;
	snprintf(text, sizeof(text), "%u mixed and %u late of %u threads and %u children: %s",
		 storm->mixed, storm->late, storm->threads, storm->children, storm->told);
	return text;
}

/* No libc lock is taken from here on: this runs in forked children. */
static uint64_t own_ns(int type)
{
	char path[64] = "thread-self/ns/";
	char link[64];
	uint64_t ino = 0;
	ssize_t len;

	strcat(path, ns_types[type].member);
	len = readlinkat(outer_proc, path, link, sizeof(link) - 1);
	for (ssize_t i = 0; i < len; i++)
		if (link[i] >= '0' && link[i] <= '9')
			ino = ino * 10 + (uint64_t)(link[i] - '0');
	return ino;
}

static int set_of(const uint64_t *ns)
{
	for (int set = 0; set < STORM_SETS; set++) {
		size_t same = 0;

		for (size_t i = 0; i < NR_JUDGED; i++)
			same += ns[judged[i]] == storm->sets[set][judged[i]];
		if (same == NR_JUDGED)
			return set;
	}
	return -1;
}

static void tell(const uint64_t *ns, const char *what)
{
	static char *at;

	if (storm->told[0])
		return;
	at = storm->told + snprintf(storm->told, 64, "%s", what);
	for (size_t i = 0; i < NR_JUDGED; i++)
		at += snprintf(at, 32, " %s %llu", ns_types[judged[i]].name,
			       (unsigned long long)ns[judged[i]]);
}

/*
 * @before was read before the task was made. As long as the generation has not
 * changed since, no attach can have moved it while it looked at itself. A child
 * is rarely moved at all, so that what it sees is always one consistent state, at
 * the latest when it looks once more.
 */
static void judge(uint32_t before, uint32_t current, bool child)
{
	uint64_t ns[NS_COUNT] = { 0 };
	bool quiet;
	int set = -1;

	for (int looks = 0; set < 0 && looks < (child ? 3 : 1); looks++) {
		for (size_t i = 0; i < NR_JUDGED; i++)
			ns[judged[i]] = own_ns(judged[i]);
		set = set_of(ns);
	}
	quiet = !(before & 1) && GET(storm->generation) == before;
	if (set < 0 && (quiet || child)) {
		tell(ns, child ? "child" : "thread");
		ADD(storm->mixed, 1);
	} else if (quiet && set != (int)current) {
		tell(ns, child ? "late child" : "late thread");
		ADD(storm->late, 1);
	}
	if (child)
		ADD(storm->children, 1);
	else
		ADD(storm->threads, 1);
}

struct birth {
	uint32_t generation;
	uint32_t current;
};

static void note(struct birth *birth)
{
	birth->generation = GET(storm->generation);
	birth->current = GET(storm->current);
}

static void *newborn(void *arg)
{
	struct birth *birth = arg;

	judge(birth->generation, birth->current, false);
	return NULL;
}

void storm_make_thread(struct subject_shared *shared)
{
	pthread_attr_t attr;
	struct birth birth;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 * 1024);
	note(&birth);
	if (pthread_create(&thread, &attr, newborn, &birth)) {
		ADD(shared->bad, 1);
		return;
	}
	pthread_join(thread, NULL);
}

void storm_make_child(struct subject_shared *shared)
{
	struct birth birth;
	pid_t pid;

	note(&birth);
	/* The bare call: fork() would serialise all threads on libc's locks. */
	pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, NULL, NULL, 0);
	if (!pid) {
		judge(birth.generation, birth.current, true);
		syscall(SYS_exit_group, 0);
	}
	if (pid < 0) {
		ADD(shared->bad, 1);
		return;
	}
	while (waitpid(pid, NULL, 0) < 0)
		if (errno == EINTR)
			ADD(shared->returns, 1);
		else
			break;
}

void storm_body_threads(struct subject_shared *shared, unsigned int index)
{
	(void)index;
	while (!GET(shared->stop))
		storm_make_thread(shared);
}

void storm_body_children(struct subject_shared *shared, unsigned int index)
{
	(void)index;
	while (!GET(shared->stop))
		storm_make_child(shared);
}

void storm_body_both(struct subject_shared *shared, unsigned int index)
{
	if (index > 8) {
		body_wait(shared, index);
		return;
	}
	while (!GET(shared->stop)) {
		storm_make_thread(shared);
		storm_make_child(shared);
	}
}
