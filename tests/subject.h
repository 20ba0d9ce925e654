/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_SUBJECT_H
#define NSATTACH_TESTS_SUBJECT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SUBJECT_MAX_THREADS 520
#define SUBJECT_TEXT 16384

/**
 * struct subject_shared - memory that the test and the subject share
 * @ready:	threads that have come to their body
 * @stop:	set by the test: bodies that look at it return
 * @returns:	blocking calls that returned although nobody woke them
 * @last_errno:	how the last of those failed
 * @rounds:	free use by bodies: work done
 * @bad:	free use by bodies: things that must not happen
 * @births:	threads or children that were made while @stop was unset
 * @tids:	thread ids, by index; the caller of subject_call() is not among them
 * @text:	argument and answer of subject_call()
 */
struct subject_shared {
	uint32_t ready;
	uint32_t stop;
	uint32_t parked;
	uint32_t returns;
	int32_t last_errno;
	uint32_t rounds;
	uint32_t bad;
	uint32_t births;
	pid_t tids[SUBJECT_MAX_THREADS];
	char text[SUBJECT_TEXT];
};

typedef void (*subject_body)(struct subject_shared *shared, unsigned int index);

/**
 * struct subject_options - what the subject is to be
 * @threads:	threads in all; the first one serves subject_call()
 * @unshare:	CLONE_NEW* bits it gets for itself before threads are made
 * @body:	run by every thread but the first; NULL: wait for ever in a futex
 * @setup:	run before the threads are made; non-zero fails the start
 */
struct subject_options {
	unsigned int threads;
	uint64_t unshare;
	subject_body body;
	int (*setup)(struct subject_shared *shared, void *arg);
	void *arg;
};

struct subject {
	pid_t pid;
	int ctl;
	struct subject_shared *shared;
};

/* NULL once every thread is in its body, or what went wrong. */
const char *subject_start(struct subject *s, const struct subject_options *options);
/* N waiting threads in fresh namespaces of all types but pid. */
const char *subject_start_plain(struct subject *s, unsigned int threads);
void subject_stop(struct subject *s);

/*
 * Have the subject's first thread run @fn, which gets shared->text as its
 * argument and leaves its answer there. Yields what it returned, or LONG_MIN
 * when the subject is gone.
 */
typedef long (*subject_fn)(char *text);
long subject_call(struct subject *s, subject_fn fn);
/* The two halves of it, for calls that do not come back at once. */
void subject_call_begin(struct subject *s, subject_fn fn);
long subject_call_end(struct subject *s);

/* Thread @index > 0 as the kernel knows it. */
pid_t subject_tid(const struct subject *s, unsigned int index);

/* How many of its first @threads are in state @state (a letter of /proc/PID/stat). */
unsigned int subject_threads_in(const struct subject *s, unsigned int threads, char state);

/*
 * The first thread waits for a subject_call() and is off the CPU, and how often it has
 * gone to sleep: the same number as before for one that was not woken.
 */
bool subject_waits(const struct subject *s);
unsigned long subject_switches(const struct subject *s);

/* Ready-made calls. subject_fork() yields the pid of a child that waits. */
pid_t subject_fork(struct subject *s);
/* A child that is dead, and that nobody waits for: by the first thread, or for others to call. */
long call_fork_zombie(char *text);
pid_t subject_fork_zombie(struct subject *s);
/* The first thread exits, and the others go on. Was it seen to? */
bool subject_exit_leader(struct subject *s);
/* A tmpfs of its own, and its end; 0 or -errno. */
#define SUBJECT_MOUNT "/tmp/nsattach-mount"
long call_mount(char *text);
long call_unmount(char *text);
/* What the subject sees of its world: "key: value" lines in shared->text. */
const char *subject_view(struct subject *s);
/* Value of @key in a view, in a static buffer. */
const char *view_get(const char *view, const char *key);
long view_write(char *text);

/* A body: wait in a futex that nobody wakes until the subject ends. */
void body_wait(struct subject_shared *shared, unsigned int index);
/* The end of one: what it had to do first went well or not, which shared->bad counts. It waits. */
void body_end(struct subject_shared *shared, unsigned int index, bool good);

#endif
