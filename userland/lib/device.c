// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The device
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

struct nsattach_device {
	int fd;
};

/* devtmpfs makes the node before the module's start returns, udev a little later */
#define NODE_WAIT_STEPS 50
#define NODE_WAIT_STEP_NS (20 * 1000 * 1000)

static int open_node(void)
{
	int fd = open(NSATTACH_DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* ENOENT: no node. ENXIO, ENODEV: a node that nothing stands behind. */
static int node_missing(int err)
{
	return err == -ENOENT || err == -ENXIO || err == -ENODEV;
}

static int open_node_soon(void)
{
	const struct timespec step = { .tv_nsec = NODE_WAIT_STEP_NS };
	int fd = open_node();

	for (int i = 0; node_missing(fd) && i < NODE_WAIT_STEPS; i++) {
		nanosleep(&step, NULL);
		fd = open_node();
	}
	return fd;
}

static int open_or_load(unsigned int flags, enum nsattach_stage *stage)
{
	int fd, err;

	*stage = NSATTACH_STAGE_DEVICE;
	fd = open_node();
	if (!node_missing(fd) || !(flags & NSATTACH_OPEN_LOAD))
		return fd;
	*stage = NSATTACH_STAGE_LOAD;
	err = module_load("nsattach");
	if (err)
		return err;
	fd = open_node_soon();
	if (node_missing(fd))
		return -ENODEV;
	*stage = NSATTACH_STAGE_DEVICE;
	return fd;
}

EXPORT int nsattach_device_open(unsigned int flags, struct nsattach_device **device,
				enum nsattach_stage *stage)
{
	enum nsattach_stage unused;
	struct nsattach_device *d;
	int fd;

	*device = NULL;
	fd = open_or_load(flags, stage ? stage : &unused);
	if (fd < 0)
		return fd;
	d = malloc(sizeof(*d));
	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	d->fd = fd;
	*device = d;
	return 0;
}

EXPORT void nsattach_device_close(struct nsattach_device *device)
{
	if (!device)
		return;
	close(device->fd);
	free(device);
}

EXPORT int nsattach_device_fd(const struct nsattach_device *device)
{
	return device->fd;
}

/* Of the first version, which every program knows, and what the module takes at most. */
#define QUERY_SIZE_MIN 40
#define QUERY_SIZE_MAX 4096

EXPORT int nsattach_device_query(struct nsattach_device *device, struct nsattach_query *query)
{
	__u32 size = query->size ?: QUERY_SIZE_MIN;

	if (size < QUERY_SIZE_MIN)
		return -EINVAL;
	if (size > QUERY_SIZE_MAX)
		return -E2BIG;
	/* an older module leaves the rest as it is */
	memset(query, 0, size);
	query->size = size;
	if (ioctl(device->fd, NSATTACH_IOC_QUERY, query))
		return -errno;
	return query->abi == NSATTACH_ABI_VERSION ? 0 : -EPROTO;
}

/* One call with room for @room; the number that there are. */
static int list_into(int fd, struct nsattach_record *records, __u32 room)
{
	struct nsattach_list list = {
		.size = sizeof(list),
		.records = (__u64)(uintptr_t)records,
		.nr_records = room,
	};

	return ioctl(fd, NSATTACH_IOC_LIST, &list) ? -errno : (int)list.nr_records;
}

EXPORT int nsattach_device_list(struct nsattach_device *device, struct nsattach_record **records)
{
	int room = 64, found;

	for (;;) {
		*records = calloc(room, sizeof(**records));
		if (!*records)
			return -ENOMEM;
		found = list_into(device->fd, *records, room);
		if (found <= room)
			break;
		free(*records);
		/* more may be attached before the next call */
		room = found + found / 4;
	}
	if (found < 0) {
		free(*records);
		*records = NULL;
	}
	return found;
}
