// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Did a call do what it says? Judged from outside, where nobody else changes anything: after
 * a failure all is as before, after a success every thread is where it was to go.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../shared.h"
#include "../snapshot.h"
#include "world.h"

/**
 * struct view - one thread from outside
 * @ns:		0: it exits, or it is gone
 */
struct view {
	uint64_t ns[NS_COUNT];
	dev_t root_dev;
	ino_t root;
	uint64_t cgroup;
};

#define CHILDREN_MAX 16

/**
 * struct judge - all that a call may, or may not, change
 * @actors:	NULL where a subject can not be judged
 * @children:	of actors, where they are no subjects: they stay
 */
struct judge {
	unsigned int nr;
	const struct actor *actors[ATTACH_MAX_SUBJECTS];
	struct view before[ATTACH_MAX_SUBJECTS];
	unsigned int nr_children;
	pid_t children[CHILDREN_MAX];
	struct view child_before[CHILDREN_MAX];
};

/*
 * 0: it is gone. For a moment a thread that is being made is seen in the root of the hierarchy,
 * where no actor is.
 */
static uint64_t cgroup_of(pid_t pid, pid_t tid)
{
	char path[64], text[512];
	uint64_t sum = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/cgroup", pid, tid);
	for (int turns = 0; turns < 100; turns++) {
		if (!strstr(read_at(AT_FDCWD, path, text, sizeof(text)), "0::/\n"))
			break;
		usleep(1000);
	}
	for (const char *c = text; *c; c++)
		sum = sum * 33 + (unsigned char)*c;
	return sum;
}

/*
 * A thread that exits in between shows some of it only. Its number can be another's at the end
 * of it: an exec gives it to the thread that called it.
 */
static bool look(struct view *view, pid_t pid, pid_t tid)
{
	char path[64];
	struct stat st;

	memset(view, 0, sizeof(*view));
	for (int i = 0; i < NS_COUNT; i++) {
		view->ns[i] = task_ns(pid, tid, ns_types[i].member);
		if (!view->ns[i])
			return false;
	}
	view->cgroup = cgroup_of(pid, tid);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/root", pid, tid);
	if (!view->cgroup || stat(path, &st))
		return false;
	view->root_dev = st.st_dev;
	view->root = st.st_ino;
	return task_ns(pid, tid, ns_types[0].member) != 0 && !task_is_exiting(pid, tid);
}

/* Run @judge on a view of each live thread until it returns false. */
static void each_thread(pid_t pid, bool (*judge)(const struct view *view, void *arg), void *arg)
{
	char path[64];
	struct dirent *entry;
	struct view view;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (atoi(entry->d_name) > 0 && look(&view, pid, atoi(entry->d_name)) &&
		    !judge(&view, arg))
			break;
	}
	if (dir)
		closedir(dir);
}

static bool take_first(const struct view *view, void *arg)
{
	*(struct view *)arg = *view;
	return false;
}

static const struct actor *actor_of(int pidfd)
{
	for (unsigned int i = 0; i < SLOTS; i++) {
		const struct actor *actor = &world.actors[i];

		if (actor->pid && actor->pidfd == pidfd && !actor->wanders)
			return actor;
	}
	return NULL;
}

static pid_t pid_of_fd(int pidfd)
{
	char path[64], text[512];
	const char *pid;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	pid = strstr(read_at(AT_FDCWD, path, text, sizeof(text)), "Pid:");
	return pid ? atoi(pid + 4) : 0;
}

static bool is_subject(const struct attach *a, pid_t pid)
{
	for (unsigned int i = 0; i < a->arg.nr_subjects; i++) {
		if (pid_of_fd(a->subjects[i].pidfd) == pid)
			return true;
	}
	return false;
}

static void add_children(struct judge *judge, const struct attach *a, pid_t parent)
{
	char path[64], text[512], *next = text;
	pid_t pid;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
	read_at(AT_FDCWD, path, text, sizeof(text));
	while (judge->nr_children < CHILDREN_MAX && (pid = (pid_t)strtol(next, &next, 10)) > 0) {
		if (is_subject(a, pid))
			continue;
		judge->children[judge->nr_children] = pid;
		each_thread(pid, take_first, &judge->child_before[judge->nr_children++]);
	}
}

struct judge *judge_begin(const struct attach *a)
{
	static struct judge judge;

	memset(&judge, 0, sizeof(judge));
	if (a->arg.nr_subjects > ATTACH_MAX_SUBJECTS || world.lost || !world_is_calm())
		return NULL;
	for (unsigned int i = 0; i < SLOTS; i++) {
		if (world.actors[i].pid && !world.actors[i].wanders)
			add_children(&judge, a, world.actors[i].pid);
	}
	judge.nr = a->arg.nr_subjects;
	for (unsigned int i = 0; i < judge.nr; i++) {
		judge.actors[i] = actor_of(a->subjects[i].pidfd);
		if (judge.actors[i])
			each_thread(judge.actors[i]->pid, take_first, &judge.before[i]);
	}
	return &judge;
}

/**
 * struct expected - what every thread of one subject has to look like
 * @moved:	CLONE_NEW* bits that are the place's now; the others are as @before
 * @place:	NULL: nothing is known of the bits of @moved
 */
struct expected {
	const struct view *before;
	const struct place *place;
	uint64_t moved;
	bool cgroup;
	char *difference;
	size_t size;
};

static bool compare(const struct view *view, void *arg)
{
	struct expected *e = arg;

	for (int i = 0; i < NS_COUNT; i++) {
		uint64_t want = e->before->ns[i];

		if (e->moved & ns_types[i].flag) {
			if (!e->place)
				continue;
			want = e->place->ns[i];
		}
		if (view->ns[i] == want)
			continue;
		snprintf(e->difference, e->size, "%s is %llu instead of %llu", ns_types[i].name,
			 (unsigned long long)view->ns[i], (unsigned long long)want);
		return false;
	}
	if (!(e->moved & CLONE_NEWNS) &&
	    (view->root != e->before->root || view->root_dev != e->before->root_dev))
		snprintf(e->difference, e->size, "another root directory");
	else if (!e->cgroup && view->cgroup != e->before->cgroup)
		snprintf(e->difference, e->size, "another cgroup");
	return !e->difference[0];
}

static const struct place *place_of_target(const struct attach *a)
{
	pid_t pid = pid_of_fd(a->arg.target);

	for (unsigned int i = 0; pid && i < PLACES; i++) {
		if (pid == world.places[i].pid)
			return &world.places[i];
	}
	return NULL;
}

/* Whether subject @i has moved, as the call told. */
static bool told_moved(const struct attach *a, unsigned int i, long ret)
{
	if (ret || a->arg.flags & NSATTACH_F_CHECK)
		return false;
	return !(a->arg.flags & NSATTACH_F_EACH) || !a->subjects[i].result;
}

static void judge_one(struct judge *judge, const struct attach *a, unsigned int i, bool detach,
		      bool moved)
{
	char difference[120] = "";
	struct expected e = {
		.before = &judge->before[i],
		.difference = difference,
		.size = sizeof(difference),
	};

	if (moved) {
		e.place = detach || a->arg.nr_nsfds ? NULL : place_of_target(a);
		e.moved = detach || a->arg.nr_nsfds ? ~0ULL : a->arg.namespaces;
		e.cgroup = a->arg.flags & NSATTACH_F_CGROUP;
	}
	if (a->arg.error.reason == NSATTACH_R_CGROUP_LOST)
		e.cgroup = true;
	each_thread(judge->actors[i]->pid, compare, &e);
	if (difference[0])
		world_complain("%s of %d (subject %u, namespaces %s, flags %#x): %s: %s",
			       detach ? "detach" : "attach", judge->actors[i]->pid, i,
			       ns_mask_name(a->arg.namespaces), a->arg.flags,
			       moved ? "moved" : "not moved", difference);
}

/* Who shares root and cwd with a subject stays where it was. */
static void judge_child(struct judge *judge, unsigned int i)
{
	char difference[120] = "";
	struct expected e = {
		.before = &judge->child_before[i],
		.difference = difference,
		.size = sizeof(difference),
	};

	each_thread(judge->children[i], compare, &e);
	if (difference[0])
		world_complain("child %d of an actor, which is no subject: %s", judge->children[i],
			       difference);
}

void judge_end(struct judge *judge, const struct attach *a, bool detach, long ret)
{
	if (!judge || world.lost)
		return;
	for (unsigned int i = 0; i < judge->nr; i++) {
		if (judge->actors[i] && judge->before[i].ns[0])
			judge_one(judge, a, i, detach, told_moved(a, i, ret));
	}
	for (unsigned int i = 0; i < judge->nr_children; i++) {
		if (judge->child_before[i].ns[0])
			judge_child(judge, i);
	}
}

void judge_wholeness(void)
{
	if (!world_is_calm() || world.lost)
		return;
	for (unsigned int i = 0; i < SLOTS; i++) {
		char difference[120] = "";
		struct view first = { 0 };
		struct expected e = { .before = &first,
				      .difference = difference,
				      .size = sizeof(difference) };

		if (!world.actors[i].pid || world.actors[i].wanders)
			continue;
		each_thread(world.actors[i].pid, take_first, &first);
		if (first.ns[0])
			each_thread(world.actors[i].pid, compare, &e);
		if (difference[0])
			world_complain("the threads of actor %u are apart: %s", i, difference);
	}
}
