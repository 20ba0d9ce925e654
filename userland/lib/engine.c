// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What Docker and Podman have in common: homes and names
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "state.h"

/* When the two directories have different owners, root must not be taken for both. */
static void visit(struct search *s, home_fn *fn, const struct user *user, const char *name)
{
	if (!state_owner(user->home, &s->owner))
		return;
	if (!s->owner)
		state_owner(user->runtime, &s->owner);
	fn(s, user, name);
	s->owner = 0;
}

static void visit_home(const struct places *places, struct search *s, home_fn *fn,
		       const char *entry, const char *name)
{
	struct user user;
	uid_t uid;

	path_format(user.home, "%s/home/%s", places->root, entry);
	if (!state_owner(user.home, &uid))
		return;
	path_format(user.runtime, "%s/run/user/%u", places->root, uid);
	visit(s, fn, &user, name);
}

void each_home(const struct places *places, struct search *s, home_fn *fn, const char *name)
{
	char path[PATH_MAX];
	struct dirent *entry;
	struct user user;
	DIR *dir;

	if (places->home && places->runtime) {
		path_format(user.home, "%s%s", places->root, places->home);
		path_format(user.runtime, "%s%s", places->root, places->runtime);
		visit(s, fn, &user, name);
	}
	if (!places->everyone)
		return;
	path_format(path, "%s/home", places->root);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			visit_home(places, s, fn, entry->d_name, name);
	if (dir)
		closedir(dir);
}

int match_quality(const char *name, const char *container, const char *id)
{
	if (container && !strcmp(name, container))
		return 3;
	if (!id)
		return 0;
	if (!strcmp(name, id))
		return 2;
	return !strncmp(name, id, strlen(name));
}
