// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whole programs, from exec to exit: the commands, and a daemon that is killed
 * and started again inside because it could not be moved
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <unistd.h>

#include "bench.h"

extern char **environ;

struct commands {
	struct subject subject;
	struct targets targets;
	const char *program;
	posix_spawn_file_actions_t quiet;
};

static void spawn(const struct commands *c, const char *const *argv)
{
	int status;
	pid_t pid;

	errno = posix_spawnp(&pid, argv[0], &c->quiet, NULL, (char *const *)argv, environ);
	if (errno)
		die(argv[0]);
	if (waitpid(pid, &status, 0) != pid || status) {
		fprintf(stderr, "bench: %s: status %#x\n", argv[0], status);
		exit(1);
	}
}

static void op_true(unsigned int i, void *arg)
{
	static const char *const argv[] = { "/bin/bench-true", NULL };

	(void)i;
	spawn(arg, argv);
}

static void op_nsenter_net(unsigned int i, void *arg)
{
	const struct commands *c = arg;
	char pid[16];
	const char *argv[] = { "/bin/nsenter", "-t", pid, "-n", "/bin/bench-true", NULL };

	snprintf(pid, sizeof(pid), "%d", c->targets.of[i & 1].pid);
	spawn(c, argv);
}

static void op_nsenter_four(unsigned int i, void *arg)
{
	const struct commands *c = arg;
	char pid[16];
	const char *argv[] = { "/bin/nsenter",	  "-t", pid, "-m", "-n", "-u", "-i",
			       "/bin/bench-true", NULL };

	snprintf(pid, sizeof(pid), "%d", c->targets.of[i & 1].pid);
	spawn(c, argv);
}

static void op_nsattach(unsigned int i, void *arg)
{
	const struct commands *c = arg;
	char pid[16], target[16];
	const char *argv[] = { "/bin/nsattach", "--pid",	   pid, "--target", target,
			       "--ns",		"mnt,net,uts,ipc", NULL };

	snprintf(pid, sizeof(pid), "%d", c->subject.pid);
	snprintf(target, sizeof(target), "%d", c->targets.of[i & 1].pid);
	spawn(c, argv);
}

void bench_commands(void)
{
	const struct subject_options options = { .threads = 1 };
	struct commands c;

	targets_start(&c.targets, NS_FOUR, 0);
	subject_start(&c.subject, &options);
	posix_spawn_file_actions_init(&c.quiet);
	posix_spawn_file_actions_addopen(&c.quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	measure("command-true", 1, 50, op_true, &c);
	measure("command-nsenter-net-true", 1, 50, op_nsenter_net, &c);
	measure("command-nsenter-four-true", 1, 50, op_nsenter_four, &c);
	measure("command-nsattach-four", 1, 50, op_nsattach, &c);
	subject_stop(&c.subject);
	targets_stop(&c.targets);
}

/* The daemon: eight threads and a port, which it says when it is ready. */
#define DAEMON_THREADS 8
#define DAEMON_PORT 8080
#define DAEMON_SAYS 3

static void *sleep_forever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

_Noreturn void be_daemon(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(DAEMON_PORT) };
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1, i;
	pthread_attr_t attr;
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN);
	if (s < 0 || setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(s, (struct sockaddr *)&address, sizeof(address)) || listen(s, 8))
		die("the daemon's port");
	for (i = 1; i < DAEMON_THREADS; i++) {
		errno = pthread_create(&thread, &attr, sleep_forever, NULL);
		if (errno)
			die("pthread_create");
	}
	if (write(DAEMON_SAYS, "", 1) != 1)
		die("the daemon's starter");
	sleep_forever(NULL);
	abort();
}

struct restarted {
	struct targets targets;
	pid_t pid;
	int ready[2];
};

static _Noreturn void exec_daemon(const struct restarted *r, int target)
{
	if (target >= 0 && setns(target, NS_FOUR))
		die("setns");
	if (dup2(r->ready[1], DAEMON_SAYS) != DAEMON_SAYS)
		die("dup2");
	execl("/proc/self/exe", "bench", "daemon", NULL);
	die("exec");
}

static void daemon_start(struct restarted *r, int target)
{
	char c;

	r->pid = start_child();
	if (!r->pid)
		exec_daemon(r, target);
	if (read(r->ready[0], &c, 1) != 1)
		die("the daemon");
}

static void daemon_stop(const struct restarted *r)
{
	kill(r->pid, SIGTERM);
	reap(r->pid);
}

static void op_restart(unsigned int i, void *arg)
{
	struct restarted *r = arg;

	daemon_stop(r);
	daemon_start(r, r->targets.of[i & 1].pidfd);
}

static void op_move(unsigned int i, void *arg)
{
	const struct restarted *r = arg;
	int subject = sys_pidfd_open(r->pid);

	if (subject < 0)
		die("pidfd_open");
	attach_one(subject, r->targets.of[i & 1].pidfd, NS_FOUR);
	close(subject);
}

void bench_restart(void)
{
	struct restarted r;

	device();
	if (pipe2(r.ready, O_CLOEXEC))
		die("pipe");
	targets_start(&r.targets, NS_FOUR, 0);
	daemon_start(&r, -1);
	measure("daemon-restart", DAEMON_THREADS, 50, op_restart, &r);
	measure("daemon-attach", DAEMON_THREADS, 50, op_move, &r);
	daemon_stop(&r);
	targets_stop(&r.targets);
	close(r.ready[0]);
	close(r.ready[1]);
}
