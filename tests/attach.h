/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_ATTACH_H
#define NSATTACH_TESTS_ATTACH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/nsattach.h>

#define ATTACH_MAX_SUBJECTS 64

/**
 * struct attach - one call and everything its pointers lead to
 *
 * A test fills it with attach_init() and attach_add_*(), bends what it wants
 * to see refused, and calls attach_call().
 */
struct attach {
	struct nsattach_attach arg;
	struct nsattach_subject subjects[ATTACH_MAX_SUBJECTS];
	int nsfds[NSATTACH_MAX_NSFDS];
	__u64 wds[ATTACH_MAX_SUBJECTS];
};

/* The device, opened once in each test process. */
int device_fd(void);
int pidfd_of(pid_t pid);

void attach_init(struct attach *a);
/* Both open a pidfd, which attach_done() closes. */
int attach_add_subject(struct attach *a, pid_t pid);
int attach_set_target(struct attach *a, pid_t pid, uint64_t namespaces);
/* Opens the namespace files of @pid for all bits of @namespaces. */
int attach_add_nsfds(struct attach *a, pid_t pid, uint64_t namespaces);
void attach_done(struct attach *a);

/* 0 or -errno of the ioctl. */
int attach_call_on(int fd, struct attach *a);
int attach_call(struct attach *a);

/* One subject into the namespaces of one target; @error may be NULL. */
int attach_pid(pid_t subject, pid_t target, uint64_t namespaces,
	       struct nsattach_error *error);
/* @wd: NULL, or the working directory for all and for it in particular */
int attach_pid_with(pid_t subject, pid_t target, uint64_t namespaces, __u32 flags, const char *wd,
		    struct nsattach_error *error);
/* The first, tried again as long as the engine answers EAGAIN. */
int attach_pid_retry(pid_t subject, pid_t target, uint64_t namespaces,
		     struct nsattach_error *error);
/* Puts @subject back to where it was; @error may be NULL. */
int detach_pid(pid_t subject, struct nsattach_error *error);

/* What another process shall ask for: in the text of its subject_call(). */
struct order {
	pid_t subject;
	pid_t target;
	uint64_t namespaces;
	struct nsattach_error error;
};

long carry_out(char *text);
long carry_out_detach(char *text);

int detach_call(struct attach *a);
/* Module parameter let_sleep: with false every thread is woken. */
bool module_let_sleep(bool yes);
int attach_query(struct nsattach_query *query);

/* "R_DEADLINE pid 7 tid 9 state D ns mnt", in a static buffer. */
const char *attach_error_text(const struct nsattach_error *error);

#endif
