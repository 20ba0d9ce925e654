/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_SHARED_H
#define NSATTACH_TESTS_SHARED_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

/*
 * Wait for a condition that another task makes true. It gives up after far
 * more time than any emulator needs, so that a lost condition fails the test
 * that waits for it instead of the whole run. Yields the condition.
 */
#define UNTIL(cond)                                                       \
	({                                                                 \
		bool holds_ = (cond);                                      \
		for (unsigned int turns_ = 60000 * slowness(); turns_ && !holds_; turns_--) { \
			usleep(1000);                                      \
			holds_ = (cond);                                   \
		}                                                          \
		holds_;                                                    \
	})

/* The same for what workers of the kernel let go of: ten seconds and more. */
#define SOON(cond)                                                          \
	({                                                                  \
		bool holds_ = (cond);                                       \
		for (int turns_ = 0; turns_ < 100 && !holds_; turns_++) {   \
			usleep(100000);                                     \
			holds_ = (cond);                                    \
		}                                                           \
		holds_;                                                     \
	})

/* Counters that parent and children share; atomics for all of them. */
#define ADD(counter, n) __atomic_add_fetch(&(counter), (n), __ATOMIC_SEQ_CST)
#define GET(counter) __atomic_load_n(&(counter), __ATOMIC_SEQ_CST)
#define SET(counter, v) __atomic_store_n(&(counter), (v), __ATOMIC_SEQ_CST)

/* Zeroed memory that stays shared over fork. */
void *shared_alloc(size_t size);

int futex_wait(uint32_t *word, uint32_t value);
int futex_wake(uint32_t *word);

/* NSATTACH_TEST_SCALE=full, or the lab's NSATTACH_SCALE=whole: whole figures. */
bool full_scale(void);
unsigned long scaled(unsigned long quick, unsigned long full);
/* How many times as long as on a plain kernel all may take: the lab's NSATTACH_SLOWNESS, or 1. */
unsigned int slowness(void);
void figure(const char *name, long long value);

/* Die with the process that forked us, even if it has died already. */
void die_with(pid_t parent);
/* Fork; the child dies with the caller. */
pid_t fork_child(void);
/* A thread that only waits, for pthread_create(). */
void *idle_thread(void *unused);
/* SIGKILL and reap. */
void kill_and_reap(pid_t pid);
/* State letter of /proc/PID/task/TID/stat, or 0. */
char task_state(pid_t pid, pid_t tid);
/* Is it in the kernel's exit path (or gone), where it runs no user code any more? */
bool task_is_exiting(pid_t pid, pid_t tid);
/* Number of the system call the thread sleeps in, or -1 when it does not. */
long task_syscall(pid_t pid, pid_t tid);
/* Whole file as a string, or "" if it can not be read. */
const char *read_at(int dir, const char *path, char *buf, size_t size);
bool write_file(const char *path, const char *text);
/* Have every slab give up what is free: what KASAN keeps aside counts as used otherwise. */
void slabs_shrink(void);
/* Value of one line of /proc/PID/task/TID/status, in a static buffer. */
const char *task_status(pid_t pid, pid_t tid, const char *key);

uint64_t now_ns(void);
/* Stay on the processor for so many turns of a loop, or longer on a slower kernel. */
void spin(unsigned long turns);

#endif
