// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * teller: the daemon that the demonstration moves. Each of its threads is
 * blocked in another system call, and counts how often that call was
 * interrupted. Asked on its control socket, it tells what world it sees.
 *
 *   teller SOCKET                run as the daemon
 *   teller SOCKET QUESTION       ask: root, hostname, interfaces, threads,
 *                                interrupted, listen PORT
 *
 * It knows nothing about namespaces.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <linux/futex.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static atomic_int interrupted, returned;
static int listeners[2];

static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

/* Calls that never come back by themselves. */

static int in_epoll_wait(void)
{
	struct epoll_event event;
	int fd = epoll_create1(EPOLL_CLOEXEC);

	return epoll_wait(fd, &event, 1, -1);
}

static int in_futex(void)
{
	int word = 0;

	return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

static int in_nanosleep(void)
{
	struct timespec day = { .tv_sec = 86400 };

	return nanosleep(&day, NULL);
}

/* Until it is given a listening socket; from then on it answers there. */
static int in_read(void)
{
	int listener, fd;

	if (read(listeners[0], &listener, sizeof(listener)) != sizeof(listener))
		return -1;
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		dprintf(fd, "teller here, pid %d\n", getpid());
		close(fd);
	}
	return -1;
}

static int in_poll(void)
{
	struct pollfd fd = { .fd = eventfd(0, EFD_CLOEXEC), .events = POLLIN };

	return poll(&fd, 1, -1);
}

static int in_sigtimedwait(void)
{
	struct timespec day = { .tv_sec = 86400 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	return sigtimedwait(&set, NULL, &day);
}

static const struct blocked {
	const char *name;
	int (*call)(void);
} blocked[] = {
	{ "epoll_wait", in_epoll_wait },
	{ "futex", in_futex },
	{ "nanosleep", in_nanosleep },
	{ "read", in_read },
	{ "poll", in_poll },
	{ "sigtimedwait", in_sigtimedwait },
};

static void *block(void *arg)
{
	const struct blocked *b = arg;

	pthread_setname_np(pthread_self(), b->name);
	for (;;) {
		if (b->call() < 0 && errno == EINTR)
			interrupted++;
		else
			returned++;
	}
	return NULL;
}

/* What the daemon tells. */

static void tell_root(FILE *to)
{
	struct dirent **names;
	int n = scandir("/", &names, NULL, alphasort);

	for (int i = 0; i < n; i++)
		if (names[i]->d_name[0] != '.')
			fprintf(to, "%s ", names[i]->d_name);
	fprintf(to, "\n");
}

static void tell_hostname(FILE *to)
{
	char name[65] = "";

	gethostname(name, sizeof(name) - 1);
	fprintf(to, "%s\n", name);
}

static void tell_interfaces(FILE *to)
{
	struct if_nameindex *list = if_nameindex();

	for (struct if_nameindex *i = list; i && i->if_index; i++)
		fprintf(to, "%s ", i->if_name);
	fprintf(to, "\n");
}

static void tell_threads(FILE *to)
{
	fprintf(to, "main, blocked in accept");
	for (size_t i = 0; i < sizeof(blocked) / sizeof(*blocked); i++)
		fprintf(to, ", %s", blocked[i].name);
	fprintf(to, "\n");
}

static void tell_interrupted(FILE *to)
{
	fprintf(to, "%d interrupted, %d returned\n", interrupted, returned);
}

static void tell_listen(FILE *to, int port)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (void *)&any, sizeof(any)) || listen(fd, 8) ||
	    write(listeners[1], &fd, sizeof(fd)) != sizeof(fd))
		fprintf(to, "cannot listen: %s\n", strerror(errno));
	else
		fprintf(to, "listening on TCP port %d\n", port);
}

static void answer(FILE *to, const char *question)
{
	static const struct {
		const char *question;
		void (*tell)(FILE *to);
	} answers[] = {
		{ "root", tell_root },
		{ "hostname", tell_hostname },
		{ "interfaces", tell_interfaces },
		{ "threads", tell_threads },
		{ "interrupted", tell_interrupted },
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		if (!strcmp(question, answers[i].question))
			answers[i].tell(to);
	if (!strncmp(question, "listen ", 7))
		tell_listen(to, atoi(question + 7));
}

static struct sockaddr_un control(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	return at;
}

static void __attribute__((noreturn)) serve(const char *path)
{
	struct sockaddr_un at = control(path);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pthread_t thread;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	unlink(path);
	must(!pipe(listeners), "pipe");
	must(!bind(listener, (void *)&at, sizeof(at)) && !listen(listener, 8), path);
	for (size_t i = 0; i < sizeof(blocked) / sizeof(*blocked); i++)
		must(!pthread_create(&thread, NULL, block, (void *)&blocked[i]), "thread");
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		char question[64] = "";
		FILE *to;

		if (fd < 0 && errno == EINTR)
			interrupted++;
		if (fd < 0 || read(fd, question, sizeof(question) - 1) <= 0)
			continue;
		to = fdopen(fd, "w");
		answer(to, question);
		fclose(to);
	}
}

static int ask(const char *path, const char *question)
{
	struct sockaddr_un at = control(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[1024];
	ssize_t n;

	must(!connect(fd, (void *)&at, sizeof(at)), path);
	must(write(fd, question, strlen(question)) > 0, "write");
	while ((n = read(fd, text, sizeof(text))) > 0)
		fwrite(text, 1, n, stdout);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2)
		serve(argv[1]);
	if (argc == 3)
		return ask(argv[1], argv[2]);
	fprintf(stderr, "usage: teller SOCKET [QUESTION]\n");
	return 2;
}
