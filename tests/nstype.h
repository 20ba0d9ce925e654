/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_NSTYPE_H
#define NSATTACH_TESTS_NSTYPE_H

#include <stdint.h>
#include <sched.h>
#include <sys/types.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

enum {
	NS_MNT,
	NS_NET,
	NS_UTS,
	NS_IPC,
	NS_CGROUP,
	NS_PID,
	NS_USER,
	NS_TIME,
	NS_COUNT,
};

/**
 * struct ns_type - one type of namespace
 * @name:	as in `nsattach --ns`
 * @flag:	CLONE_NEW* bit
 * @member:	file in /proc/PID/ns that a moved thread is judged by
 * @joined:	file in /proc/PID/ns that names what is joined through a pidfd
 */
struct ns_type {
	const char *name;
	uint64_t flag;
	const char *member;
	const char *joined;
};

extern const struct ns_type ns_types[NS_COUNT];

/* What the main engine moves; user and time have rules of their own. */
#define NS_BASE                                                              \
	((uint64_t)(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | \
		    CLONE_NEWCGROUP | CLONE_NEWPID))
#define NR_BASE 6

/* A process with more than one thread that joined a pid namespace can not
 * create threads any more (clone(2)): suites that do so leave pid out.
 */
#define NS_NOPID (NS_BASE & ~(uint64_t)CLONE_NEWPID)

/* "mnt,net" of a mask, in a static buffer. */
const char *ns_mask_name(uint64_t mask);
/* The mask whose bits are the bits of @index in ns_types[]. */
uint64_t ns_mask_of_index(unsigned int index);
/* An fd of namespace file @file of @pid, or -1. */
int ns_open(pid_t pid, const char *file);

#endif
