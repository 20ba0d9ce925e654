// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The list of --ns: net,mnt  all  net=/run/netns/blue,mnt
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "options.h"

static int unknown_type(const char *word, size_t len, char error[ERROR_MAX])
{
	const struct nsattach_namespace *near = nsattach_namespace_nearest(word, len);

	if (near)
		snprintf(error, ERROR_MAX, "there is no namespace type '%.*s'; did you mean %s?",
			 (int)len, word, near->name);
	else
		snprintf(
			error, ERROR_MAX,
			"there is no namespace type '%.*s'; there are mnt, net, uts, ipc, cgroup, pid, time and user, or all",
			(int)len, word);
	return -EINVAL;
}

static int named_twice(const char *name, char error[ERROR_MAX])
{
	snprintf(error, ERROR_MAX,
		 "namespace type %s was named twice, once with a path; name it once", name);
	return -EINVAL;
}

static int add_path(struct ns_choice *choice, const struct nsattach_namespace *ns, const char *path,
		    size_t len, char error[ERROR_MAX])
{
	if (!len) {
		snprintf(error, ERROR_MAX, "--ns %s= needs a path, for example %s=/proc/1234/ns/%s",
			 ns->name, ns->name, ns->file);
		return -EINVAL;
	}
	for (unsigned int i = 0; i < choice->nr_paths; i++)
		if (choice->paths[i].flag == ns->flag)
			return named_twice(ns->name, error);
	choice->paths[choice->nr_paths++] = (struct ns_path){ ns->flag, path, len };
	return 0;
}

static int add_word(struct ns_choice *choice, const char *word, size_t len, char error[ERROR_MAX])
{
	const char *equals = memchr(word, '=', len);
	size_t name_len = equals ? (size_t)(equals - word) : len;
	const struct nsattach_namespace *ns;

	if (!len) {
		snprintf(error, ERROR_MAX,
			 "the list of --ns has an empty entry; give, for example, --ns net,mnt");
		return -EINVAL;
	}
	if (len == 3 && !memcmp(word, "all", 3)) {
		choice->all = true;
		return 0;
	}
	ns = nsattach_namespace_by_name(word, name_len);
	if (!ns)
		return unknown_type(word, name_len, error);
	if (equals)
		return add_path(choice, ns, equals + 1, len - name_len - 1, error);
	choice->mask |= ns->flag;
	return 0;
}

int ns_choice_parse(struct ns_choice *choice, const char *list, char error[ERROR_MAX])
{
	int err;

	for (;;) {
		size_t len = strcspn(list, ",");

		err = add_word(choice, list, len, error);
		if (err)
			return err;
		if (!list[len])
			break;
		list += len + 1;
	}
	return 0;
}

int ns_choice_check(const struct ns_choice *choice, char error[ERROR_MAX])
{
	for (unsigned int i = 0; i < choice->nr_paths; i++) {
		__u64 flag = choice->paths[i].flag;

		if (choice->mask & flag)
			return named_twice(nsattach_namespace_by_flag(flag)->name, error);
	}
	return 0;
}
