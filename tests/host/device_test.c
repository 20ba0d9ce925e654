// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is asked of the device, and how much of the answer is written where
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../userland/lib/internal.h"
#include "tap.h"

/* As in device.c; no file has this number. */
static struct nsattach_device {
	int fd;
} device = { .fd = 1 << 30 };

/* The module's struct nsattach_query is @module_size large, and full. */
static __u32 module_size, attached;

static int answer_query(unsigned char *query)
{
	struct nsattach_query *q = (void *)query;
	__u32 size = q->size;

	memset(query, 0xff, size < module_size ? size : module_size);
	q->size = size;
	q->abi = NSATTACH_ABI_VERSION;
	return 0;
}

static int answer_list(struct nsattach_list *list)
{
	struct nsattach_record *records = (void *)(uintptr_t)list->records;

	for (__u32 i = 0; i < list->nr_records && i < attached; i++)
		records[i].pid = i + 1;
	list->nr_records = attached;
	return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (fd != device.fd)
		return syscall(SYS_ioctl, fd, request, arg);
	return request == NSATTACH_IOC_QUERY ? answer_query(arg) : answer_list(arg);
}

#define FIRST 40

static union {
	struct nsattach_query query;
	unsigned char bytes[8192];
} answer;

static int ask(__u32 size, __u32 of_module)
{
	module_size = of_module;
	memset(&answer, 0xaa, sizeof(answer));
	answer.query.size = size;
	return nsattach_device_query(&device, &answer.query);
}

static void wrote(__u32 full, __u32 zero)
{
	size_t i = 2 * sizeof(__u32);

	while (i < full)
		CHECK_INT(answer.bytes[i++], 0xff);
	while (i < zero)
		CHECK_INT(answer.bytes[i++], 0);
	CHECK_INT(answer.bytes[i], 0xaa);
}

TEST(no_more_is_written_than_the_caller_has_room_for)
{
	CHECK_INT(ask(FIRST, FIRST), 0);
	wrote(FIRST, FIRST);
	CHECK_INT(ask(FIRST, 64), 0);
	wrote(FIRST, FIRST);
	CHECK_INT(ask(48, 64), 0);
	CHECK_INT(answer.query.size, 48);
	wrote(48, 48);
	CHECK_INT(ask(0, 64), 0);
	CHECK_INT(answer.query.size, FIRST);
	wrote(FIRST, FIRST);
}

TEST(what_the_module_does_not_know_is_zero)
{
	CHECK_INT(ask(56, FIRST), 0);
	wrote(FIRST, 56);
	CHECK_INT(ask(4096, FIRST), 0);
	wrote(FIRST, 4096);
}

TEST(a_size_that_can_be_none_is_refused_before_anything_is_written)
{
	static const __u32 small[] = { 1, 4, FIRST - 1 };

	for (size_t i = 0; i < ARRAY_SIZE(small); i++) {
		CHECK_INT(ask(small[i], 64), -EINVAL);
		CHECK_INT(answer.bytes[4], 0xaa);
	}
	CHECK_INT(ask(4097, 64), -E2BIG);
	CHECK_INT(answer.bytes[4], 0xaa);
}

TEST(a_list_is_asked_for_again_until_all_are_in_it)
{
	struct nsattach_record *records;

	for (attached = 0; attached < 300; attached += 60) {
		CHECK_INT(nsattach_device_list(&device, &records), attached);
		for (__u32 i = 0; i < attached; i++)
			CHECK_INT(records[i].pid, i + 1);
		free(records);
	}
}
