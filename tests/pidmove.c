// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pidmove.h"
#include "shared.h"

bool pid_move_works(void)
{
	struct nsattach_query query;

	return !attach_query(&query) && query.features & NSATTACH_FEAT_PID_MOVE;
}

static int add_all(struct attach *a, const pid_t *subjects, unsigned int nr)
{
	int ret = 0;

	attach_init(a);
	for (unsigned int i = 0; i < nr && !ret; i++)
		ret = attach_add_subject(a, subjects[i]);
	return ret;
}

int move_pids(const pid_t *subjects, unsigned int nr, pid_t target, uint64_t namespaces,
	      uint32_t flags, struct nsattach_error *error)
{
	struct attach a;
	int ret = add_all(&a, subjects, nr);

	if (!ret)
		ret = attach_set_target(&a, target, namespaces);
	a.arg.flags = NSATTACH_F_PID_MOVE | flags;
	if (!ret)
		ret = attach_call(&a);
	if (error)
		*error = a.arg.error;
	attach_done(&a);
	return ret;
}

int move_pid(pid_t subject, const struct place *place, uint64_t namespaces, uint32_t flags,
	     struct nsattach_error *error)
{
	return move_pids(&subject, 1, place->pid, namespaces, flags, error);
}

int detach_pids(const pid_t *subjects, unsigned int nr, struct nsattach_error *error)
{
	struct attach a;
	int ret = add_all(&a, subjects, nr);

	if (!ret)
		ret = detach_call(&a);
	if (error)
		*error = a.arg.error;
	attach_done(&a);
	return ret;
}

int numbers_of(pid_t pid, pid_t tid, const char *key, int nr[MAX_NUMBERS])
{
	char line[256], *word, *save;
	int n = 0;

	snprintf(line, sizeof(line), "%s", task_status(pid, tid, key));
	word = strtok_r(line, " \t", &save);
	for (; word && n < MAX_NUMBERS; word = strtok_r(NULL, " \t", &save))
		nr[n++] = atoi(word);
	return n;
}

int inner_number(pid_t pid)
{
	int nr[MAX_NUMBERS], n = numbers_of(pid, pid, "NSpid", nr);

	return n ? nr[n - 1] : 0;
}

const char *not_numbered(const struct subject *s, unsigned int threads, int levels)
{
	static char text[128];

	for (unsigned int i = 0; i < threads; i++) {
		int nr[MAX_NUMBERS] = { 0 };
		pid_t tid = subject_tid(s, i);
		int n = numbers_of(s->pid, tid, "NSpid", nr);
		bool same = n == levels;

		for (int level = 0; level < n; level++)
			same = same && nr[level] == tid;
		if (same)
			continue;
		snprintf(text, sizeof(text), "thread %d has %d numbers: %d ... %d", tid, n, nr[0],
			 n ? nr[n - 1] : 0);
		return text;
	}
	return NULL;
}

int start_nested(pid_t inits[], int levels)
{
	pid_t pid = fork_child();

	for (int level = 0; !pid && level < levels; level++) {
		pid = (pid_t)syscall(SYS_clone, SIGCHLD | CLONE_NEWPID, 0, NULL, NULL, 0);
		if (pid)
			pause();
		if (!pid)
			die_with(0);
	}
	if (!pid) {
		for (;;)
			pause();
	}
	inits[0] = pid;
	for (int level = 0; level < levels; level++) {
		char path[96], buf[64];

		snprintf(path, sizeof(path), "/proc/%d/task/%d/children", inits[level],
			 inits[level]);
		if (!UNTIL(atoi(read_at(AT_FDCWD, path, buf, sizeof(buf)))))
			return -1;
		inits[level + 1] = atoi(buf);
	}
	return 0;
}

static pid_t clone_with_number(pid_t nr)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&nr,
		.set_tid_size = nr ? 1 : 0,
	};

	if (!nr)
		args.set_tid = 0;
	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

pid_t start_inside(pid_t target, pid_t nr)
{
	int own = open("/proc/self/ns/pid_for_children", O_RDONLY | O_CLOEXEC);
	int fd = pidfd_of(target);
	pid_t pid = -1;

	if (!setns(fd, CLONE_NEWPID)) {
		pid = clone_with_number(nr);
		if (!pid) {
			for (;;)
				pause();
		}
	}
	setns(own, CLONE_NEWPID);
	close(own);
	close(fd);
	return pid;
}

pid_t fork_below(void)
{
	int own = open("/proc/self/ns/pid_for_children", O_RDONLY | O_CLOEXEC);
	pid_t pid = unshare(CLONE_NEWPID) ? -1 : fork();

	if (pid) {
		setns(own, CLONE_NEWPID);
		close(own);
	}
	return pid;
}

static int wait_for(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

int inside(const struct place *place, int (*fn)(void *arg), void *arg)
{
	pid_t pid = fork_child();
	int fd, ret;

	if (pid)
		return wait_for(pid);
	fd = pidfd_of(place->pid);
	if (setns(fd, CLONE_NEWPID | CLONE_NEWNS))
		_exit(255);
	pid = fork();
	if (!pid)
		_exit(fn(arg));
	ret = wait_for(pid);
	_exit(ret < 0 ? 255 : ret);
}

const char *numbers(pid_t pid, const char *key)
{
	static char texts[4][64];
	static unsigned int next;
	char *text = texts[next++ % 4];
	int nr[MAX_NUMBERS], n = numbers_of(pid, pid, key, nr);
	size_t len = 0;

	text[0] = '\0';
	for (int i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, 64 - len, i ? " %d" : "%d", nr[i]);
	return text;
}

const char *twice(int nr)
{
	static char text[32];

	snprintf(text, sizeof(text), "%d %d", nr, nr);
	return text;
}

pid_t first_child(pid_t pid)
{
	char path[96], buf[256];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	return atoi(read_at(AT_FDCWD, path, buf, sizeof(buf)));
}

long own_parent(char *text)
{
	(void)text;
	return syscall(SYS_getppid);
}
