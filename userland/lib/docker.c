// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Containers of Docker Engine: one config.v2.json per container
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "state.h"

static int read_container(struct search *s, const char *path, const char *name,
			  struct record *found, int *quality)
{
	const struct json *json = s->json;
	struct json_object *o;
	const char *own;
	int err;

	o = json_read(json, path, s->owner, &err);
	if (!o)
		return err;
	own = json_text(json, o, "Name");
	*quality =
		match_quality(name, own && *own == '/' ? own + 1 : own, json_text(json, o, "ID"));
	*found = (struct record){ .pid = json_pid(json, o, "State.Pid") };
	json->json_object_put(o);
	return found->pid > 0 ? 0 : -ESRCH;
}

/*
 * Docker's own state outlives a crash and a boot, and its number may be another
 * process's then: the runtime below it in @run, or the cgroup, must say so too.
 */
static int confirm(const struct search *s, const char *run, const char *id, struct record *found)
{
	char dir[PATH_MAX];

	path_format(dir, "%s/runtime-runc/moby", run);
	if (!runtime_start_time(s, dir, id, found))
		return 0;
	return state_check_cgroup(found->pid, id);
}

/* The best match in one data root; a name beats the start of an id. */
static void look_in_root(struct search *s, const char *root, const char *run, const char *name)
{
	struct search level[4] = { 0 };
	struct record records[4];
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	path_format(path, "%s/containers", root);
	dir = opendir(path);
	if (!dir) {
		search_add(s, errno == EACCES ? -EACCES : -ENOENT, NULL);
		return;
	}
	while ((entry = readdir(dir))) {
		struct record found;
		int quality = 0, err;

		if (entry->d_name[0] == '.')
			continue;
		path_format(path, "%s/containers/%s/config.v2.json", root, entry->d_name);
		err = read_container(s, path, name, &found, &quality);
		if (!quality)
			continue;
		if (!err)
			err = confirm(s, run, entry->d_name, &found);
		level[quality].record = &records[quality];
		search_add(&level[quality], err, &found);
	}
	closedir(dir);
	for (int quality = 3; quality > 0; quality--) {
		int err = search_result(&level[quality]);

		if (err == -ENOENT)
			continue;
		search_add(s, err, &records[quality]);
		return;
	}
}

static void look_in_home(struct search *s, const struct user *user, const char *name)
{
	char root[PATH_MAX], run[PATH_MAX];

	path_format(root, "%s/.local/share/docker", user->home);
	path_format(run, "%s/docker", user->runtime);
	look_in_root(s, root, run, name);
}

/* "data-root" in daemon.json, else /var/lib/docker */
static void data_root(const struct json *json, const struct places *places, char root[PATH_MAX])
{
	char path[PATH_MAX];
	struct json_object *o;
	const char *said;
	int err;

	path_format(root, "%s/var/lib/docker", places->root);
	path_format(path, "%s/etc/docker/daemon.json", places->root);
	o = json_read(json, path, 0, &err);
	if (!o)
		return;
	said = json_text(json, o, "data-root");
	if (said)
		path_format(root, "%s%s", places->root, said);
	json->json_object_put(o);
}

int find_docker(const struct places *places, const char *name, struct record *record)
{
	struct json json;
	struct search s = { .json = &json, .record = record };
	char root[PATH_MAX], run[PATH_MAX];
	int err = json_open(&json);

	if (err)
		return err;
	data_root(&json, places, root);
	path_format(run, "%s/run/docker", places->root);
	look_in_root(&s, root, run, name);
	each_home(places, &s, look_in_home, name);
	json_close(&json);
	return search_result(&s);
}
