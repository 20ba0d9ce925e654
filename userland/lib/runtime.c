// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Containers of runc and crun, by the state they keep in a directory per container
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "names.h"
#include "runtime.h"
#include "state.h"

static const struct layout runc_layout = {
	.file = "state.json",
	.pid = "init_process_pid",
	.start = "init_process_start",
};

static const struct layout crun_layout = {
	.file = "status",
	.pid = "pid",
	.start = "process-start-time",
};

int runtime_read(const struct search *s, const struct layout *layout, const char *dir,
		 const char *id, struct record *record)
{
	const struct json *json = s->json;
	struct json_object *state;
	int err;

	path_format(record->path, "%s/%s/%s", dir, id, layout->file);
	state = json_read(json, record->path, s->owner, &err);
	if (!state)
		return err;
	record->pid = json_pid(json, state, layout->pid);
	record->start = json_number(json, state, layout->start);
	json->json_object_put(state);
	return record->pid > 0 ? 0 : -ESRCH;
}

void search_add(struct search *s, int err, const struct record *found)
{
	if (err == -ENOENT)
		return;
	if (!err)
		err = state_check_process(s->owner, found->pid);
	/* one that is not running must not hide one that is */
	if (err) {
		if (!s->err)
			s->err = err;
		return;
	}
	if (s->hits && s->record->pid == found->pid)
		return;
	if (!s->hits++)
		*s->record = *found;
}

int search_result(const struct search *s)
{
	if (s->hits > 1)
		return -ENOTUNIQ;
	if (s->hits == 1)
		return 0;
	return s->err ? s->err : -ENOENT;
}

static void look_in(struct search *s, const struct layout *layout, const char *dir, const char *id)
{
	struct record found;
	int err = runtime_read(s, layout, dir, id, &found);

	search_add(s, err, &found);
}

static void visit_runtime(struct search *s, user_fn *fn, const char *runtime, const char *id)
{
	if (!state_owner(runtime, &s->owner))
		return;
	fn(s, runtime, id);
	s->owner = 0;
}

void each_user_runtime(const struct places *places, struct search *s, user_fn *fn, const char *id)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	if (places->runtime) {
		path_format(path, "%s%s", places->root, places->runtime);
		visit_runtime(s, fn, path, id);
	}
	if (!places->everyone)
		return;
	path_format(path, "%s/run/user", places->root);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		path_format(path, "%s/run/user/%s", places->root, entry->d_name);
		visit_runtime(s, fn, path, id);
	}
	if (dir)
		closedir(dir);
}

static void look_in_runc(struct search *s, const char *runtime, const char *id)
{
	char dir[PATH_MAX];

	path_format(dir, "%s/runc", runtime);
	look_in(s, &runc_layout, dir, id);
}

static void look_in_crun(struct search *s, const char *runtime, const char *id)
{
	char dir[PATH_MAX];

	path_format(dir, "%s/crun", runtime);
	look_in(s, &crun_layout, dir, id);
}

static int find_in(const struct places *places, const char *id, user_fn *look,
		   struct record *record)
{
	struct json json;
	struct search s = { .json = &json, .record = record };
	char run[PATH_MAX];
	int err = json_open(&json);

	if (err)
		return err;
	path_format(run, "%s/run", places->root);
	look(&s, run, id);
	each_user_runtime(places, &s, look, id);
	json_close(&json);
	return search_result(&s);
}

int find_runc(const struct places *places, const char *id, struct record *record)
{
	return find_in(places, id, look_in_runc, record);
}

int find_crun(const struct places *places, const char *id, struct record *record)
{
	return find_in(places, id, look_in_crun, record);
}

/* What runc knows of a container that Docker or Podman started: its start time. */
int runtime_start_time(const struct search *s, const char *dir, const char *id,
		       struct record *record)
{
	const struct layout *layouts[] = { &runc_layout, &crun_layout };
	struct record deeper;

	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		if (runtime_read(s, layouts[i], dir, id, &deeper) || deeper.pid != record->pid ||
		    !deeper.start)
			continue;
		record->start = deeper.start;
		return 0;
	}
	return -ENOENT;
}

int find_container(const struct places *places, const char *id, struct record *record)
{
	static find_fn *const finders[] = { find_docker, find_podman, find_runc, find_crun };
	struct search s = { .record = record };

	for (size_t i = 0; i < ARRAY_SIZE(finders); i++) {
		struct record found;
		int err = finders[i](places, id, &found);

		if (err == -ENOTUNIQ || err == -ELIBACC)
			return err;
		search_add(&s, err, &found);
	}
	return search_result(&s);
}
