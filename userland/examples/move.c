// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * move PID TARGET: the smallest useful program on libnsattach
 *
 *	cc move.c $(pkg-config --cflags --libs libnsattach)
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <libnsattach.h>

static int explain(struct nsattach_failure failure)
{
	char text[512];

	nsattach_explain(&failure, text, sizeof(text));
	fprintf(stderr, "%s\n", text);
	return 1;
}

static int move(struct nsattach_device *device, struct nsattach_request *request)
{
	struct nsattach_failure failure;
	int err = nsattach_request_attach(device, request);

	if (!err) {
		printf("moved %u threads\n", nsattach_request_result(request)->nr_threads);
		return 0;
	}
	nsattach_failure_of(request, NSATTACH_STAGE_ATTACH, -err, &failure);
	return explain(failure);
}

int main(int argc, char **argv)
{
	struct nsattach_device *device;
	struct nsattach_request *request;
	enum nsattach_stage stage;
	int err;

	if (argc != 3 || nsattach_request_new(&request))
		return 2;
	/* opened first: from here on a recycled number can do no harm */
	err = nsattach_request_add_pid(request, atoi(argv[1]));
	if (err)
		return explain((struct nsattach_failure){
			.stage = NSATTACH_STAGE_SUBJECT, .err = -err, .name = argv[1] });
	err = nsattach_request_set_target(request, atoi(argv[2]));
	if (err)
		return explain((struct nsattach_failure){
			.stage = NSATTACH_STAGE_TARGET, .err = -err, .name = argv[2] });
	err = nsattach_device_open(NSATTACH_OPEN_LOAD, &device, &stage);
	if (err)
		return explain((struct nsattach_failure){ .stage = stage, .err = -err });
	nsattach_request_set_namespaces(request, CLONE_NEWNET);
	err = move(device, request);
	nsattach_request_free(request);
	nsattach_device_close(device);
	return err;
}
