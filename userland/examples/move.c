// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * move PROCESS TARGET: the smallest useful program on libnsattach
 *
 * Both are numbers, or names like docker:web.
 *
 *	cc move.c $(pkg-config --cflags --libs libnsattach)
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <libnsattach.h>

static int explain(const struct nsattach_failure *failure)
{
	char text[512];

	nsattach_explain(failure, text, sizeof(text));
	fprintf(stderr, "%s\n", text);
	return 1;
}

static int resolve(const char *word, struct nsattach_name *name)
{
	if (nsattach_name_resolve(word, name)) {
		fprintf(stderr, "%s: %s\n", word, name->hint);
		return 1;
	}
	if (name->pidfd < 0) {
		fprintf(stderr, "%s: is a namespace, not a process\n", word);
		return 1;
	}
	return 0;
}

/* The pidfds of the names go into the request: a recycled number can do no harm. */
static int add(struct nsattach_request *request, const char *subject, const char *target)
{
	struct nsattach_failure failure = { .stage = NSATTACH_STAGE_SUBJECT, .name = subject };
	struct nsattach_name name;
	int err;

	if (resolve(subject, &name))
		return 1;
	err = nsattach_request_add_pidfd(request, name.pidfd, name.pid);
	if (!err) {
		failure.stage = NSATTACH_STAGE_TARGET;
		failure.name = target;
		if (resolve(target, &name))
			return 1;
		err = nsattach_request_set_target_pidfd(request, name.pidfd, name.pid);
	}
	failure.err = -err;
	return err ? explain(&failure) : 0;
}

static int move(struct nsattach_request *request)
{
	struct nsattach_failure failure = { 0 };
	struct nsattach_device *device;
	int err = nsattach_device_open(NSATTACH_OPEN_LOAD, &device, &failure.stage);

	if (err) {
		failure.err = -err;
		return explain(&failure);
	}
	nsattach_request_set_namespaces(request, CLONE_NEWNET);
	err = nsattach_request_attach(device, request);
	if (err) {
		nsattach_failure_of(request, NSATTACH_STAGE_ATTACH, -err, &failure);
		err = explain(&failure);
	} else {
		printf("moved %u threads\n", nsattach_request_result(request)->nr_threads);
	}
	nsattach_device_close(device);
	return err;
}

int main(int argc, char **argv)
{
	struct nsattach_request *request;
	int err;

	if (argc != 3 || nsattach_request_new(&request))
		return 2;
	err = add(request, argv[1], argv[2]);
	if (!err)
		err = move(request);
	nsattach_request_free(request);
	return err;
}
