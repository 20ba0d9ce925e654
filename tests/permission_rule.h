/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_PERMISSION_RULE_H
#define NSATTACH_TESTS_PERMISSION_RULE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "place.h"

enum { USER_INIT, USER_U, USER_V, NR_USERS };

#define CAPS_ALL UINT64_MAX
#define CAP_BIT(cap) (1ULL << (cap))

/**
 * struct who - a process as far as permission goes
 * @uid:	real, effective and saved uid and gid, as the first user
 *		namespace numbers them
 * @user:	its user namespace: the first one, or U or V below it
 * @caps:	capabilities in @user
 */
struct who {
	const char *name;
	uid_t uid;
	int user;
	uint64_t caps;
};

#define U_BASE 100000
#define V_BASE 300000

/*
 * The rule as it is written in the design, worked out from the descriptions
 * alone: a bit (1 << NSATTACH_R_*) for each reason to refuse, 0 if the attach is
 * allowed. @owner: user namespace that owns what is joined, or is itself joined.
 */
uint64_t rule_refuses(const struct who *caller, const struct who *subject,
		      const struct who *target, int owner, uint64_t namespaces);

#define YAMA "/proc/sys/kernel/yama/ptrace_scope"

/**
 * struct openness - who may use the device and trace what is his own, before
 * @mode:	of the device
 * @yama:	its level, or ""
 */
struct openness {
	mode_t mode;
	char yama[8];
};

/* Let every user ask, and trace what is his own; NULL or what went wrong. */
const char *open_to_users(struct openness *before);
void close_to_users(const struct openness *before);

/* Become @who; @users are places in U and V. An errno. */
int become(const struct who *who, const struct place users[NR_USERS]);

#endif
