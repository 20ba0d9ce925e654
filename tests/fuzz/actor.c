// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The processes of a program. The first thread of each waits for orders, the others do what
 * the kind of the process is.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../shared.h"
#include "world.h"

#define SETUID_COPY "/tmp/fuzz-setuid"

static int self_exe = -1, setuid_exe = -1;

static void on_signal(int sig)
{
	(void)sig;
}

static void ms_sleep(unsigned int ms)
{
	usleep(ms * 1000);
}

static void do_futex(void)
{
	static uint32_t word;

	futex_wait(&word, 0);
}

static void do_epoll(void)
{
	struct epoll_event event;
	int fd = epoll_create1(EPOLL_CLOEXEC);

	epoll_wait(fd, &event, 1, 30);
	close(fd);
}

static void do_spin(void)
{
	for (int i = 0; i < 200; i++)
		syscall(SYS_getppid);
}

static void do_nap(void)
{
	ms_sleep(3);
}

static void do_fork(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void *short_thread(void *arg)
{
	syscall(SYS_getppid);
	return arg;
}

static void do_thread(void)
{
	pthread_t thread;

	if (!pthread_create(&thread, NULL, short_thread, NULL))
		pthread_join(thread, NULL);
}

static void do_vfork(void)
{
	pid_t pid = vfork();

	if (!pid) {
		ms_sleep(5);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void do_unshare(void)
{
	static const int types[] = { CLONE_NEWUTS,    CLONE_NEWIPC, CLONE_NEWNS,  CLONE_FS,
				     CLONE_NEWCGROUP, CLONE_NEWNET, CLONE_SYSVSEM };
	static unsigned int turn;

	unshare(types[ADD(turn, 1) % (sizeof(types) / sizeof(types[0]))]);
	ms_sleep(2);
}

static void do_setns(void)
{
	static unsigned int turn;
	unsigned int n = ADD(turn, 1);
	const struct ns_type *type = &ns_types[n % NR_BASE];
	int fd = ns_open(world.places[n / NR_BASE % 2].pid, type->joined);

	setns(fd, 0);
	close(fd);
	ms_sleep(1);
}

static void do_sem(void)
{
	struct sembuf op = { .sem_op = -1, .sem_flg = SEM_UNDO }, up = { .sem_op = 1 };
	int id = semget(IPC_PRIVATE, 1, 0600);

	up.sem_flg = SEM_UNDO;
	semop(id, &up, 1);
	semop(id, &op, 1);
	semop(id, &op, 1);
	semctl(id, 0, IPC_RMID);
}

static void do_paths(void)
{
	struct stat st;

	if (stat("/proc/self/ns", &st) || chdir("/tmp") || chdir("/"))
		ms_sleep(1);
}

static void do_exit_early(void)
{
	ms_sleep(4);
	syscall(SYS_exit, 0);
}

/* Not more often than it can start: each has a thread that does the next one. */
static void do_exec(void)
{
	char *argv[] = { (char *)"fuzz-chain", NULL }, *envp[] = { NULL };

	ms_sleep(2);
	syscall(SYS_execveat, self_exe, "", argv, envp, AT_EMPTY_PATH);
}

static void exec_idle(int exe)
{
	char *argv[] = { (char *)"fuzz-idle", NULL }, *envp[] = { NULL };

	syscall(SYS_execveat, exe, "", argv, envp, AT_EMPTY_PATH);
}

/* A kernel thread of the process comes and goes. */
static void do_ring(void)
{
	struct io_uring_params params = { .flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 5 };
	int fd = (int)syscall(SYS_io_uring_setup, 4, &params);

	ms_sleep(10);
	close(fd);
}

static uint64_t calls_seed;

static void attach_something(void)
{
	struct call call = { .op = OP_ATTACH };
	uint64_t rng = ADD(calls_seed, 0x9e3779b97f4a7c15ULL);

	call.a = (uint32_t)random_next(&rng);
	call.c = (uint32_t)random_next(&rng);
	call.x = random_next(&rng);
	call.y = random_next(&rng);
	call_attach(&call, random_next(&rng) % 4 == 0);
}

/* Does as its first thread is told only. */
static void do_nothing(void)
{
	pause();
}

/**
 * struct kind - what an actor is
 * @body:	what its other threads do again and again
 * @unshare:	namespaces of its own
 * @wanders:	see struct actor
 * @attaches:	it calls the module, too
 * @shares:	CLONE_* bits of what it has together with a child
 */
static const struct kind {
	void (*body)(void);
	int unshare;
	bool wanders;
	bool attaches;
	bool plain_user;
	bool leaderless;
	int shares;
} kinds[] = {
	{ .body = do_futex },
	{ .body = do_epoll },
	{ .body = do_spin },
	{ .body = do_nap },
	{ .body = do_fork },
	{ .body = do_thread },
	{ .body = do_vfork },
	{ .body = do_unshare, .wanders = true },
	{ .body = do_setns, .wanders = true },
	{ .body = do_sem },
	{ .body = do_paths },
	{ .body = do_exit_early },
	{ .body = attach_something, .attaches = true },
	{ .body = do_exec },
	{ .body = do_ring },
	{ .body = do_nothing },
	{ .body = do_nap, .leaderless = true },
	{ .body = do_futex, .plain_user = true },
	{ .body = do_exec, .plain_user = true },
	{ .body = do_nap, .plain_user = true, .unshare = CLONE_NEWUSER },
	{ .body = do_futex, .unshare = CLONE_NEWUSER },
	{ .body = do_epoll, .unshare = (int)NS_NOPID },
	{ .body = do_futex, .unshare = CLONE_NEWTIME, .wanders = true },
	{ .body = do_nap, .shares = CLONE_FS },
	{ .body = do_nap, .shares = CLONE_FS | CLONE_VM | CLONE_SIGHAND },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct kind *kind;

static void *body_thread(void *arg)
{
	(void)arg;
	for (;;)
		kind->body();
	return NULL;
}

static void become_plain_user(void)
{
	if (setgroups(0, NULL) || setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
		_exit(1);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static int wait_for_ever(void *arg)
{
	for (;;)
		syscall(SYS_pause);
	return arg != NULL;
}

/* The one with the memory of the actor needs a stack of its own. */
static void make_sharer(int what)
{
	static char stack[16384] __attribute__((aligned(16)));

	clone(wait_for_ever, stack + sizeof(stack), SIGCHLD | what, NULL);
}

static void change_namespace(uint64_t x, bool join)
{
	const struct ns_type *type = &ns_types[x % NS_COUNT];
	int fd;

	if (!join) {
		unshare((int)type->flag);
		return;
	}
	fd = ns_open(world.places[x / NS_COUNT % PLACES].pid, type->joined);
	setns(fd, 0);
	close(fd);
}

static void new_namespace(uint64_t x)
{
	change_namespace(x, false);
}

static void join_namespace(uint64_t x)
{
	change_namespace(x, true);
}

static void fork_once(uint64_t x)
{
	(void)x;
	do_fork();
}

static void vfork_once(uint64_t x)
{
	(void)x;
	do_vfork();
}

static void thread_once(uint64_t x)
{
	(void)x;
	do_thread();
}

static void exec_once(uint64_t x)
{
	exec_idle(x % 2 ? setuid_exe : self_exe);
}

static void exit_all(uint64_t x)
{
	_exit((int)x);
}

static void exit_thread(uint64_t x)
{
	syscall(SYS_exit, (int)x);
}

static void stop_itself(uint64_t x)
{
	(void)x;
	raise(SIGSTOP);
}

static void undo_once(uint64_t x)
{
	(void)x;
	do_sem();
}

static void share_fs_once(uint64_t x)
{
	(void)x;
	make_sharer(CLONE_FS);
}

static void share_all_once(uint64_t x)
{
	(void)x;
	make_sharer(CLONE_FS | CLONE_VM | CLONE_SIGHAND);
}

static void be_traced(uint64_t x)
{
	(void)x;
	ptrace(PTRACE_TRACEME, 0, 0, 0);
}

static void lose_ids(uint64_t x)
{
	(void)x;
	become_plain_user();
}

static void confine(uint64_t x)
{
	(void)x;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static void new_session(uint64_t x)
{
	if (x % 2)
		setsid();
	else
		setpgid(0, 0);
}

static void fork_and_leave(uint64_t x)
{
	if (!fork()) {
		if (x % 2)
			setsid();
		pause();
	}
}

static void change_directory(uint64_t x)
{
	if (chdir(x % 2 ? "/tmp" : "/proc"))
		ms_sleep(1);
}

static void change_root(uint64_t x)
{
	if (chroot(x % 2 ? "/tmp" : "/"))
		ms_sleep(1);
}

static void attach_once(uint64_t x)
{
	struct call call = { .op = OP_ATTACH, .a = (uint32_t)x, .c = (uint32_t)(x >> 32), .y = x };

	call_attach(&call, false);
}

/* Orders, and what they make of an actor. */
static const struct {
	void (*obey)(uint64_t x);
	bool wanders;
	bool attaches;
} orders[] = {
	{ .obey = new_namespace, .wanders = true },
	{ .obey = join_namespace, .wanders = true },
	{ .obey = fork_once },
	{ .obey = fork_and_leave },
	{ .obey = fork_and_leave },
	{ .obey = vfork_once },
	{ .obey = thread_once },
	{ .obey = exec_once },
	{ .obey = exit_all },
	{ .obey = exit_thread },
	{ .obey = change_directory },
	{ .obey = change_root, .wanders = true },
	{ .obey = lose_ids },
	{ .obey = confine },
	{ .obey = stop_itself },
	{ .obey = undo_once },
	{ .obey = new_session },
	{ .obey = share_fs_once },
	{ .obey = share_all_once },
	{ .obey = be_traced },
	{ .obey = attach_once, .attaches = true },
	{ .obey = attach_once, .attaches = true },
};

#define ORDERS (sizeof(orders) / sizeof(orders[0]))

static void __attribute__((noreturn)) serve(struct order *order)
{
	uint32_t done = 0;

	for (;;) {
		uint32_t now = GET(order->word);

		if (now == done) {
			futex_wait(&order->word, done);
			continue;
		}
		done = now;
		orders[order->what].obey(order->x);
	}
}

static void __attribute__((noreturn)) actor_main(struct order *order, unsigned int threads)
{
	pthread_t thread;

	/* Nor is it for an actor to judge what it attaches. */
	world.restless = true;
	signal(SIGUSR1, on_signal);
	if (kind->plain_user)
		become_plain_user();
	if (kind->unshare)
		unshare(kind->unshare);
	if (kind->shares)
		make_sharer(kind->shares);
	SET(order->ready, 1);
	while (threads--)
		pthread_create(&thread, NULL, body_thread, NULL);
	if (kind->leaderless)
		syscall(SYS_exit, 0);
	serve(order);
}

/* What it does before it is ready would look as if it was moved. */
static void wait_until_ready(struct actor *actor)
{
	for (int turns = 0; turns < 400 && !GET(actor->order->ready); turns++)
		usleep(500);
	if (!GET(actor->order->ready))
		actor->wanders = true;
}

/* Now and then it is the init of a pid namespace. */
void actor_spawn(struct actor *actor, const struct call *call)
{
	unsigned int threads = call->b % 8;
	pid_t pid;

	actor->order = shared_alloc(sizeof(*actor->order));
	kind = &kinds[call->a % KINDS];
	calls_seed = call->x;
	if (call->c % 16)
		pid = fork();
	else
		pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL);
	if (!pid)
		actor_main(actor->order, threads);
	if (pid < 0)
		return;
	actor->pid = pid;
	actor->pidfd = pidfd_of(pid);
	actor->wanders = kind->wanders;
	world.restless |= kind->attaches;
	wait_until_ready(actor);
}

void actor_poke(struct actor *actor, const struct call *call)
{
	uint32_t what = call->b % ORDERS;

	if (!actor->pid)
		return;
	actor->wanders |= orders[what].wanders;
	world.restless |= orders[what].attaches;
	actor->order->what = what;
	actor->order->x = call->x;
	ADD(actor->order->word, 1);
	futex_wake(&actor->order->word);
}

/* This program under another name, before main(). */
static void __attribute__((constructor)) other_main(int argc, char **argv)
{
	pthread_t thread;

	if (argc != 1 || strncmp(argv[0], "fuzz-", 5))
		return;
	if (!strcmp(argv[0], "fuzz-chain")) {
		static const struct kind chain = { .body = do_exec };

		kind = &chain;
		self_exe = open("/proc/self/exe", O_PATH | O_CLOEXEC);
		pthread_create(&thread, NULL, body_thread, NULL);
	}
	for (;;)
		pause();
}

static bool copy_program(const char *to)
{
	char buf[65536];
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	bool good = from >= 0 && fd >= 0;
	ssize_t got;

	while (good && (got = read(from, buf, sizeof(buf))) > 0)
		good = write(fd, buf, (size_t)got) == got;
	close(from);
	close(fd);
	return good && !chmod(to, 04755);
}

bool actor_init(void)
{
	self_exe = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	if (!copy_program(SETUID_COPY))
		return false;
	setuid_exe = open(SETUID_COPY, O_PATH | O_CLOEXEC);
	return self_exe >= 0 && setuid_exe >= 0;
}
