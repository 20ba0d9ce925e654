// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nstype.h"
#include "shared.h"
#include "subject.h"

struct request {
	subject_fn fn;
};

struct start {
	const struct subject_options *options;
	struct subject_shared *shared;
	unsigned int index;
};

static struct start starts[SUBJECT_MAX_THREADS];

void body_wait(struct subject_shared *shared, unsigned int index)
{
	(void)index;
	while (!GET(shared->stop)) {
		int ret;

		ADD(shared->parked, 1);
		ret = futex_wait(&shared->stop, 0);
		if (GET(shared->stop))
			break;
		SET(shared->last_errno, ret);
		ADD(shared->returns, 1);
	}
}

void body_end(struct subject_shared *shared, unsigned int index, bool good)
{
	if (!good)
		ADD(shared->bad, 1);
	ADD(shared->rounds, 1);
	body_wait(shared, index);
}

static void *thread_main(void *arg)
{
	struct start *start = arg;
	struct subject_shared *shared = start->shared;

	shared->tids[start->index] = (pid_t)syscall(SYS_gettid);
	ADD(shared->ready, 1);
	(start->options->body ? start->options->body : body_wait)(shared, start->index);
	return NULL;
}

static int start_threads(const struct subject_options *options, struct subject_shared *shared)
{
	pthread_attr_t attr;
	pthread_t thread;
	int ret = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 128 * 1024);
	for (unsigned int i = 1; !ret && i < options->threads; i++) {
		starts[i] = (struct start){ options, shared, i };
		ret = pthread_create(&thread, &attr, thread_main, &starts[i]);
	}
	return ret;
}

static void serve(struct subject_shared *shared, int ctl)
{
	struct request request;

	while (recv(ctl, &request, sizeof(request), 0) == sizeof(request)) {
		long ret = request.fn(shared->text);

		if (send(ctl, &ret, sizeof(ret), 0) != sizeof(ret))
			break;
	}
}

static void subject_main(const struct subject_options *options,
			 struct subject_shared *shared, int ctl)
{
	int ret = 0;

	shared->tids[0] = getpid();
	if (options->unshare && unshare((int)options->unshare))
		ret = errno;
	if (!ret && options->unshare & CLONE_NEWNS)
		ret = mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ? errno : 0;
	if (!ret && chdir("/tmp"))
		ret = errno;
	if (!ret && options->setup)
		ret = options->setup(shared, options->arg);
	if (!ret)
		ret = start_threads(options, shared);
	if (send(ctl, &ret, sizeof(ret), 0) == sizeof(ret) && !ret)
		serve(shared, ctl);
	_exit(0);
}

const char *subject_start(struct subject *s, const struct subject_options *options)
{
	static char text[96];
	int ctl[2], ret;

	s->shared = shared_alloc(sizeof(*s->shared));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ctl))
		return "socketpair";
	fflush(NULL);
	s->pid = fork_child();
	if (!s->pid) {
		close(ctl[0]);
		subject_main(options, s->shared, ctl[1]);
	}
	close(ctl[1]);
	s->ctl = ctl[0];
	if (recv(s->ctl, &ret, sizeof(ret), 0) != sizeof(ret))
		return "subject died at its start";
	if (ret) {
		snprintf(text, sizeof(text), "subject: %s", strerror(ret));
		return text;
	}
	if (!UNTIL(GET(s->shared->ready) + 1 >= options->threads))
		return "threads of the subject did not start";
	return NULL;
}

const char *subject_start_plain(struct subject *s, unsigned int threads)
{
	struct subject_options options = { .threads = threads, .unshare = NS_NOPID };

	return subject_start(s, &options);
}

void subject_stop(struct subject *s)
{
	if (s->pid > 0) {
		kill_and_reap(s->pid);
		close(s->ctl);
	}
	if (s->shared)
		munmap(s->shared, sizeof(*s->shared));
	memset(s, 0, sizeof(*s));
}

unsigned int subject_threads_in(const struct subject *s, unsigned int threads, char state)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < threads; i++)
		n += task_state(s->pid, subject_tid(s, i)) == state;
	return n;
}

unsigned long subject_switches(const struct subject *s)
{
	return strtoul(task_status(s->pid, s->pid, "voluntary_ctxt_switches"), NULL, 10);
}

/* Its state says it a moment before it is. */
bool subject_waits(const struct subject *s)
{
	unsigned long before = subject_switches(s);

	usleep(2000);
	return task_state(s->pid, s->pid) == 'S' &&
	       task_syscall(s->pid, s->pid) == SYS_recvfrom && subject_switches(s) == before;
}

void subject_call_begin(struct subject *s, subject_fn fn)
{
	struct request request = { fn };

	send(s->ctl, &request, sizeof(request), MSG_NOSIGNAL);
}

long subject_call_end(struct subject *s)
{
	long ret;

	return recv(s->ctl, &ret, sizeof(ret), 0) == sizeof(ret) ? ret : LONG_MIN;
}

long subject_call(struct subject *s, subject_fn fn)
{
	subject_call_begin(s, fn);
	return subject_call_end(s);
}

pid_t subject_tid(const struct subject *s, unsigned int index)
{
	return index ? GET(s->shared->tids[index]) : s->pid;
}

static long call_fork(char *text)
{
	pid_t pid = fork_child();

	(void)text;
	if (!pid)
		for (;;)
			pause();
	return pid;
}

pid_t subject_fork(struct subject *s)
{
	return (pid_t)subject_call(s, call_fork);
}

long call_fork_zombie(char *text)
{
	pid_t pid = fork();

	(void)text;
	if (!pid)
		_exit(0);
	return pid;
}

pid_t subject_fork_zombie(struct subject *s)
{
	pid_t pid = (pid_t)subject_call(s, call_fork_zombie);

	return UNTIL(task_state(pid, pid) == 'Z') ? pid : -1;
}

static long call_exit_the_leader(char *text)
{
	(void)text;
	return syscall(SYS_exit, 0);
}

bool subject_exit_leader(struct subject *s)
{
	subject_call_begin(s, call_exit_the_leader);
	return UNTIL(task_state(s->pid, s->pid) == 'Z');
}

long call_mount(char *text)
{
	(void)text;
	if (mkdir(SUBJECT_MOUNT, 0755) && errno != EEXIST)
		return -errno;
	return mount("mine", SUBJECT_MOUNT, "tmpfs", 0, NULL) ? -errno : 0;
}

long call_unmount(char *text)
{
	(void)text;
	return umount(SUBJECT_MOUNT) ? -errno : 0;
}
