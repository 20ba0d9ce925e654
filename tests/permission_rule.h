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
 * alone: a bit (1 << NSATTACH_R_PERM_*) for each reason to refuse, 0 if the
 * attach is allowed. @owner: user namespace that owns what is joined.
 */
uint64_t rule_refuses(const struct who *caller, const struct who *subject,
		      const struct who *target, int owner, uint64_t namespaces);

/* Become @who; @users are places in U and V. An errno. */
int become(const struct who *who, const struct place users[NR_USERS]);

#endif
