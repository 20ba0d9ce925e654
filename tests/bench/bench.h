/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all measurements share: the clock, the table of results, the processes
 */
#ifndef BENCH_H
#define BENCH_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The four namespaces that every figure is about, unless it says otherwise. */
#define NS_FOUR (CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC)

/* measure.c */

/* One run of what is measured: run number @i, @arg of its own. Dies on failure. */
typedef void bench_op(unsigned int i, void *arg);

/*
 * The counter: with -icount shift=0 the TSC counts the instructions that the
 * guest has executed; elsewhere only differences within one run mean anything.
 */
uint64_t instructions(void);

/* Run @op some times unmeasured, then @runs times from rest, and report under @name, @x. */
void measure(const char *name, long x, unsigned int runs, bench_op *op, void *arg);
/* One right after the other: for what leaves nothing behind. */
void measure_in_row(const char *name, long x, unsigned int runs, bench_op *op, void *arg);
/*
 * The same, counting all that is executed until nothing goes on any more: the
 * threads that were let go, and freeing what is freed late.
 */
void measure_work(const char *name, long x, unsigned int runs, bench_op *op, void *arg);
/* Report values that were measured elsewhere. Sorts @v. */
void report(const char *name, long x, uint64_t *v, unsigned int n);
/* Report one figure that is no distribution. */
void report_one(const char *name, long x, uint64_t value);
uint64_t percentile(const uint64_t *sorted, unsigned int n, unsigned int per_mille);
void sort(uint64_t *v, unsigned int n);
/* Print @what and errno, and exit. */
_Noreturn void die(const char *what);

/* process.c */

enum wait_in {
	IN_EPOLL,
	IN_FUTEX,
	IN_TEE, /* the engine does not know it as one that can be switched in its sleep */
};

struct subject_options {
	unsigned int threads; /* all, with the first one */
	enum wait_in wait_in;
	unsigned int fds;	/* opened besides */
	unsigned int mounts;	/* made in a mount namespace of its own */
	unsigned int megabytes; /* of touched memory */
	int namespaces;		/* of its own, from its first instruction on */
};

struct subject {
	pid_t pid;
	int pidfd;
	struct subject_counts {
		unsigned int ready;
		unsigned int eintr;
	} * counts; /* shared with it */
};

void subject_start(struct subject *s, const struct subject_options *options);
void subject_stop(struct subject *s);

/* Two processes with namespaces of their own, to move to by turns. */
struct targets {
	struct subject of[2];
};

void targets_start(struct targets *t, int namespaces, unsigned int mounts);
void targets_stop(struct targets *t);
int sys_pidfd_open(pid_t pid);
/* fork() that dies when it fails and does not print twice. */
pid_t start_child(void);
void reap(pid_t pid);

/* attach.c */
struct nsattach_subject;
int device(void);
void attach_set(struct nsattach_subject *subjects, unsigned int n, int target, uint64_t namespaces);
void attach_one(int subject, int target, uint64_t namespaces);

/* command.c: the program that restart measures, run as `bench daemon` */
_Noreturn void be_daemon(void);

/* What can be measured: see main.c. */
void bench_floor(void);
void bench_stop(void);
void bench_freeze(void);
void bench_inject(void);
void bench_threads(void);
void bench_woken(void);
void bench_fds(void);
void bench_mounts(void);
void bench_memory(void);
void bench_namespaces(void);
void bench_processes(void);
void bench_commands(void);
void bench_restart(void);
void bench_stall(void);
void bench_stall_one_cpu(void);
void bench_others(void);

#endif /* BENCH_H */
