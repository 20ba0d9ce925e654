// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Containers of Podman: names in the storage's list, numbers in pid files
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "state.h"

static const char *const drivers[] = { "overlay", "vfs", "btrfs", "zfs" };
static const char *const lists[] = { "containers.json", "volatile-containers.json" };

/* Where one user, or root, keeps things. */
struct store {
	char storage[PATH_MAX];
	char run[PATH_MAX];
	char runtime[PATH_MAX];
};

static int read_pid_file(const struct search *s, const char *path, pid_t *pid)
{
	char *text, hint[80];
	int err = state_read(path, s->owner, &text);

	if (err)
		return err == -EPERM ? err : -ESRCH;
	text[strcspn(text, "\n")] = '\0';
	err = number_parse(text, pid, hint, sizeof(hint)) ? -ESRCH : 0;
	free(text);
	return err;
}

/* As with Docker, a crash may leave the file and give its number to another process. */
static int read_pid(const struct search *s, const struct store *store, const char *driver,
		    const char *id, struct record *found)
{
	static const char *const below[] = { "runc", "crun" };
	char path[PATH_MAX];
	int err;

	*found = (struct record){ 0 };
	path_format(path, "%s/%s-containers/%s/userdata/pidfile", store->run, driver, id);
	err = read_pid_file(s, path, &found->pid);
	if (err)
		return err;
	for (size_t i = 0; i < ARRAY_SIZE(below); i++) {
		path_format(path, "%s/%s", store->runtime, below[i]);
		if (!runtime_start_time(s, path, id, found))
			return 0;
	}
	return state_check_cgroup(found->pid, id);
}

static int quality_of(const struct json *json, struct json_object *o, const char *name)
{
	struct json_object *names = json_at(json, o, "names");
	const char *id = json_text(json, o, "id");
	size_t n = 0;

	if (names && json->json_object_is_type(names, json_type_array))
		n = json->json_object_array_length(names);
	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json->json_object_array_get_idx(names, i);

		if (match_quality(name, json->json_object_get_string(one), NULL))
			return 3;
	}
	return match_quality(name, NULL, id);
}

static void look_in_list(struct search *s, struct search level[4], const struct store *store,
			 const char *driver, const char *list, const char *name)
{
	const struct json *json = s->json;
	char path[PATH_MAX];
	struct json_object *o;
	size_t n = 0;
	int err;

	path_format(path, "%s/%s-containers/%s", store->storage, driver, list);
	o = json_read(json, path, s->owner, &err);
	if (o && json->json_object_is_type(o, json_type_array))
		n = json->json_object_array_length(o);
	else if (err)
		search_add(s, err, NULL);
	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json->json_object_array_get_idx(o, i);
		int quality = quality_of(json, one, name);
		const char *id = json_text(json, one, "id");
		struct record found;

		if (!quality || !id || !id_is_plain(id))
			continue;
		err = read_pid(s, store, driver, id, &found);
		search_add(&level[quality], err, &found);
	}
	if (o)
		json->json_object_put(o);
}

static void look_in_store(struct search *s, const struct store *store, const char *name)
{
	struct record records[4];
	struct search level[4] = { 0 };

	for (int quality = 0; quality < 4; quality++)
		level[quality].record = &records[quality];
	for (size_t d = 0; d < ARRAY_SIZE(drivers); d++)
		for (size_t l = 0; l < ARRAY_SIZE(lists); l++)
			look_in_list(s, level, store, drivers[d], lists[l], name);
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
	struct store store;

	path_format(store.storage, "%s/.local/share/containers/storage", user->home);
	path_format(store.run, "%s/containers", user->runtime);
	path_format(store.runtime, "%s", user->runtime);
	look_in_store(s, &store, name);
}

int find_podman(const struct places *places, const char *name, struct record *record)
{
	struct json json;
	struct search s = { .json = &json, .record = record };
	struct store store;
	int err = json_open(&json);

	if (err)
		return err;
	path_format(store.storage, "%s/var/lib/containers/storage", places->root);
	path_format(store.run, "%s/run/containers/storage", places->root);
	path_format(store.runtime, "%s/run", places->root);
	look_in_store(&s, &store, name);
	each_home(places, &s, look_in_home, name);
	json_close(&json);
	return search_result(&s);
}
