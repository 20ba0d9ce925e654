/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading JSON files, with json-c opened when it is needed
 */
#ifndef NSATTACH_JSON_H
#define NSATTACH_JSON_H

#include <json-c/json.h>
#include "internal.h"

#define JSON_FUNCTIONS(X)            \
	X(json_tokener_parse)        \
	X(json_object_put)           \
	X(json_object_object_get_ex) \
	X(json_object_get_int64)     \
	X(json_object_get_string)    \
	X(json_object_get_boolean)   \
	X(json_object_is_type)       \
	X(json_object_array_length)  \
	X(json_object_array_get_idx)

struct json {
#define JSON_MEMBER(f) __typeof__(&f) f;
	JSON_FUNCTIONS(JSON_MEMBER)
#undef JSON_MEMBER
	void *handle;
};

int json_open(struct json *json);
void json_close(struct json *json);

/*
 * The document in @path, to be freed with json->json_object_put(), or NULL with
 * *@err as state_read() returns it.
 */
struct json_object *json_read(const struct json *json, const char *path, uid_t owner, int *err);

/* Member at "State.Pid", or NULL. */
struct json_object *json_at(const struct json *json, struct json_object *o, const char *path);

/* A whole number, or 0; the number of a process, or 0; a string, or NULL. */
long long json_number(const struct json *json, struct json_object *o, const char *path);
pid_t json_pid(const struct json *json, struct json_object *o, const char *path);
const char *json_text(const struct json *json, struct json_object *o, const char *path);

#endif /* NSATTACH_JSON_H */
