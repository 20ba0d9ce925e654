/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Docker and Podman: containers with names, in storage that each user may have
 */
#ifndef NSATTACH_ENGINE_H
#define NSATTACH_ENGINE_H

#include "runtime.h"

/**
 * struct user - one user who may have rootless containers
 * @home:	home directory, with places->root before it
 * @runtime:	the user's $XDG_RUNTIME_DIR, likewise
 */
struct user {
	char home[PATH_MAX];
	char runtime[PATH_MAX];
};

/* Called for each user, who is @s->owner then. */
typedef void home_fn(struct search *s, const struct user *user, const char *name);
void each_home(const struct places *places, struct search *s, home_fn *fn, const char *name);

/* How well @name names a container: 3 its name, 2 its id, 1 the start of its id, 0 not. */
int match_quality(const char *name, const char *container, const char *id);

#endif /* NSATTACH_ENGINE_H */
