// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A stand-in for /dev/nsattach, preloaded into the command: nothing moves, but the
 * answers of the kernel come in the order in which a test wants them
 *
 * STANDIN_LOG	file that gets a line for each attach and detach
 * STANDIN_SAY	answers, separated by blanks, one for each such call; the last one stays:
 *		ok	all moved
 *		part	with every second one it failed
 *		busy	it failed, EBUSY
 *		none	it failed with each by itself, EBUSY
 *		fail=REASON,ERRNO[,TID]	it failed for that reason; TID -1 is who asks
 *		bad	it is refused for its form, EINVAL
 *		left	a child would be left behind, as long as that is to be told
 *		slow	waits for a signal, and was interrupted
 * STANDIN_HOOK	command that is run before the answer; $STANDIN_NUMBER is the number of the call
 * STANDIN_OPENED	command that is run after a process was opened; $STANDIN_NUMBER is its number
 * STANDIN_WITHOUT	flags that it does not know
 * STANDIN_TYPES	types of namespaces that it knows
 * STANDIN_NOCGROUP	no cgroup2 is mounted
 * STANDIN_SIZE	of the largest request that it knows
 * STANDIN_OTHER	"17 18": process 18 is opened instead of 17
 * STANDIN_LIST	the process that has a record
 * STANDIN_PROCS	errno of reading a list of members in a directory named "threaded"
 * STANDIN_UNOPENED	errno of opening that list
 * STANDIN_SCAN	command that is run before it is looked at what process $STANDIN_NUMBER holds open
 * STANDIN_UNSEEN	no two processes may be compared; else all may, whatever the machine allows
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/nsattach.h>
#include <linux/sched.h>

#define NAMESPACES                                                                            \
	(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP | CLONE_NEWPID | \
	 (__u64)CLONE_NEWUSER | CLONE_NEWTIME)
#define FLAGS                                                                                \
	(NSATTACH_F_EACH | NSATTACH_F_ROOT | NSATTACH_F_CHROOTED | NSATTACH_F_WD_OPTIONAL |   \
	 NSATTACH_F_CREDS_TRANSLATE | NSATTACH_F_NO_RECORD | NSATTACH_F_CHECK |               \
	 NSATTACH_F_WHOLE_TREE | NSATTACH_F_CGROUP)

static int device = -1;

int open(const char *path, int flags, ...)
{
	static int (*real)(const char *path, int flags, ...);
	va_list args;
	int mode;

	if (!real)
		real = dlsym(RTLD_NEXT, "open");
	va_start(args, flags);
	mode = va_arg(args, int);
	va_end(args);
	if (strcmp(path, NSATTACH_DEVICE))
		return real(path, flags, mode);
	device = real("/dev/null", flags, 0);
	return device;
}

/* What an open file is called, or "". */
static const char *path_of(int fd, char *path, size_t size)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, size - 1);
	path[n < 0 ? 0 : n] = '\0';
	return path;
}

static ssize_t fail_read(void *cookie, char *buf, size_t size)
{
	(void)buf;
	(void)size;
	errno = atoi(cookie);
	return -1;
}

FILE *fdopen(int fd, const char *mode)
{
	static FILE *(*real)(int fd, const char *mode);
	char *number = getenv("STANDIN_PROCS"), path[4096];

	if (!real)
		real = dlsym(RTLD_NEXT, "fdopen");
	if (!number || !strstr(path_of(fd, path, sizeof(path)), "threaded/cgroup.procs"))
		return real(fd, mode);
	close(fd);
	return fopencookie(number, mode, (cookie_io_functions_t){ .read = fail_read });
}

int openat(int dir, const char *path, int flags, ...)
{
	static int (*real)(int dir, const char *path, int flags, ...);
	char *number = getenv("STANDIN_UNOPENED"), name[4096];

	if (!real)
		real = dlsym(RTLD_NEXT, "openat");
	/* nobody here makes a file */
	if (!number || strcmp(path, "cgroup.procs") ||
	    !strstr(path_of(dir, name, sizeof(name)), "/threaded"))
		return real(dir, path, flags);
	errno = atoi(number);
	return -1;
}

int access(const char *path, int mode)
{
	static int (*real)(const char *path, int mode);

	if (!real)
		real = dlsym(RTLD_NEXT, "access");
	if (!getenv("STANDIN_NOCGROUP") || strncmp(path, "/sys/fs/cgroup/", 15))
		return real(path, mode);
	errno = ENOENT;
	return -1;
}

static int query(struct nsattach_query *q)
{
	const char *size = getenv("STANDIN_SIZE"), *types = getenv("STANDIN_TYPES");
	const char *without = getenv("STANDIN_WITHOUT");

	q->abi = NSATTACH_ABI_VERSION;
	q->namespaces = types ? strtoull(types, NULL, 0) : NAMESPACES;
	q->features = NSATTACH_FEAT_DETACH;
	q->attach_flags = FLAGS & ~(without ? strtoull(without, NULL, 0) : 0);
	q->attach_size = size ? atoi(size) : (int)sizeof(struct nsattach_attach);
	q->max_subjects = NSATTACH_MAX_SUBJECTS;
	return 0;
}

static int list(struct nsattach_list *l)
{
	struct nsattach_record *record = (void *)(uintptr_t)l->records;
	const char *pid = getenv("STANDIN_LIST");
	__u32 room = l->nr_records;

	l->nr_records = pid ? 1 : 0;
	if (pid && room)
		*record = (struct nsattach_record){
			.pid = atoi(pid),
			.namespaces = CLONE_NEWNET | CLONE_NEWNS,
			.since_ns = 1,
			.by_pid = 1,
		};
	return 0;
}

static int pid_of(int pidfd)
{
	char path[64], line[128];
	int pid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "Pid:\t%d", &pid);
	if (f)
		fclose(f);
	return pid;
}

/* "attach flags=0x8 ns=0x20000 pids= 17 18 wd=/usr wd=-"; no wd where there is none to tell */
static void write_log(const char *what, const struct nsattach_attach *a)
{
	const struct nsattach_subject *s = (void *)(uintptr_t)a->subjects;
	const char *path = getenv("STANDIN_LOG");
	const __u64 *wds = (void *)(uintptr_t)a->wds;
	FILE *f = path ? fopen(path, "ae") : NULL;

	if (!f)
		return;
	fprintf(f, "%s flags=0x%x ns=0x%llx pids=", what, a->flags, (unsigned long long)a->namespaces);
	for (__u32 i = 0; i < a->nr_subjects; i++)
		fprintf(f, " %d", pid_of(s[i].pidfd));
	if (a->wd)
		fprintf(f, " wd=%s", (const char *)(uintptr_t)a->wd);
	for (__u32 i = 0; wds && i < a->nr_subjects; i++)
		fprintf(f, " wd=%s", wds[i] ? (const char *)(uintptr_t)wds[i] : "-");
	fputc('\n', f);
	fclose(f);
}

/* Not system(), which would ignore signals meanwhile. */
static void run(const char *command, int number)
{
	char text[16];
	int status;
	pid_t pid;

	snprintf(text, sizeof(text), "%d", number);
	setenv("STANDIN_NUMBER", text, 1);
	unsetenv("LD_PRELOAD");
	pid = fork();
	if (!pid) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status)
		abort();
}

static void run_hook(const char *name, int number)
{
	const char *hook = getenv(name);

	if (hook)
		run(hook, number);
}

DIR *opendir(const char *path)
{
	static DIR *(*real)(const char *path);
	int number, end = 0;

	if (!real)
		real = dlsym(RTLD_NEXT, "opendir");
	if (sscanf(path, "/proc/%d/fd%n", &number, &end) == 1 && end)
		run_hook("STANDIN_SCAN", number);
	return real(path);
}

static long compare(long result)
{
	if (!getenv("STANDIN_UNSEEN"))
		return result < 0 ? 1 : result;
	errno = EPERM;
	return -1;
}

/* Of the calls without a function of their own only pidfd_open() and kcmp() matter here. */
long syscall(long number, ...)
{
	static long (*real)(long number, long a, long b, long c, long d, long e);
	const char *other = getenv("STANDIN_OTHER");
	long a[5], ret;
	int of, instead;
	va_list args;

	if (!real)
		real = dlsym(RTLD_NEXT, "syscall");
	va_start(args, number);
	for (int i = 0; i < 5; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number != SYS_pidfd_open) {
		ret = real(number, a[0], a[1], a[2], a[3], a[4]);
		return number == SYS_kcmp ? compare(ret) : ret;
	}
	of = a[0];
	if (other && sscanf(other, "%d %d", &of, &instead) == 2 && of == a[0])
		a[0] = instead;
	ret = real(number, a[0], a[1], 0, 0, 0);
	run_hook("STANDIN_OPENED", of);
	return ret;
}

/* The answer for this call: the next one of the list, or the last once more. */
static const char *next_answer(void)
{
	static char text[256], *rest;
	static const char *answer;
	const char *say = getenv("STANDIN_SAY");
	char *word;

	if (!answer) {
		snprintf(text, sizeof(text), "%s", say ? say : "ok");
		rest = text;
	}
	word = strtok_r(NULL, " ", &rest);
	if (word)
		answer = word;
	return answer;
}

static int fail(struct nsattach_attach *a, int reason, int err)
{
	struct nsattach_subject *s = (void *)(uintptr_t)a->subjects;

	for (__u32 i = 0; i < a->nr_subjects; i++)
		s[i].result = i ? -ECANCELED : -err;
	a->error.reason = reason;
	a->error.subject = 0;
	errno = err;
	return -1;
}

static int wait_for_signal(struct nsattach_attach *a)
{
	sigset_t none;

	sigemptyset(&none);
	sigsuspend(&none);
	return fail(a, NSATTACH_R_INTERRUPTED, EINTR);
}

/* The call fails when it does with all. */
static int answer_each(struct nsattach_attach *a, int every, int err, int reason)
{
	struct nsattach_subject *s = (void *)(uintptr_t)a->subjects;
	static int count;
	__u32 failed = 0;

	for (__u32 i = 0; i < a->nr_subjects; i++) {
		bool fails = every && ++count % every == 0;

		s[i].result = fails ? -err : 0;
		s[i].nr_threads = fails || a->flags & NSATTACH_F_CHECK ? 0 : 1;
		a->nr_threads += s[i].nr_threads;
		failed += fails;
		if (fails) {
			a->error.reason = reason;
			a->error.subject = i;
		}
	}
	errno = err;
	return failed < a->nr_subjects ? 0 : -1;
}

static int answer(struct nsattach_attach *a, int number)
{
	const char *say = next_answer();
	int reason, err, tid = 0;

	a->stall_ns = number * 1000000ULL;
	if (sscanf(say, "fail=%d,%d,%d", &reason, &err, &tid) >= 2) {
		a->error.tid = tid < 0 ? getpid() : tid;
		a->error.state = tid ? 'S' : 0;
		return fail(a, reason, err);
	}
	if (!strcmp(say, "busy"))
		return fail(a, NSATTACH_R_SUBJECT_INIT, EBUSY);
	if (!strcmp(say, "left") && a->flags & NSATTACH_F_WHOLE_TREE)
		return fail(a, NSATTACH_R_CHILD_LEFT, EAGAIN);
	if (!strcmp(say, "bad")) {
		a->error.reason = NSATTACH_R_FLAGS;
		errno = EINVAL;
		return -1;
	}
	if (!strcmp(say, "slow"))
		return wait_for_signal(a);
	if (!strcmp(say, "part"))
		return answer_each(a, 2, ENOENT, NSATTACH_R_NOT_ATTACHED);
	if (!strcmp(say, "none"))
		return answer_each(a, 1, EBUSY, NSATTACH_R_SUBJECT_INIT);
	return answer_each(a, 0, 0, 0);
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*real)(int fd, unsigned long request, ...);
	static int calls;
	va_list args;
	void *arg;

	if (!real)
		real = dlsym(RTLD_NEXT, "ioctl");
	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (fd != device)
		return real(fd, request, arg);
	if (request == NSATTACH_IOC_QUERY)
		return query(arg);
	if (request == NSATTACH_IOC_LIST)
		return list(arg);
	write_log(request == NSATTACH_IOC_ATTACH ? "attach" : "detach", arg);
	run_hook("STANDIN_HOOK", ++calls);
	return answer(arg, calls);
}
