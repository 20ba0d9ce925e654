// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls that wait for time, signals, children, futexes, queues; and spinning. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blocking.h"
#include "shared.h"

volatile int blocking_signals;

static void count_signal(int signal)
{
	(void)signal;
	blocking_signals++;
}

int blocking_catch_signal(void)
{
	struct sigaction action = { .sa_handler = count_signal };

	return sigaction(SIGUSR1, &action, NULL) ? errno : 0;
}

void blocking_wake_by_signal(struct blocking *b)
{
	syscall(SYS_tgkill, getpid(), GET(b->tid), SIGUSR1);
}

struct timespec blocking_deadline(const struct blocking *b, clockid_t clock)
{
	struct timespec at;

	clock_gettime(clock, &at);
	at.tv_sec += b->timeout.tv_sec;
	at.tv_nsec += b->timeout.tv_nsec;
	if (at.tv_nsec >= 1000000000) {
		at.tv_nsec -= 1000000000;
		at.tv_sec++;
	}
	return at;
}

const struct blocking_kind *blocking_find(const char *name)
{
	const struct blocking_kind *tables[] = { blocking_files, blocking_sockets,
						 blocking_others };

	for (size_t t = 0; t < sizeof(tables) / sizeof(*tables); t++)
		for (const struct blocking_kind *k = tables[t]; k->name; k++)
			if (!strcmp(k->name, name))
				return k;
	return NULL;
}

static int no_setup(struct blocking *b)
{
	(void)b;
	return 0;
}

static long nanosleep_block(struct blocking *b)
{
	return RESULT(syscall(SYS_nanosleep, &b->timeout, NULL));
}

static long clock_nanosleep_block(struct blocking *b)
{
	return RESULT(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &b->timeout, NULL));
}

static long clock_nanosleep_abs_block(struct blocking *b)
{
	struct timespec at = blocking_deadline(b, CLOCK_REALTIME);

	return RESULT(syscall(SYS_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &at, NULL));
}

static long futex(struct blocking *b, int op, uint32_t value, const struct timespec *timeout,
		  uint32_t bits)
{
	return RESULT(syscall(SYS_futex, &b->word, op, value, timeout, NULL, bits));
}

static long futex_block(struct blocking *b)
{
	return futex(b, FUTEX_WAIT_PRIVATE, 0, NULL, 0);
}

static long futex_timed_block(struct blocking *b)
{
	return futex(b, FUTEX_WAIT_PRIVATE, 0, &b->timeout, 0);
}

static long futex_bitset_block(struct blocking *b)
{
	struct timespec at = blocking_deadline(b, CLOCK_MONOTONIC);

	return futex(b, FUTEX_WAIT_BITSET_PRIVATE, 0, &at, FUTEX_BITSET_MATCH_ANY);
}

static void futex_wake_one(struct blocking *b)
{
	futex(b, FUTEX_WAKE_PRIVATE, 1, NULL, 0);
}

/* setup and wake run in the same thread, as the owner of a PI futex has to. */
static int futex_pi_setup(struct blocking *b)
{
	return (int)-futex(b, FUTEX_LOCK_PI_PRIVATE, 0, NULL, 0);
}

static long futex_pi_block(struct blocking *b)
{
	return futex(b, FUTEX_LOCK_PI_PRIVATE, 0, NULL, 0);
}

static void futex_pi_wake(struct blocking *b)
{
	futex(b, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, 0);
}

static long futex_waitv_block(struct blocking *b)
{
	struct timespec at = blocking_deadline(b, CLOCK_MONOTONIC);
	struct futex_waitv waiter = {
		.uaddr = (uintptr_t)&b->word,
		.flags = FUTEX_32 | FUTEX_PRIVATE_FLAG,
	};

	return RESULT(syscall(SYS_futex_waitv, &waiter, 1, 0, &at, CLOCK_MONOTONIC));
}

static void usr1_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, set, NULL);
}

static long sigtimedwait_block(struct blocking *b)
{
	sigset_t set;

	usr1_set(&set);
	return RESULT(syscall(SYS_rt_sigtimedwait, &set, NULL, &b->timeout, 8));
}

static long sigwaitinfo_block(struct blocking *b)
{
	sigset_t set;

	(void)b;
	usr1_set(&set);
	return RESULT(syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 8));
}

static long sigsuspend_block(struct blocking *b)
{
	sigset_t set;
	long ret;

	(void)b;
	usr1_set(&set);
	sigemptyset(&set);
	ret = RESULT(sigsuspend(&set));
	pthread_sigmask(SIG_BLOCK, NULL, &set);
	return sigismember(&set, SIGUSR1) ? ret : -1000;
}

static long pause_block(struct blocking *b)
{
	(void)b;
	return RESULT(syscall(SYS_pause));
}

static int sem_setup(struct blocking *b)
{
	b->id = semget(IPC_PRIVATE, 1, 0600);
	return b->id < 0 ? errno : 0;
}

static long semop_block(struct blocking *b)
{
	struct sembuf op = { 0, -1, 0 };

	/* libc turns semop into semtimedop without a timeout. */
	return RESULT(syscall(SYS_semop, (int)b->id, &op, 1));
}

static long semtimedop_block(struct blocking *b)
{
	struct sembuf op = { 0, -1, 0 };

	return RESULT(syscall(SYS_semtimedop, (int)b->id, &op, 1, &b->timeout));
}

static void sem_wake(struct blocking *b)
{
	struct sembuf op = { 0, 1, 0 };

	semop((int)b->id, &op, 1);
}

struct message {
	long type;
	char text[1024];
};

static int msg_setup(struct blocking *b)
{
	b->id = msgget(IPC_PRIVATE, 0600);
	return b->id < 0 ? errno : 0;
}

static int msg_full_setup(struct blocking *b)
{
	struct message message = { .type = 1, .text = "" };
	int ret = msg_setup(b);

	while (!ret && !msgsnd((int)b->id, &message, sizeof(message.text), IPC_NOWAIT))
		;
	return ret;
}

static long msgrcv_block(struct blocking *b)
{
	struct message message;

	return RESULT(msgrcv((int)b->id, &message, sizeof(message.text), 0, 0));
}

static void msgsnd_wake(struct blocking *b)
{
	struct message message = { .type = 1, .text = "" };

	msgsnd((int)b->id, &message, 1, 0);
}

static long msgsnd_block(struct blocking *b)
{
	struct message message = { .type = 1, .text = "" };

	return RESULT(msgsnd((int)b->id, &message, sizeof(message.text), 0));
}

static void msgrcv_wake(struct blocking *b)
{
	msgrcv_block(b);
}

static int mq_setup(struct blocking *b)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 16 };
	char name[32];

	snprintf(name, sizeof(name), "/nsattach-%d", getpid());
	b->fds[0] = mq_open(name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600, &attr);
	if (b->fds[0] < 0)
		return errno;
	mq_unlink(name);
	return 0;
}

static int mq_full_setup(struct blocking *b)
{
	int ret = mq_setup(b);

	return ret || mq_send(b->fds[0], "x", 1, 0) ? errno : 0;
}

static long mq_receive_block(struct blocking *b)
{
	struct timespec at = blocking_deadline(b, CLOCK_REALTIME);
	char text[16];

	return RESULT(mq_timedreceive(b->fds[0], text, sizeof(text), NULL, &at));
}

static long mq_send_block(struct blocking *b)
{
	struct timespec at = blocking_deadline(b, CLOCK_REALTIME);

	return RESULT(mq_timedsend(b->fds[0], "x", 1, 0, &at));
}

static void mq_send_wake(struct blocking *b)
{
	mq_send(b->fds[0], "x", 1, 0);
}

static void mq_receive_wake(struct blocking *b)
{
	char text[16];

	if (mq_receive(b->fds[0], text, sizeof(text), NULL) < 0)
		b->id = -1;
}

static int child_setup(struct blocking *b)
{
	b->id = fork_child();
	if (!b->id)
		for (;;)
			pause();
	return b->id < 0 ? errno : 0;
}

static long wait4_block(struct blocking *b)
{
	return RESULT(syscall(SYS_wait4, (pid_t)b->id, NULL, 0, NULL)) == b->id ? 1 : -errno;
}

static long waitid_block(struct blocking *b)
{
	siginfo_t info;

	return RESULT(syscall(SYS_waitid, P_PID, (pid_t)b->id, &info, WEXITED, NULL));
}

static void child_wake(struct blocking *b)
{
	kill((pid_t)b->id, SIGKILL);
}

static int aio_setup(struct blocking *b)
{
	aio_context_t context = 0;

	if (syscall(SYS_io_setup, 4, &context))
		return errno;
	b->id = (long)context;
	b->fds[0] = open("/tmp/nsattach-aio", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	return b->fds[0] < 0 ? errno : 0;
}

static long getevents(struct blocking *b, struct timespec *timeout)
{
	struct io_event event;

	return RESULT(syscall(SYS_io_getevents, (aio_context_t)b->id, 1, 1, &event, timeout));
}

static long getevents_block(struct blocking *b)
{
	return getevents(b, NULL);
}

static long getevents_timed_block(struct blocking *b)
{
	struct timespec timeout = b->timeout;

	return getevents(b, &timeout);
}

static long pgetevents(struct blocking *b, struct timespec *timeout)
{
	struct io_event event;

	return RESULT(syscall(SYS_io_pgetevents, (aio_context_t)b->id, 1, 1, &event, timeout,
			      NULL));
}

static long pgetevents_block(struct blocking *b)
{
	return pgetevents(b, NULL);
}

static long pgetevents_timed_block(struct blocking *b)
{
	struct timespec timeout = b->timeout;

	return pgetevents(b, &timeout);
}

static void aio_wake(struct blocking *b)
{
	static char byte = 'x';
	struct iocb cb = {
		.aio_fildes = (uint32_t)b->fds[0],
		.aio_lio_opcode = IOCB_CMD_PWRITE,
		.aio_buf = (uintptr_t)&byte,
		.aio_nbytes = 1,
	};
	struct iocb *list = &cb;

	syscall(SYS_io_submit, (aio_context_t)b->id, 1, &list);
}

struct ring {
	struct io_uring_params params;
	char *rings;
	struct io_uring_sqe *sqes;
};

static int uring_setup(struct blocking *b)
{
	static struct ring ring;
	size_t size;

	memset(&ring, 0, sizeof(ring));
	b->fds[0] = (int)syscall(SYS_io_uring_setup, 4, &ring.params);
	if (b->fds[0] < 0)
		return errno;
	size = ring.params.sq_off.array + ring.params.sq_entries * sizeof(uint32_t) +
	       ring.params.cq_off.cqes + ring.params.cq_entries * sizeof(struct io_uring_cqe);
	ring.rings = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, b->fds[0],
			  IORING_OFF_SQ_RING);
	ring.sqes = mmap(NULL, ring.params.sq_entries * sizeof(*ring.sqes),
			 PROT_READ | PROT_WRITE, MAP_SHARED, b->fds[0], IORING_OFF_SQES);
	b->memory = &ring;
	return ring.rings == MAP_FAILED || (void *)ring.sqes == MAP_FAILED ? errno : 0;
}

static long uring_block(struct blocking *b)
{
	return RESULT(syscall(SYS_io_uring_enter, b->fds[0], 0, 1, IORING_ENTER_GETEVENTS, NULL,
			      0));
}

static void uring_wake(struct blocking *b)
{
	struct ring *ring = b->memory;
	uint32_t *tail = (uint32_t *)(void *)(ring->rings + ring->params.sq_off.tail);
	uint32_t *array = (uint32_t *)(void *)(ring->rings + ring->params.sq_off.array);

	memset(ring->sqes, 0, sizeof(*ring->sqes));
	ring->sqes[0].opcode = IORING_OP_NOP;
	array[0] = 0;
	SET(*tail, 1);
	syscall(SYS_io_uring_enter, b->fds[0], 1, 0, 0, NULL, 0);
}

static long spin_user_block(struct blocking *b)
{
	unsigned long rounds = 0;

	while (!GET(*b->stop))
		rounds++;
	return rounds ? 0 : -1;
}

/* Every call has to do what it was asked for, every time. */
static long spin_calls_block(struct blocking *b)
{
	const struct timespec soon = { 0, 1000 };
	char c = 0;

	while (!GET(*b->stop)) {
		if (write(b->fds[1], "x", 1) != 1 || read(b->fds[0], &c, 1) != 1 || c != 'x')
			return -errno;
		if (syscall(SYS_getppid) < 0 || nanosleep(&soon, NULL))
			return -errno;
	}
	return 0;
}

static int spin_calls_setup(struct blocking *b)
{
	return pipe(b->fds) ? errno : 0;
}

static void no_wake(struct blocking *b)
{
	(void)b;
}

#define BY_SIGNAL blocking_wake_by_signal, .woken = -EINTR

const struct blocking_kind blocking_others[] = {
	{ "nanosleep", SYS_nanosleep, no_setup, nanosleep_block, BY_SIGNAL, .timed = true },
	{ "clock_nanosleep", SYS_clock_nanosleep, no_setup, clock_nanosleep_block, BY_SIGNAL,
	  .timed = true },
	{ "clock_nanosleep_abstime", SYS_clock_nanosleep, no_setup, clock_nanosleep_abs_block,
	  BY_SIGNAL, .timed = true },
	{ "futex_wait", SYS_futex, no_setup, futex_block, futex_wake_one, .woken = 0 },
	{ "futex_wait_timeout", SYS_futex, no_setup, futex_timed_block, futex_wake_one,
	  .expired = -ETIMEDOUT, .timed = true },
	{ "futex_wait_bitset_abstime", SYS_futex, no_setup, futex_bitset_block, futex_wake_one,
	  .expired = -ETIMEDOUT, .timed = true },
	{ "futex_lock_pi", SYS_futex, futex_pi_setup, futex_pi_block, futex_pi_wake, .woken = 0 },
	{ "futex_waitv", SYS_futex_waitv, no_setup, futex_waitv_block, futex_wake_one,
	  .expired = -ETIMEDOUT, .timed = true },
	{ "sigtimedwait", SYS_rt_sigtimedwait, no_setup, sigtimedwait_block,
	  blocking_wake_by_signal, .woken = SIGUSR1, .expired = -EAGAIN, .timed = true },
	{ "sigwaitinfo", SYS_rt_sigtimedwait, no_setup, sigwaitinfo_block,
	  blocking_wake_by_signal, .woken = SIGUSR1 },
	{ "sigsuspend", SYS_rt_sigsuspend, no_setup, sigsuspend_block, BY_SIGNAL },
	{ "pause", SYS_pause, no_setup, pause_block, BY_SIGNAL },
	{ "semop", SYS_semop, sem_setup, semop_block, sem_wake, .not = CLONE_NEWIPC },
	{ "semtimedop", SYS_semtimedop, sem_setup, semtimedop_block, sem_wake,
	  .expired = -EAGAIN, .timed = true, .not = CLONE_NEWIPC },
	{ "msgrcv", SYS_msgrcv, msg_setup, msgrcv_block, msgsnd_wake, .woken = 1,
	  .not = CLONE_NEWIPC },
	{ "msgsnd_full", SYS_msgsnd, msg_full_setup, msgsnd_block, msgrcv_wake,
	  .not = CLONE_NEWIPC },
	{ "mq_timedreceive", SYS_mq_timedreceive, mq_setup, mq_receive_block, mq_send_wake,
	  .woken = 1, .expired = -ETIMEDOUT, .timed = true },
	{ "mq_timedsend_full", SYS_mq_timedsend, mq_full_setup, mq_send_block, mq_receive_wake,
	  .expired = -ETIMEDOUT, .timed = true },
	{ "wait4", SYS_wait4, child_setup, wait4_block, child_wake, .woken = 1 },
	{ "waitid", SYS_waitid, child_setup, waitid_block, child_wake, .woken = 0 },
	{ "io_getevents", SYS_io_getevents, aio_setup, getevents_block, aio_wake, .woken = 1 },
	{ "io_getevents_timeout", SYS_io_getevents, aio_setup, getevents_timed_block, aio_wake,
	  .woken = 1, .timed = true },
	{ "io_pgetevents", SYS_io_pgetevents, aio_setup, pgetevents_block, aio_wake, .woken = 1 },
	{ "io_pgetevents_timeout", SYS_io_pgetevents, aio_setup, pgetevents_timed_block, aio_wake,
	  .woken = 1, .timed = true },
	{ "io_uring_enter", SYS_io_uring_enter, uring_setup, uring_block, uring_wake,
	  .woken = 0 },
	{ "spin_in_user_mode", -1, no_setup, spin_user_block, no_wake, .woken = 0 },
	{ "spin_in_calls", -1, spin_calls_setup, spin_calls_block, no_wake, .woken = 0 },
	{ .name = NULL },
};
