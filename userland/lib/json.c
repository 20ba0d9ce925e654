// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reading JSON files, with json-c opened when it is needed
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "state.h"

static const struct dynload_symbol json_symbols[] = {
#define ENTRY(f) { #f, offsetof(struct json, f) },
	JSON_FUNCTIONS(ENTRY)
#undef ENTRY
		{ NULL, 0 }
};

int json_open(struct json *json)
{
	return dynload_open("libjson-c.so.5", json_symbols, json, &json->handle);
}

void json_close(struct json *json)
{
	dlclose(json->handle);
}

struct json_object *json_read(const struct json *json, const char *path, uid_t owner, int *err)
{
	struct json_object *o;
	char *text;

	*err = state_read(path, owner, &text);
	if (*err)
		return NULL;
	o = json->json_tokener_parse(text);
	free(text);
	if (!o)
		*err = -EBADMSG;
	return o;
}

struct json_object *json_at(const struct json *json, struct json_object *o, const char *path)
{
	char key[64];

	while (o && *path) {
		size_t len = strcspn(path, ".");

		snprintf(key, sizeof(key), "%.*s", (int)len, path);
		if (!json->json_object_is_type(o, json_type_object) ||
		    !json->json_object_object_get_ex(o, key, &o))
			return NULL;
		path += len + !!path[len];
	}
	return o;
}

long long json_number(const struct json *json, struct json_object *o, const char *path)
{
	struct json_object *member = json_at(json, o, path);

	if (!member || !json->json_object_is_type(member, json_type_int))
		return 0;
	return json->json_object_get_int64(member);
}

pid_t json_pid(const struct json *json, struct json_object *o, const char *path)
{
	long long number = json_number(json, o, path);

	return number > 0 && number <= LARGEST_PID ? number : 0;
}

const char *json_text(const struct json *json, struct json_object *o, const char *path)
{
	struct json_object *member = json_at(json, o, path);

	if (!member || !json->json_object_is_type(member, json_type_string))
		return NULL;
	return json->json_object_get_string(member);
}
