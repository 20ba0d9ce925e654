// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Containers of Podman: names in the storage's list, numbers in pid files
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine.h"

static const char *const drivers[] = { "overlay", "vfs", "btrfs", "zfs" };
static const char *const lists[] = { "containers.json", "volatile-containers.json" };

/* Where one user, or root, keeps things. */
struct store {
	const struct places *places;
	char storage[PATH_MAX];
	char run[PATH_MAX];
	char runtime[PATH_MAX];
};

static int read_pid(const struct json *json, const struct store *store, const char *driver,
		    const char *id, struct record *found)
{
	static const char *const below[] = { "runc", "crun" };
	struct places whole = { .root = "" };
	char path[PATH_MAX], line[32], hint[80];

	*found = (struct record){ 0 };
	path_format(path, "%s/%s-containers/%s/userdata/pidfile", store->run, driver, id);
	if (read_line(path, line, sizeof(line)) <= 0 ||
	    number_parse(line, &found->pid, hint, sizeof(hint)))
		return -ESRCH;
	for (size_t i = 0; i < ARRAY_SIZE(below); i++) {
		path_format(path, "%s/%s", store->runtime, below[i]);
		runtime_start_time(json, &whole, path, id, found);
	}
	return 0;
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
	o = json_read(json, path, &err);
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
		err = read_pid(json, store, driver, id, &found);
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

static void look_in_home(struct search *s, const struct places *places, const struct user *user,
			 const char *name)
{
	struct store store = { .places = places };

	path_format(store.storage, "%s/.local/share/containers/storage", user->home);
	path_format(store.run, "%s/containers", user->runtime);
	path_format(store.runtime, "%s", user->runtime);
	look_in_store(s, &store, name);
}

int find_podman(const struct places *places, const char *name, struct record *record)
{
	struct json json;
	struct search s = { .json = &json, .record = record };
	struct store store = { .places = places };
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
