// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Arguments of the ioctls out of the numbers of a call: mostly what makes sense, sometimes
 * not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../shared.h"
#include "cover.h"
#include "world.h"

#define MS 1000000

/* Short ones: much of the time goes by in waiting for who does not come. */
static const uint64_t timeouts[] = {
	1, MS, 20 * MS, 50 * MS, 100 * MS, 100 * MS, 100 * MS, 200 * MS,
};

/*
 * A child of an actor. Its number is read and not told by the actor, which may be in another
 * pid namespace; who was moved itself may be looking at other numbers, too.
 */
static int pick_child(const struct actor *actor)
{
	char path[64], text[512];

	if (!actor->pid || world.lost)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", actor->pid, actor->pid);
	return pidfd_of(atoi(read_at(AT_FDCWD, path, text, sizeof(text))));
}

/* Never a place: the next program finds them as they are. */
static int pick_process(uint32_t n)
{
	switch (n % 16) {
	case 12:
	case 13:
		return pick_child(&world.actors[n / 16 % SLOTS]);
	case 14:
		return pidfd_of(getpid());
	case 15:
		return (int)(n / 16 % 8) - 1;
	default:
		return world.actors[n / 16 % SLOTS].pidfd;
	}
}

static int pick_target(uint32_t n)
{
	return n % 4 ? pidfd_of(world.places[n / 4 % PLACES].pid) : pick_process(n / 4);
}

static uint64_t pick_namespaces(uint64_t n)
{
	uint64_t mask = ns_mask_of_index((unsigned int)(n >> 8) & 31);

	switch (n % 16) {
	case 0:
		return mask | CLONE_NEWUSER;
	case 1:
		return mask | CLONE_NEWTIME;
	case 2:
		return mask | CLONE_NEWPID;
	case 3:
		return CLONE_NEWUSER | CLONE_NEWTIME | NS_BASE;
	case 4:
		return n >> 16 & 1 ? n : 0;
	case 5:
		return CLONE_NEWPID;
	default:
		return mask ? mask : NS_NOPID;
	}
}

static uint32_t pick_flags(uint64_t n)
{
	static const uint32_t known[] = {
		NSATTACH_F_EACH,
		NSATTACH_F_ROOT,
		NSATTACH_F_CHROOTED,
		NSATTACH_F_WD_OPTIONAL,
		NSATTACH_F_CREDS_TRANSLATE,
		NSATTACH_F_NO_RECORD,
		NSATTACH_F_CHECK,
		NSATTACH_F_WHOLE_TREE,
		NSATTACH_F_CGROUP,
	};
	static const uint32_t pid[] = {
		NSATTACH_F_PID_MOVE,
		NSATTACH_F_PID_MOVE | NSATTACH_F_PID_RENUMBER,
		NSATTACH_F_PID_MOVE | NSATTACH_F_PID_REPARENT | NSATTACH_F_PID_RENUMBER,
		NSATTACH_F_PID_MOVE | NSATTACH_F_PID_KEEP_SESSION,
	};

	switch (n % 8) {
	case 0 ... 2:
		return 0;
	case 3:
		return pid[n / 8 % 4];
	case 4:
		return known[n / 8 % 9] | known[n / 128 % 9];
	case 5:
		return n / 8 % 16 ? NSATTACH_F_CHROOTED : (uint32_t)(n >> 16);
	default:
		return known[n / 8 % 9];
	}
}

static void add_nsfds(struct attach *a, const struct call *call)
{
	unsigned int n = 1 + call->d / 128 % 3;

	for (unsigned int i = 0; i < n; i++) {
		uint64_t r = call->y >> (8 * i);
		const struct ns_type *type = &ns_types[r % NS_COUNT];
		pid_t pid = world.places[r / NS_COUNT % PLACES].pid;

		a->nsfds[i] = r % 32 == 31 ? (int)(r % 5) - 1 : ns_open(pid, type->joined);
	}
	if (call->d / 512 % 4)
		a->arg.namespaces = 0;
	a->arg.nr_nsfds = n;
	a->arg.nsfds = (uintptr_t)a->nsfds;
}

/*
 * The subject is an actor that is there, four times of five, or what pick_process() finds; the
 * bits of a call that name one do not name the others.
 */
static void add_subjects(struct attach *a, const struct call *call)
{
	unsigned int nr = call->a % 8 < 5 ? 1 : call->a % 8 - 3;
	pid_t self = getpid();

	for (unsigned int i = 0; i < nr; i++) {
		uint32_t n = (uint32_t)((call->a / 8 | (uint64_t)call->a << 29) >> (5 * i));
		int fd = pick_process(n);

		for (unsigned int turn = 0; fd < 0 && n % 5 && turn < SLOTS; turn++)
			fd = world.actors[(n + turn) % SLOTS].pidfd;
		a->subjects[i].pidfd = fd;
		/* Whoever is asked about a number may be somewhere else from now on. */
		world.lost |= n % 16 == 14 && self == getpid();
	}
	a->arg.nr_subjects = nr;
}

/* Addresses where there is nothing, or where nothing can be written. */
static void spoil(struct attach *a, uint32_t n)
{
	switch (n % 8) {
	case 0:
		a->arg.size = n / 8 % 200;
		break;
	case 1:
		a->arg.subjects = 4096;
		break;
	case 2:
		a->arg.nsfds = 4096;
		a->arg.nr_nsfds = n / 8 % 10;
		break;
	case 3:
		a->arg.wd = n & 8 ? 0 : 4096;
		a->arg.wds = n & 8 ? 4096 : 0;
		break;
	case 4:
		a->arg.nr_subjects = n / 8 % 70000;
		break;
	case 5:
		a->arg.timeout_ns = ~0ULL;
		break;
	case 6:
		a->subjects[0].reserved = n;
		break;
	default:
		a->arg.reserved2 = n;
	}
}

static const char *const paths[] = { "/", "/tmp", "/place", "/nowhere", "proc/self/ns" };

static void add_wds(struct attach *a, uint32_t n)
{
	a->arg.wds = (uintptr_t)a->wds;
	for (unsigned int i = 0; i < ATTACH_MAX_SUBJECTS; i++)
		a->wds[i] = (n + i) % 6 ? (uintptr_t)paths[(n + i) % 6 - 1] : 0;
}

static void fill(struct attach *a, const struct call *call, bool detach)
{
	attach_init(a);
	add_subjects(a, call);
	a->arg.timeout_ns = call->d % 256 ? timeouts[call->d % 8] : 0;
	a->arg.flags = pick_flags(call->x);
	if (detach) {
		a->arg.flags &=
			call->x % 16 ? NSATTACH_F_EACH | NSATTACH_F_CHECK | NSATTACH_F_CGROUP : ~0U;
	} else {
		a->arg.target = pick_target(call->c);
		a->arg.namespaces = pick_namespaces(call->y);
		if (call->d / 16 % 8 == 0)
			add_nsfds(a, call);
		if (a->arg.namespaces & CLONE_NEWNS && call->b % 4 == 0)
			a->arg.wd = (uintptr_t)paths[call->b / 4 % 5];
		if (a->arg.namespaces & CLONE_NEWNS && call->b % 4 == 2)
			add_wds(a, call->b / 4);
	}
	if (a->arg.flags & NSATTACH_F_CGROUP)
		a->arg.cgroup = cgroup_pick((uint32_t)(call->x >> 32), detach);
	if (call->b % 32 == 1)
		spoil(a, call->b / 32);
}

/* The nth allocation from now on fails. */
static void fail_nth(uint32_t n)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	write_file("/proc/thread-self/fail-nth", text);
}

/* The call, in memory that can be read only for one of many. */
static long call_module(struct attach *a, const struct call *call, bool detach)
{
	bool fails = world.faults && call->b / 256 % 4 == 3;
	struct nsattach_attach *arg = &a->arg;
	long ret;

	if (call->b / 65536 % 64 == 7) {
		arg = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		*arg = a->arg;
		mprotect(arg, 4096, PROT_READ);
	}
	if (fails)
		fail_nth(1 + call->b / 1024 % 48);
	ret = ioctl(device_fd(), detach ? NSATTACH_IOC_DETACH : NSATTACH_IOC_ATTACH, arg);
	ret = ret ? -errno : 0;
	if (fails)
		fail_nth(0);
	if (arg != &a->arg)
		munmap(arg, 4096);
	return ret;
}

/* What sets a call apart from others, as far as it may have taken another way. */
static void tell_cover(const struct attach *a, bool detach, long ret)
{
	const struct nsattach_error *error = &a->arg.error;

	cover_result((uint64_t)-ret << 40 | error->reason << 24 | error->state << 16 | error->ns |
		     (a->arg.rounds > 3 ? 3 : a->arg.rounds) << 2 | (a->arg.nr_threads > 1) << 1 |
		     detach);
}

void call_attach(const struct call *call, bool detach)
{
	struct judge *judge;
	struct attach a;
	long ret;

	fill(&a, call, detach);
	judge = judge_begin(&a);
	ret = call_module(&a, call, detach);
	tell_cover(&a, detach, ret);
	judge_end(judge, &a, detach, ret);
	if (world.verbose)
		printf("#      %s: %ld, %s\n", detach ? "detach" : "attach", ret,
		       attach_error_text(&a.arg.error));
}

/* Bytes without sense in a struct of any size. */
void call_noise(const struct call *call)
{
	static const unsigned long cmds[] = { NSATTACH_IOC_QUERY, NSATTACH_IOC_ATTACH,
					      NSATTACH_IOC_DETACH, NSATTACH_IOC_LIST,
					      _IO(NSATTACH_IOC_MAGIC, 9) };
	uint64_t words[64], rng = call->x;

	for (unsigned int i = 0; i < 64; i++)
		words[i] = call->b >> (i % 32) & 1 ? random_next(&rng) : 0;
	words[0] = (words[0] & ~0xffffffffULL) |
		   (call->c % 4 ? sizeof(struct nsattach_attach) : call->c % 600);
	ioctl(device_fd(), cmds[call->a % 5], call->d % 16 ? (void *)words : (void *)call->y);
}

void call_list(const struct call *call)
{
	struct nsattach_record records[8];
	struct nsattach_list list = {
		.size = sizeof(list) - (call->c % 16 == 1),
		.nr_records = call->c % 16 == 2 ? ~0U : call->a % 9,
		.records = call->c % 16 == 3 ? 4096 : (uintptr_t)records,
		.reserved2 = call->c % 16 == 4,
	};
	bool fails = world.faults && call->b % 4 == 3;

	if (fails)
		fail_nth(1 + call->b / 8 % 4);
	ioctl(device_fd(), NSATTACH_IOC_LIST, &list);
	if (fails)
		fail_nth(0);
}

static void on_signal(int sig)
{
	(void)sig;
}

static void drop_power(uint32_t n)
{
	switch (n % 16) {
	case 0:
		if (setgroups(0, NULL) || setresgid(1000, 1000, 1000) ||
		    setresuid(1000, 1000, 1000))
			_exit(1);
		break;
	case 1:
		prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN, 0, 0, 0);
		break;
	case 2:
		unshare(CLONE_NEWUSER);
		break;
	case 3:
		alarm(1);
		break;
	case 4:
		signal(SIGUSR1, on_signal);
		break;
	}
	/* Opened by who uses it now; else that is what is refused. */
	if (n / 16 % 4)
		dup2(open(NSATTACH_DEVICE, O_RDWR | O_CLOEXEC), device_fd());
}

void call_async(const struct call *call, bool detach)
{
	pid_t *caller = &world.callers[call->d / 256 % CALLERS];
	pid_t pid;

	if (*caller)
		kill_and_reap(*caller);
	*caller = 0;
	pid = fork();
	if (!pid) {
		/* It is not the only one that moves processes. */
		world.restless = true;
		drop_power(call->d / 1024);
		call_attach(call, detach);
		_exit(0);
	}
	if (pid > 0)
		*caller = pid;
}
