// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared.h"
#include "snapshot.h"

struct directory {
	dev_t dev;
	ino_t ino;
};

struct thread_view {
	pid_t tid;
	uint64_t ns[NS_COUNT];
	uint64_t active_pid_ns;
	struct directory root;
	struct directory cwd;
	char status[1024];
};

struct snapshot {
	pid_t pid;
	unsigned int count;
	struct thread_view *threads;
	char *mounts;
};

static char complaint[512];

#define COMPLAIN(...) (snprintf(complaint, sizeof(complaint), __VA_ARGS__), complaint)

static const char *const status_lines[] = {
	"Uid:", "Gid:", "Groups:", "NSpid:", "SigBlk:", "SigIgn:", "SigCgt:",
	"CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:", "NoNewPrivs:", "Seccomp:",
	"Seccomp_filters:", "TracerPid:", "Umask:",
};

uint64_t task_ns(pid_t pid, pid_t tid, const char *file)
{
	char path[96];
	char link[64];
	ssize_t len;
	char *open_bracket;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/ns/%s", pid, tid, file);
	len = readlink(path, link, sizeof(link) - 1);
	if (len < 0)
		return 0;
	link[len] = '\0';
	open_bracket = strchr(link, '[');
	return open_bracket ? strtoull(open_bracket + 1, NULL, 10) : 0;
}

static struct directory directory_of(pid_t pid, pid_t tid, const char *name)
{
	struct directory dir = { 0, 0 };
	struct stat st;
	char path[96];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", pid, tid, name);
	if (!stat(path, &st)) {
		dir.dev = st.st_dev;
		dir.ino = st.st_ino;
	}
	return dir;
}

static void keep_status(struct thread_view *view, const char *text)
{
	size_t len = 0;

	for (const char *line = text; *line;) {
		size_t size = strcspn(line, "\n") + (strchr(line, '\n') != NULL);

		for (size_t i = 0; i < sizeof(status_lines) / sizeof(*status_lines); i++)
			if (!strncmp(line, status_lines[i], strlen(status_lines[i])) &&
			    len + size < sizeof(view->status)) {
				memcpy(view->status + len, line, size);
				len += size;
			}
		line += size;
	}
	view->status[len] = '\0';
}

static void look_at_thread(struct thread_view *view, pid_t pid, pid_t tid)
{
	char path[64];
	char text[8192];

	view->tid = tid;
	for (int i = 0; i < NS_COUNT; i++)
		view->ns[i] = task_ns(pid, tid, ns_types[i].member);
	view->active_pid_ns = task_ns(pid, tid, "pid");
	view->root = directory_of(pid, tid, "root");
	view->cwd = directory_of(pid, tid, "cwd");
	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, tid);
	keep_status(view, read_at(AT_FDCWD, path, text, sizeof(text)));
}

struct snapshot *snapshot_take(pid_t pid)
{
	struct snapshot *s = calloc(1, sizeof(*s));
	char path[64];
	struct dirent *entry;
	DIR *tasks;

	s->pid = pid;
	s->mounts = malloc(128 * 1024);
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid);
	read_at(AT_FDCWD, path, s->mounts, 128 * 1024);
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks))) {
		if (entry->d_name[0] == '.')
			continue;
		s->threads = realloc(s->threads, (s->count + 1) * sizeof(*s->threads));
		look_at_thread(&s->threads[s->count++], pid, atoi(entry->d_name));
	}
	if (tasks)
		closedir(tasks);
	return s;
}

void snapshot_free(struct snapshot *s)
{
	if (!s)
		return;
	free(s->threads);
	free(s->mounts);
	free(s);
}

unsigned int snapshot_threads(const struct snapshot *s)
{
	return s->count;
}

static const struct thread_view *find(const struct snapshot *s, pid_t tid)
{
	for (unsigned int i = 0; i < s->count; i++)
		if (s->threads[i].tid == tid)
			return &s->threads[i];
	return NULL;
}

static bool same_directory(const struct directory *a, const struct directory *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

static const char *status_differs(const struct thread_view *a, const struct thread_view *b)
{
	const char *x = a->status;
	const char *y = b->status;
	size_t i = 0;
	size_t start;

	if (!strcmp(x, y))
		return NULL;
	while (x[i] && x[i] == y[i])
		i++;
	for (start = i; start && x[start - 1] != '\n';)
		start--;
	return COMPLAIN("thread %d: status '%.*s' became '%.*s'", a->tid,
			(int)strcspn(x + start, "\n"), x + start,
			(int)strcspn(y + start, "\n"), y + start);
}

static const char *directory_differs(pid_t tid, const char *what, const struct directory *a,
				     const struct directory *b)
{
	if (same_directory(a, b))
		return NULL;
	return COMPLAIN("thread %d: %s is %lx:%lu instead of %lx:%lu", tid, what,
			(unsigned long)b->dev, (unsigned long)b->ino, (unsigned long)a->dev,
			(unsigned long)a->ino);
}

static const char *thread_differs(const struct thread_view *a, const struct thread_view *b)
{
	const char *bad = NULL;

	for (int i = 0; i < NS_COUNT; i++)
		if (a->ns[i] != b->ns[i])
			return COMPLAIN("thread %d: %s was %llu, is %llu", a->tid,
					ns_types[i].name, (unsigned long long)a->ns[i],
					(unsigned long long)b->ns[i]);
	if (a->active_pid_ns != b->active_pid_ns)
		return COMPLAIN("thread %d: its own pid namespace changed", a->tid);
	bad = directory_differs(a->tid, "root", &a->root, &b->root);
	if (!bad)
		bad = directory_differs(a->tid, "cwd", &a->cwd, &b->cwd);
	return bad ? bad : status_differs(a, b);
}

const char *snapshot_differs(const struct snapshot *before, const struct snapshot *after)
{
	if (before->count != after->count)
		return COMPLAIN("process %d had %u threads and has %u", before->pid,
				before->count, after->count);
	if (!after->count)
		return COMPLAIN("process %d has no threads", after->pid);
	for (unsigned int i = 0; i < before->count; i++) {
		const struct thread_view *other = find(after, before->threads[i].tid);
		const char *bad;

		if (!other)
			return COMPLAIN("thread %d is gone", before->threads[i].tid);
		bad = thread_differs(&before->threads[i], other);
		if (bad)
			return bad;
	}
	if (strcmp(before->mounts, after->mounts))
		return COMPLAIN("process %d: its mount table changed", before->pid);
	return NULL;
}

/* A thread that ended between two looks at it has no links to be judged by. */
static bool has_ended(pid_t pid, pid_t tid)
{
	char state = task_state(pid, tid);

	return !state || state == 'Z' || state == 'X';
}

static const char *thread_not_moved(const struct thread_view *before,
				    const struct thread_view *after,
				    const struct place *place, uint64_t mask)
{
	const struct directory root = { place->root_dev, place->root_ino };
	bool mnt = mask & CLONE_NEWNS;
	const char *bad = NULL;

	for (int i = 0; i < NS_COUNT; i++) {
		bool moved = mask & ns_types[i].flag;
		uint64_t want = moved ? place->ns[i] : before->ns[i];

		if (after->ns[i] != want)
			return COMPLAIN("thread %d: %s is %llu, %s %llu", after->tid,
					ns_types[i].name, (unsigned long long)after->ns[i],
					moved ? "the target's is" : "it must stay",
					(unsigned long long)want);
	}
	if (after->active_pid_ns != before->active_pid_ns)
		return COMPLAIN("thread %d: its own pid namespace changed", after->tid);
	bad = directory_differs(after->tid, "root", mnt ? &root : &before->root, &after->root);
	if (!bad)
		bad = directory_differs(after->tid, "cwd", mnt ? &root : &before->cwd,
					&after->cwd);
	if (!bad && before->tid == after->tid && !(mask & CLONE_NEWUSER))
		bad = status_differs(before, after);
	return bad;
}

const char *snapshot_not_moved(const struct snapshot *before, const struct snapshot *after,
			       const struct place *place, uint64_t mask)
{
	if (!after->count || !before->count)
		return COMPLAIN("process %d has no threads", after->pid);
	for (unsigned int i = 0; i < after->count; i++) {
		const struct thread_view *view = find(before, after->threads[i].tid);
		const char *bad;

		if (!after->threads[i].ns[NS_UTS] &&
		    has_ended(after->pid, after->threads[i].tid))
			continue;
		bad = thread_not_moved(view ? view : &before->threads[0], &after->threads[i],
				       place, mask);
		if (bad)
			return bad;
	}
	return NULL;
}

const char *not_moved(const struct snapshot *before, pid_t pid, const struct place *place,
		      uint64_t mask)
{
	struct snapshot *after = snapshot_take(pid);
	const char *bad = snapshot_not_moved(before, after, place, mask);

	snapshot_free(after);
	return bad;
}

const char *changed_since(const struct snapshot *before, pid_t pid)
{
	struct snapshot *after = snapshot_take(pid);
	const char *bad = snapshot_differs(before, after);

	snapshot_free(after);
	return bad;
}

/* While exec swaps threads, a number can be without links for a moment. */
static bool links_elsewhere(pid_t pid, pid_t tid, int type, uint64_t want, uint64_t *ns)
{
	for (int turns = 0; turns < 20000; turns++) {
		*ns = task_ns(pid, tid, ns_types[type].member);
		if (*ns)
			return *ns != want;
		if (has_ended(pid, tid))
			return false;
		usleep(1000);
	}
	return true;
}

static const char *thread_not_in(pid_t pid, pid_t tid, const struct place *place, uint64_t mask,
				 unsigned int *judged)
{
	/* One that was on its way out before we looked keeps what it had. */
	bool exiting = task_is_exiting(pid, tid);

	for (int i = 0; i < NS_COUNT; i++) {
		uint64_t ns = 0;

		if (mask & ns_types[i].flag && links_elsewhere(pid, tid, i, place->ns[i], &ns))
			return exiting ? NULL : COMPLAIN("thread %d of %d: %s is %llu, not %llu", tid, pid,
					ns_types[i].name, (unsigned long long)ns,
					(unsigned long long)place->ns[i]);
		*judged += ns != 0;
	}
	return NULL;
}

/* Once through all threads; @judged: links of those that could be seen. */
static const char *threads_not_in(pid_t pid, const struct place *place, uint64_t mask,
				  unsigned int *judged)
{
	const char *bad = NULL;
	struct dirent *entry;
	char path[64];
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	if (!tasks)
		return COMPLAIN("process %d is gone", pid);
	while (!bad && (entry = readdir(tasks)))
		if (entry->d_name[0] != '.')
			bad = thread_not_in(pid, atoi(entry->d_name), place, mask, judged);
	closedir(tasks);
	return bad;
}

const char *not_in(pid_t pid, const struct place *place, uint64_t mask)
{
	unsigned int judged = 0;
	const char *bad = NULL;

	/* While exec makes another thread the leader, the list can show none, but not for long. */
	for (int turns = 0; turns < 1000 && !bad && !judged && (mask || !turns); turns++) {
		if (turns > 20 && has_ended(pid, pid))
			break;
		bad = threads_not_in(pid, place, mask, &judged);
	}
	if (!bad && mask && !judged)
		return COMPLAIN("process %d has no live thread", pid);
	return bad;
}

const char *task_cwd(pid_t pid)
{
	static char link[256];
	char path[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/cwd", pid);
	len = readlink(path, link, sizeof(link) - 1);
	link[len < 0 ? 0 : len] = '\0';
	return link;
}
